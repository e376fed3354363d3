"""Workspaces over REST."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import workspaces
from accounts.api_base import ApiView
from accounts.api_input import StrictSerializer, Text
from accounts.api_lists import Listing
from accounts.api_schema import documented, page_answer, page_of
from accounts.models import Workspace
from accounts.models.organization import SLUG_PATTERN
from accounts.permissions import Permission, Scope

TAG = "Workspaces"
WORKSPACES = Listing(filters=())

REGISTER_EXAMPLE = {
    "workspace_id": "kitchens-hamburg",
    "workspace_name": "Kitchens Hamburg",
    "permissions": ["read", "update", "convert"],
}
REGISTERED_EXAMPLE = REGISTER_EXAMPLE | {"api_key": "ll_S8d…"}
WORKSPACE_EXAMPLE = {
    "id": "0198f3c0-1a2b-7c3d-8e4f-5a6b7c8d9e0f",
    "workspace_id": "kitchens-hamburg",
    "workspace_name": "Kitchens Hamburg",
    "country": "DE",
    "time_zone": "Europe/Berlin",
    "currency": "EUR",
    "final_conversion_types": ["contract"],
    "created_at": "2026-01-05T09:00:00Z",
}


class RegisterInput(StrictSerializer):
    workspace_id = serializers.RegexField(
        SLUG_PATTERN,
        max_length=63,
        help_text="Its short name: lower-case letters, digits, hyphens, underscores.",
    )
    workspace_name = serializers.CharField(max_length=200)
    permissions = serializers.ListField(
        child=serializers.ChoiceField(choices=[scope.value for scope in Scope]),
        required=False,
        allow_empty=False,
        max_length=20,
        help_text="The scopes of its key; read, update and convert when left out.",
    )
    api_key = Text(max_length=1000, help_text="Accepted and ignored: keys are made here.")


class RegisteredSerializer(serializers.Serializer):
    workspace_id = serializers.CharField()
    workspace_name = serializers.CharField()
    permissions = serializers.ListField(child=serializers.CharField())
    api_key = serializers.CharField(help_text="Shown once; only its digest is kept.")


class WorkspaceSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    workspace_id = serializers.CharField(help_text="Its slug.")
    workspace_name = serializers.CharField()
    country = serializers.CharField()
    time_zone = serializers.CharField()
    currency = serializers.CharField()
    final_conversion_types = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()


def rendered(row: Workspace) -> dict[str, Any]:
    """A workspace as the API shows it."""
    return {
        "id": row.id,
        "workspace_id": row.slug,
        "workspace_name": row.name,
        "country": row.country,
        "time_zone": row.time_zone,
        "currency": row.currency,
        "final_conversion_types": row.final_conversion_types,
        "created_at": row.created_at,
    }


class WorkspacesView(ApiView):
    needs = {"GET": Permission.VIEW}
    listing = WORKSPACES

    @documented(
        tag=TAG,
        summary="List the workspaces these credentials may see",
        response=page_of(WorkspaceSerializer),
        answer=page_answer(WORKSPACE_EXAMPLE),
    )
    def get(self, request: Request) -> Response:
        return WORKSPACES.answer(request, workspaces.visible_to(self.actor), rendered)


class WorkspaceView(ApiView):
    needs = {"GET": Permission.VIEW}
    found: Workspace

    def look_up(self, **kwargs: str) -> None:
        visible: QuerySet[Workspace] = workspaces.visible_to(self.actor)
        found = visible.filter(**workspaces.named(kwargs["workspace"])).first()
        if found is None:
            raise Http404
        self.found = found

    @documented(
        tag=TAG, summary="Read a workspace", response=WorkspaceSerializer, answer=WORKSPACE_EXAMPLE
    )
    def get(self, request: Request, workspace: str) -> Response:
        return Response(rendered(self.found))


class RegisterView(ApiView):
    needs = {"POST": Permission.WORKSPACE_MANAGE}
    answers_with_secret = True

    @documented(
        tag=TAG,
        summary="Register a workspace",
        description=(
            "Makes a workspace in your organization, and its key, which is shown once. Needs an"
            " organization key with the scope `admin`, or an owner's session."
        ),
        request=RegisterInput,
        example=REGISTER_EXAMPLE,
        response=RegisteredSerializer,
        answer=REGISTERED_EXAMPLE,
        status=201,
        conflicts=True,
    )
    def post(self, request: Request) -> Response:
        given = self.parsed(RegisterInput)
        registered = workspaces.register(
            actor=self.actor,
            slug=given["workspace_id"],
            name=given["workspace_name"],
            scopes=given.get("permissions") or workspaces.USUAL_SCOPES,
        )
        body = {
            "workspace_id": registered.workspace.slug,
            "workspace_name": registered.workspace.name,
            "permissions": registered.scopes,
            "api_key": registered.key,
        }
        return Response(body, status=201)
