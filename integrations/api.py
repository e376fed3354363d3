"""Connections over REST."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import ApiView, one_by_id
from accounts.api_input import JsonObject, StrictSerializer, Text
from accounts.api_lists import Listing
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from accounts.tenancy import scope
from integrations import connections, rendering
from integrations.models import Connection
from integrations.providers.base import FieldSpec
from integrations.registry import CONNECTABLE

TAG = "Connections"
CONNECTIONS = Listing()

EXAMPLE = {
    "provider": "google_data_manager",
    "name": "Google Ads, main account",
    "settings": {"customer_id": "123-456-7890"},
    "secrets": {"refresh_token": "1//0example"},
}
CONNECTION_EXAMPLE = {
    "id": "0198f3c5-2b1d-7e77-8a90-1f2e3d4c5b6a",
    "provider": "google_data_manager",
    "name": "Google Ads, main account",
    "settings": {"customer_id": "123-456-7890"},
    "has_secrets": True,
    "secret_names": ["refresh_token"],
    "is_active": True,
    "health": {
        "state": "ok",
        "last_success_at": "2026-03-09T15:00:04Z",
        "last_error_at": None,
        "last_error": "",
        "paused_until": None,
    },
    "webhook_url": None,
    "created_at": "2026-01-05T09:00:00Z",
    "updated_at": "2026-03-09T15:00:04Z",
}
CHANGES_EXAMPLE = {"secrets": {"refresh_token": "1//0another"}, "is_active": True}


def _provider_list() -> str:
    """What each provider takes, from the registry; a star marks what it needs."""

    def names(specs: Iterable[FieldSpec]) -> str:
        return ", ".join(f"`{spec.name}`{'*' if spec.required else ''}" for spec in specs)

    return "\n".join(
        f"- `{name}`: settings {names(provider.settings_fields)};"
        f" secrets {names(provider.secret_fields)}"
        for name, provider in CONNECTABLE.items()
    )


class ConnectionChangesInput(StrictSerializer):
    name = Text(max_length=200)
    settings = JsonObject(help_text="The entries to set; null takes one away.")
    secrets = JsonObject(help_text="Write-only. The entries to set; null takes one away.")
    is_active = serializers.BooleanField(required=False)


class ConnectionInput(ConnectionChangesInput):
    provider = serializers.CharField(max_length=40, help_text=f"One of: {', '.join(CONNECTABLE)}.")
    settings = JsonObject(help_text="What the provider needs, such as `customer_id`.")
    secrets = JsonObject(help_text="Write-only. Without any, the connection is a dry run.")


class HealthSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(
        choices=["off", "dry_run", "paused", "failing", "ok", "untried"]
    )
    last_success_at = serializers.DateTimeField(allow_null=True)
    last_error_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField(allow_blank=True)
    paused_until = serializers.DateTimeField(allow_null=True)


class ConnectionSerializer(serializers.Serializer[Any]):
    """Credentials and settings for one provider; secrets are named, never shown."""

    id = serializers.UUIDField()
    provider = serializers.CharField()
    name = serializers.CharField()
    settings = JsonObject()
    has_secrets = serializers.BooleanField()
    secret_names = serializers.ListField(child=serializers.CharField())
    is_active = serializers.BooleanField()
    health = HealthSerializer()
    webhook_url = serializers.CharField(allow_null=True, help_text="For inbound providers.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class TestResultSerializer(serializers.Serializer[Any]):
    ok = serializers.BooleanField()
    explanation = serializers.CharField()


class ConnectionsView(ApiView):
    needs = {"GET": Permission.VIEW, "POST": Permission.CONNECTION_MANAGE}
    listing = CONNECTIONS

    @documented(
        tag=TAG,
        summary="List connections",
        response=page_of(ConnectionSerializer),
        answer=page_answer(CONNECTION_EXAMPLE),
    )
    def get(self, request: Request) -> Response:
        rows = Connection.objects.in_workspace(self.workspace.pk).filter(deleted_at__isnull=True)
        return CONNECTIONS.answer(request, rows, rendering.connection)

    @documented(
        tag=TAG,
        summary="Make a connection",
        description=(
            "Without secrets it is a dry run: everything is done but the call.\n\n"
            + _provider_list()
        ),
        request=ConnectionInput,
        example=EXAMPLE,
        response=ConnectionSerializer,
        answer=CONNECTION_EXAMPLE,
        status=201,
    )
    def post(self, request: Request) -> Response:
        row = connections.create(actor=self.actor, **self.parsed(ConnectionInput))
        return Response(rendering.connection(row), status=201)


class ConnectionBase(ApiView):
    """An address beneath one connection."""

    connection: Connection

    def look_up(self, **kwargs: str) -> None:
        # A scope of its own: where the view is unscoped there is none yet, else it nests.
        with scope(self.workspace.pk):
            rows = Connection.objects.in_workspace(self.workspace.pk)
            self.connection = one_by_id(rows.filter(deleted_at__isnull=True), kwargs["connection"])


class ConnectionView(ConnectionBase):
    needs = {
        "GET": Permission.VIEW,
        "PUT": Permission.CONNECTION_MANAGE,
        "PATCH": Permission.CONNECTION_MANAGE,
        "DELETE": Permission.CONNECTION_MANAGE,
    }

    @documented(
        tag=TAG,
        summary="Read a connection",
        response=ConnectionSerializer,
        answer=CONNECTION_EXAMPLE,
    )
    def get(self, request: Request, connection: str) -> Response:
        return Response(rendering.connection(self.connection))

    @documented(
        tag=TAG,
        summary="Change a connection",
        description=(
            "Entries of `settings` and `secrets` are set one by one; null takes one away. Uploads"
            " that were held are sent. PUT does the same."
        ),
        request=ConnectionChangesInput,
        example=CHANGES_EXAMPLE,
        response=ConnectionSerializer,
        answer=CONNECTION_EXAMPLE,
    )
    def patch(self, request: Request, connection: str) -> Response:
        changes: dict[str, Any] = self.parsed(
            ConnectionChangesInput, current=rendering.connection(self.connection)
        )
        row = connections.update(self.connection.pk, actor=self.actor, changes=changes)
        return Response(rendering.connection(row))

    put = patch

    @documented(
        tag=TAG,
        summary="Delete a connection",
        description="Its secrets are forgotten and its rules switched off; its uploads stay.",
        status=204,
    )
    def delete(self, request: Request, connection: str) -> Response:
        connections.delete(self.connection.pk, actor=self.actor)
        return Response(status=204)


class TestView(ConnectionBase):
    """Unscoped: no transaction is open while the other company is waited for."""

    __test__ = False  # not a test class for pytest
    needs = {"POST": Permission.CONNECTION_MANAGE}

    @documented(
        tag=TAG,
        summary="Test a connection",
        description="Makes a harmless call to the platform and says in plain words how it went.",
        response=TestResultSerializer,
        answer={"ok": True, "explanation": "Google accepted the credentials."},
    )
    def post(self, request: Request, connection: str) -> Response:
        result = connections.try_out(self.connection, actor=self.actor)
        return Response({"ok": result.ok, "explanation": result.explanation})
