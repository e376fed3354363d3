"""Contacts that may be one person, merging two, and taking it back."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import ApiView, one_by_id
from accounts.api_input import JsonObject, Ref, StrictSerializer
from accounts.api_lists import OWN_WORKSPACE, InvalidParameter, Listing
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from leads.api import merge_examples as examples
from leads.errors import Conflict, LeadError
from leads.merges import duplicates, merge_rows, merged, merging, unmerging
from leads.merges.merge_fields import SIDES
from leads.models import Contact, DuplicateSuggestion, Lead, Merge

TAG = "Merging"
DUPLICATES = Listing(
    filters=(
        OpenApiParameter("contact_id", str, description="About this contact, by UUID or number."),
        *OWN_WORKSPACE,
    )
)
MERGES = Listing(
    filters=(
        OpenApiParameter("contact_id", str, description="Into this contact, by UUID or number."),
        *OWN_WORKSPACE,
    )
)


class MergeInput(StrictSerializer):
    """Two contacts, or leads of theirs, by UUID or number."""

    keep = Ref(help_text="The contact that stays, or a lead of theirs.")
    merge = Ref(help_text="The contact that goes into it, or a lead of theirs.")
    # Declared fields are collected off the class, so this does not hide a serializer's own.
    fields = JsonObject(  # type: ignore[assignment]
        help_text="Whose value is taken of a field: `keep` or `merge`."
    )


class MergeSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    contact_id = serializers.UUIDField(help_text="The contact that stays.")
    contact_number = serializers.IntegerField()
    lost_contact_id = serializers.UUIDField(help_text="Leads to the contact that stays.")
    lost_contact_number = serializers.IntegerField()
    lead_id = serializers.UUIDField(
        allow_null=True, help_text="Both had an open lead: the one that stays."
    )
    lost_lead_id = serializers.UUIDField(allow_null=True, help_text="The one that went into it.")
    choices = JsonObject(help_text="Of each field, whose value was taken.")
    moved = JsonObject(help_text="How many rows of each kind moved along.")
    merged_by = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)
    undone_by = serializers.CharField(allow_blank=True)


class SuggestedContactSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)
    company = serializers.CharField(allow_blank=True)


class DuplicateSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    reasons = serializers.ListField(
        child=serializers.ChoiceField(choices=DuplicateSuggestion.Reason.choices)
    )
    contacts = SuggestedContactSerializer(many=True, help_text="The two, the older first.")
    created_at = serializers.DateTimeField()
    dismissed_at = serializers.DateTimeField(allow_null=True)
    dismissed_by = serializers.CharField(allow_blank=True)


def render_merge(row: Merge) -> dict[str, Any]:
    return {
        "id": row.id,
        "contact_id": row.kept_id,
        "contact_number": row.kept.number,
        "lost_contact_id": row.lost_id,
        "lost_contact_number": row.lost.number,
        "lead_id": row.kept_lead_id,
        "lost_lead_id": row.lost_lead_id,
        "choices": row.choices,
        "moved": merge_rows.counted(row.moved),
        "merged_by": row.merged_by,
        "created_at": row.created_at,
        "undone_at": row.undone_at,
        "undone_by": row.undone_by,
    }


def render_duplicate(row: DuplicateSuggestion) -> dict[str, Any]:
    return {
        "id": row.id,
        "reasons": row.reasons,
        "contacts": [
            {
                "id": one.id,
                "number": one.number,
                "name": one.name,
                "email": one.email,
                "phone": one.phone,
                "company": one.company.name if one.company else "",
            }
            for one in (row.first, row.second)
        ],
        "created_at": row.created_at,
        "dismissed_at": row.dismissed_at,
        "dismissed_by": row.dismissed_by,
    }


class MergeView(ApiView):
    needs = {"POST": Permission.LEAD_MERGE}

    @documented(
        tag=TAG,
        summary="Merge two contacts",
        description=(
            "Everything of `merge` goes to `keep`; of each field the kept contact's value stays,"
            " and blanks are filled, unless `fields` says otherwise. Its fields: `first_name`,"
            " `last_name`, `display_name`, `email`, `phone`, `company`, `job_title`,"
            " `linkedin_url`, `address`, `time_zone` and `custom_fields.<key>`. Have both an open"
            " lead, the one that is further along stays and takes over what happened in the other."
            " Ids and numbers of what is gone answer with what stayed. Were the two merged"
            " already, it is 409 `already_merged`."
        ),
        request=MergeInput,
        example=examples.NEW_MERGE,
        response=MergeSerializer,
        answer=examples.MERGE,
        status=201,
        conflicts=True,
    )
    def post(self, request: Request) -> Response:
        given = self.parsed(MergeInput)
        keep, lose = (self._contact(given, name) for name in ("keep", "merge"))
        if keep == lose and given["keep"] != given["merge"]:
            raise Conflict(_("The two are one contact already."), code="already_merged")
        choices = self._choices(given.get("fields", {}))
        row = merging.merge(keep, lose, actor=self.actor, choices=choices)
        return Response(render_merge(row), status=201)

    def _contact(self, given: dict[str, Any], name: str) -> UUID:
        """Numbers are of one sequence, so that a reference is either a contact's or a lead's."""
        ref, workspace_id = given[name], self.workspace.pk
        people = Contact.objects.visible_to(self.actor)
        contact = merged.contact_by_ref(people, ref, workspace_id=workspace_id)
        if contact is not None:
            return contact.pk
        lead = merged.lead_by_ref(
            Lead.objects.visible_to(self.actor), ref, workspace_id=workspace_id
        )
        if lead is None:
            raise merging.ContactNotFound(name)
        found: UUID = lead.contact_id
        return found

    def _choices(self, given: dict[str, Any]) -> dict[str, str]:
        errors = [
            (f"fields.{name}", "invalid_choice", _("Use “keep” or “merge”."))
            for name, side in given.items()
            if side not in SIDES
        ]
        if errors:
            raise LeadError(errors[0][2], errors=errors)
        return given


class MergesView(ApiView):
    needs = {"GET": Permission.VIEW}
    listing = MERGES

    @documented(
        tag=TAG,
        summary="List merges",
        response=page_of(MergeSerializer),
        answer=page_answer(examples.MERGE),
    )
    def get(self, request: Request) -> Response:
        rows = _seen_merges(self)
        named = request.query_params.get("contact_id", "")
        if named:
            rows = rows.filter(kept=_contact_named(self, named))
        return MERGES.answer(request, rows, render_merge)


def _seen_merges(view: ApiView) -> QuerySet[Merge]:
    return Merge.objects.visible_to(view.actor).select_related("kept", "lost")


def _contact_named(view: ApiView, ref: str) -> Contact:
    rows = Contact.objects.visible_to(view.actor)
    found = merged.contact_by_ref(rows, ref, workspace_id=view.workspace.pk)
    if found is None:
        raise InvalidParameter("contact_id", _("There is no contact with that id here."))
    return found


class _OneMerge(ApiView):
    merge: Merge

    def look_up(self, **kwargs: str) -> None:
        self.merge = one_by_id(_seen_merges(self), kwargs["merge"])


class MergeDetailView(_OneMerge):
    needs = {"GET": Permission.VIEW}

    @documented(tag=TAG, summary="Read a merge", response=MergeSerializer, answer=examples.MERGE)
    def get(self, request: Request, merge: str) -> Response:
        return Response(render_merge(self.merge))


class UndoView(_OneMerge):
    needs = {"POST": Permission.LEAD_MERGE}

    @documented(
        tag=TAG,
        summary="Undo a merge",
        description=(
            "Puts everything back where it was; what came or changed since stays with the kept"
            " contact. A second time changes nothing. 409 says what stands in the way:"
            " `merged_since`, `email_taken`, `open_lead_exists`, `kept_is_gone`."
        ),
        response=MergeSerializer,
        answer=examples.UNDONE,
        conflicts=True,
    )
    def post(self, request: Request, merge: str) -> Response:
        return Response(render_merge(unmerging.undo(self.merge.pk, actor=self.actor)))


class DuplicatesView(ApiView):
    needs = {"GET": Permission.VIEW}
    listing = DUPLICATES

    @documented(
        tag=TAG,
        summary="List contacts that may be one person",
        response=page_of(DuplicateSerializer),
        answer=page_answer(examples.DUPLICATE),
    )
    def get(self, request: Request) -> Response:
        rows = _seen_duplicates(self).open()
        named = request.query_params.get("contact_id", "")
        if named:
            rows = rows.about(_contact_named(self, named))
        return DUPLICATES.answer(request, rows, render_duplicate)


def _seen_duplicates(view: ApiView) -> Any:
    rows = DuplicateSuggestion.objects.visible_to(view.actor)
    return rows.select_related("first__company", "second__company")


class DismissView(ApiView):
    needs = {"POST": Permission.LEAD_MERGE}
    suggestion: DuplicateSuggestion

    def look_up(self, **kwargs: str) -> None:
        self.suggestion = one_by_id(_seen_duplicates(self), kwargs["duplicate"])

    @documented(
        tag=TAG,
        summary="Say that two contacts are two people",
        description="They are not suggested again.",
        response=DuplicateSerializer,
        answer=examples.DISMISSED,
    )
    def post(self, request: Request, duplicate: str) -> Response:
        duplicates.dismiss(self.suggestion.pk, actor=self.actor)
        return Response(render_duplicate(_seen_duplicates(self).get(pk=self.suggestion.pk)))
