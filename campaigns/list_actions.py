"""Putting many leads into a list at once: the bulk action of the Leads page and the API."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from accounts.actors import Actor
from accounts.api_input import Text
from accounts.permissions import Permission
from campaigns import lists, membership
from campaigns.errors import CampaignError
from campaigns.models import LeadList
from campaigns.models.lead_list import LONGEST_LIST_NAME
from leads.api.bulk_inputs import BulkSelection
from leads.bulk.bulk_actions import BulkAction
from leads.bulk.bulk_forms import BulkForm
from leads.bulk.many import Done
from leads.errors import LeadError, LeadNotFound
from leads.models import Job

# What the form offers; who has more than these chooses among the newest.
OFFERED = 200


class AddToListForm(BulkForm):
    """One of the lists that take leads by hand, or a new one."""

    NEW = "new"

    list_id = forms.ChoiceField(label=gettext_lazy("List"))
    new_list = forms.CharField(
        label=gettext_lazy("Name of a new list"),
        max_length=LONGEST_LIST_NAME,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def prepare(self) -> None:
        rows = LeadList.objects.visible_to(self.actor).filter(is_archived=False)
        rows = rows.exclude(list_type=LeadList.Type.DYNAMIC).order_by("-created_at", "-id")
        known = sorted(rows.values_list("pk", "name")[:OFFERED], key=lambda row: row[1].lower())
        own = [(str(pk), name) for pk, name in known]
        choices = [("", _("Choose…")), (self.NEW, _("A new list…")), *own]
        self.fields["list_id"].choices = choices  # type: ignore[attr-defined]

    def given(self) -> dict[str, Any]:
        chosen, name = self.cleaned_data["list_id"], self.cleaned_data["new_list"]
        return {"new_list": name} if chosen == self.NEW else {"list_id": chosen}


class AddToListInput(BulkSelection):
    list_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="For add_to_list: a static or smart list."
    )
    new_list = Text(
        max_length=LONGEST_LIST_NAME,
        help_text="For add_to_list: instead, the name of a list to be made.",
    )


def _understand(actor: Actor, given: Mapping[str, Any]) -> dict[str, Any]:
    """The name is kept beside the id, to say later where the leads went."""
    listed, name = given.get("list_id") or None, str(given.get("new_list") or "").strip()
    if (listed is None) == (not name):
        message = _("Choose a list, or name a new one.")
        field = "new_list" if "new_list" in given and "list_id" not in given else "list_id"
        raise LeadError(message, errors=[(field, "required", message)])
    try:
        row = (
            lists.create(actor=actor, values={"name": name})
            if listed is None
            else lists.find(UUID(str(listed)), actor=actor)
        )
    except CampaignError as error:
        field = "new_list" if listed is None else "list_id"
        errors = [(field, error.code, error.detail)]
        raise LeadError(error.detail, code=error.code, errors=errors) from error
    if row.list_type == LeadList.Type.DYNAMIC:
        message = _("Who is in a dynamic list, its rule alone says.")
        raise LeadError(message, errors=[("list_id", "dynamic_list", message)])
    return {"list_id": str(row.pk), "name": row.name}


def _perform(lead_ids: Sequence[UUID], actor: Actor, job: Job) -> Done:
    found = membership.add(UUID(job.parameters["list_id"]), lead_ids, actor=actor)
    missing: dict[UUID, Any] = {pk: LeadNotFound() for pk in found.missing}
    return Done(list(found.added), list(found.already_in), missing)


def _described(job: Job) -> str:
    return _("Add to the list “%(name)s”") % {"name": job.parameters["name"]}


ADD_TO_LIST = BulkAction(
    "add_to_list",
    gettext_lazy("Add to list"),
    "list-plus",
    Permission.LIST_EDIT,
    _perform,
    _understand,
    AddToListForm,
    AddToListInput,
    describe=_described,
)
