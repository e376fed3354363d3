"""Views of the Leads page, so that outside systems can read the filters people keep."""

from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import ApiView, one_by_id
from accounts.api_input import JsonObject, StrictSerializer, Text
from accounts.api_lists import narrowed
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from leads import rendering
from leads.api import examples
from leads.api.listings import VIEWS, ViewFilter
from leads.listing import saved_views
from leads.listing.columns import MOST_COLUMNS, STANDARD
from leads.listing.filters import ORDERINGS
from leads.models import LONGEST_COLUMN, LONGEST_VIEW_NAME, PinnedView, SavedView

TAG = "Saved views"
RULES = (
    "`filters` are what `GET /leads/` takes, each with a text or a list of texts. Views that the"
    " workspace shares are for managers, and for keys with the scope admin, to change; a key keeps"
    " none of its own."
)
_ORDERINGS = [sign + name for name in ORDERINGS for sign in ("", "-")]
_COLUMN_NAMES = f"{', '.join(STANDARD)}, and `attr.<key>` of custom fields. Empty: the usual ones."


class _ViewInput(StrictSerializer):
    is_shared = serializers.BooleanField(
        required=False, help_text="Everybody's in the workspace instead of your own."
    )
    is_pinned = serializers.BooleanField(required=False, help_text="In your own sidebar.")
    filters = JsonObject()
    ordering = serializers.ChoiceField(choices=_ORDERINGS, required=False, allow_blank=True)
    columns = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_COLUMN),
        required=False,
        max_length=MOST_COLUMNS,
        help_text=_COLUMN_NAMES,
    )


class NewViewInput(_ViewInput):
    name = serializers.CharField(max_length=LONGEST_VIEW_NAME)


class ViewChangesInput(_ViewInput):
    name = Text(max_length=LONGEST_VIEW_NAME)


class SavedViewSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    is_shared = serializers.BooleanField()
    is_pinned = serializers.BooleanField()
    owner_user_id = serializers.UUIDField(allow_null=True)
    filters = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    ordering = serializers.CharField(allow_blank=True)
    columns = serializers.ListField(child=serializers.CharField())
    query = serializers.CharField(
        allow_blank=True, help_text="Put behind `GET /leads/?`, it lists what the view shows."
    )
    created_by = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class _SavedViews(ApiView):
    def pinned(self) -> set[Any]:
        """The ids of what the caller has in the sidebar."""
        rows = PinnedView.objects.in_workspace(self.workspace.pk).filter(user=self.actor.user)
        return set(rows.values_list("view_id", flat=True)) if self.actor.user else set()

    def shown(self, row: SavedView) -> dict[str, Any]:
        return rendering.saved_view(row, is_pinned=row.pk in self.pinned())

    def pin(self, row: SavedView, given: dict[str, Any], *, before: bool) -> None:
        if given.get("is_pinned", before) != before:
            saved_views.set_pinned(row, actor=self.actor, is_pinned=given["is_pinned"])


class ViewsView(_SavedViews):
    needs = {"GET": Permission.VIEW, "POST": Permission.LEAD_EDIT}
    listing = VIEWS

    @documented(
        tag=TAG,
        summary="List saved views",
        description="What the workspace shares, and your own.",
        response=page_of(SavedViewSerializer),
        answer=page_answer(examples.VIEW),
    )
    def get(self, request: Request) -> Response:
        rows = SavedView.objects.visible_to(self.actor)
        found = narrowed(ViewFilter(request.query_params, queryset=rows, actor=self.actor))
        pinned = self.pinned()
        return VIEWS.answer(
            request, found, lambda row: rendering.saved_view(row, is_pinned=row.pk in pinned)
        )

    @documented(
        tag=TAG,
        summary="Save a view",
        description=f"A name in use is 409 `name_exists`. {RULES}",
        request=NewViewInput,
        example=examples.NEW_VIEW,
        response=SavedViewSerializer,
        answer=examples.VIEW,
        status=201,
        conflicts=True,
    )
    def post(self, request: Request) -> Response:
        given = self.parsed(NewViewInput)
        with transaction.atomic():
            row = saved_views.create(actor=self.actor, values=given)
            self.pin(row, given, before=False)
        return Response(self.shown(row), status=201)


class ViewView(_SavedViews):
    needs = {
        "GET": Permission.VIEW,
        "PUT": Permission.LEAD_EDIT,
        "PATCH": Permission.LEAD_EDIT,
        "DELETE": Permission.LEAD_EDIT,
    }
    saved_view: SavedView

    def look_up(self, **kwargs: str) -> None:
        self.saved_view = one_by_id(SavedView.objects.visible_to(self.actor), kwargs["saved_view"])

    @documented(
        tag=TAG, summary="Read a saved view", response=SavedViewSerializer, answer=examples.VIEW
    )
    def get(self, request: Request, saved_view: str) -> Response:
        return Response(self.shown(self.saved_view))

    @documented(
        tag=TAG,
        summary="Change a saved view",
        description=f"`filters` and `columns` replace those that are there. {RULES}",
        request=ViewChangesInput,
        example=examples.VIEW_CHANGES,
        response=SavedViewSerializer,
        answer=examples.VIEW,
        conflicts=True,
    )
    def patch(self, request: Request, saved_view: str) -> Response:
        before = self.shown(self.saved_view)
        changes = self.parsed(ViewChangesInput, current=before)
        # Who pins only a view that is shared changes nothing of it.
        kept = {name: value for name, value in changes.items() if value != before.get(name)}
        row = self.saved_view
        with transaction.atomic():
            if set(kept) - {"is_pinned"}:
                row = saved_views.change(row, actor=self.actor, changes=kept)
            self.pin(row, changes, before=before["is_pinned"])
        return Response(self.shown(row))

    put = patch

    @documented(
        tag=TAG,
        summary="Delete a saved view",
        description="It goes from every sidebar too.",
        status=204,
    )
    def delete(self, request: Request, saved_view: str) -> Response:
        saved_views.delete(self.saved_view, actor=self.actor)
        return Response(status=204)
