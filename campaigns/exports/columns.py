"""What a file shows of each lead: the columns of the Leads page, and what a list or campaign adds.

The lead's number and the person's names always come first. Columns read values, not objects: a
file has a million of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.errors import CampaignError
from campaigns.exports.cells import Cell
from campaigns.models import CampaignLead, Export, LeadListMember
from campaigns.outcomes import labels_of
from leads.fields.custom_forms import offered_fields
from leads.listing import columns as on_page
from leads.models import CustomField, Heat, QualityRating, Source, Status
from leads.templatetags.lead_display import method_label

Kind = CustomField.Kind
# Read of the contact by a subquery of its own.
TAGS = "tag_names"
Label = str | Promise


@dataclass(frozen=True)
class FileColumn:
    """One column: its head, what it reads, and what it makes of that."""

    name: str
    label: Label
    reads: tuple[str, ...]
    cell: Callable[..., Cell] = lambda value: value
    # Whether it reads the lead, or the row that puts the lead into a list or campaign.
    of_lead: bool = True


def _said(choices: Iterable[tuple[Any, Any]]) -> Callable[[str], Cell]:
    labels = {str(code): text for code, text in choices}
    return lambda code: str(labels.get(code, code))


def _either(first: str | None, second: str | None) -> Cell:
    return first or second


def _still_due(due_at: Any, first_contacted_at: Any, status: str) -> Cell:
    """Of who still waits for a first answer."""
    waits = first_contacted_at is None and status in (Status.NEW, Status.ENRICHED)
    return due_at if waits else None


_EMAIL = FileColumn("email", gettext_lazy("E-mail"), ("contact__email",))
_PHONE = FileColumn("phone", gettext_lazy("Phone"), ("contact__phone",))

IDENTITY = (
    FileColumn("number", gettext_lazy("Lead number"), ("number",)),
    FileColumn("first_name", gettext_lazy("First name"), ("contact__first_name",)),
    FileColumn("last_name", gettext_lazy("Last name"), ("contact__last_name",)),
)
# Those that are more than one cell, or not simply what stands in one place.
_SPECIAL: Mapping[str, Sequence[FileColumn]] = {
    "status": [FileColumn("status", gettext_lazy("Status"), ("status",), _said(Status.choices))],
    "heat": [
        FileColumn("heat", gettext_lazy("Heat"), ("heat",), _said(Heat.choices)),
        FileColumn("heat_score", gettext_lazy("Heat score"), ("heat_score",)),
    ],
    "owner": [
        FileColumn(
            "owner", gettext_lazy("Owner"), ("assigned_to__name", "assigned_to__email"), _either
        )
    ],
    "last_contact": [
        FileColumn("last_contact", gettext_lazy("Last contact"), ("last_contacted_at",)),
        FileColumn(
            "last_contact_method",
            gettext_lazy("Last contact by"),
            ("last_contact_method",),
            method_label,
        ),
    ],
    "reach": [_EMAIL, _PHONE],
    "email": [_EMAIL],
    "phone": [_PHONE],
    "source": [FileColumn("source", gettext_lazy("Source"), ("source",), _said(Source.choices))],
    "tags": [FileColumn("tags", gettext_lazy("Tags"), (TAGS,), lambda names: ", ".join(names))],
    "first_response_due": [
        FileColumn(
            "first_response_due",
            gettext_lazy("First answer due"),
            ("first_response_due_at", "first_contacted_at", "status"),
            _still_due,
        )
    ],
    "quality_rating": [
        FileColumn(
            "quality_rating",
            gettext_lazy("Quality"),
            ("quality_rating",),
            _said(QualityRating.choices),
        )
    ],
}


def known_columns(workspace_id: UUID) -> dict[str, on_page.Column]:
    """What may be chosen for a file: what the Leads page can show."""
    return on_page.offered(offered_fields(workspace_id))


def check(names: Sequence[str], *, workspace_id: UUID) -> list[str]:
    """The chosen names; raises `CampaignError` for one that nobody offers."""
    known = known_columns(workspace_id)
    for name in names:
        if name not in known:
            message = _("There is no column “%(name)s”.") % {"name": name[:60]}
            raise CampaignError(message, errors=[("columns", "invalid_choice", message)])
    return list(dict.fromkeys(names))


def columns_of(kind: str, names: Sequence[str], *, workspace_id: UUID) -> list[FileColumn]:
    """The columns of a file, each once; of a choice those that are still there."""
    known = known_columns(workspace_id)
    found = [known[name] for name in names if name in known]
    chosen = found or [on_page.STANDARD[name] for name in on_page.USUAL]
    of_leads = [*IDENTITY, *(one for column in chosen for one in _cells(column))]
    once = {one.name: one for one in of_leads}
    return [*once.values(), *_beside(kind, workspace_id)]


def _cells(column: on_page.Column) -> Sequence[FileColumn]:
    if column.field is not None:
        return [_of_field(column, column.field)]
    if column.name in _SPECIAL:
        return _SPECIAL[column.name]
    return [FileColumn(column.name, column.label, column.reads)]


def _of_field(column: on_page.Column, field: CustomField) -> FileColumn:
    labels, key, kind = field.choice_labels, field.key, field.kind

    def cell(values: Mapping[str, Any] | None) -> Cell:
        value = (values or {}).get(key)
        if value is None:
            return None
        if kind == Kind.BOOLEAN:
            return _("Yes") if value else _("No")
        if kind == Kind.DATE:
            return parse_date(str(value)) or str(value)
        if kind == Kind.NUMBER and isinstance(value, (int, float)):
            return value
        texts = value if isinstance(value, list) else [value]
        return ", ".join(str(labels.get(text, text)) for text in texts)

    return FileColumn(column.name, field.label, column.reads, cell)


def _beside(kind: str, workspace_id: UUID) -> list[FileColumn]:
    """What the list or the campaign itself knows of a lead."""
    if kind == Export.Kind.LIST:
        return [
            FileColumn("added_at", _("In the list since"), ("added_at",), of_lead=False),
            FileColumn(
                "added_by",
                _("Put there by"),
                ("added_by__name", "added_by__email", "by"),
                _added_by,
                of_lead=False,
            ),
            FileColumn("list_notes", _("Notes in the list"), ("notes",), of_lead=False),
        ]
    if kind == Export.Kind.CAMPAIGN:
        return _of_campaign(workspace_id)
    return []


def _added_by(name: str | None, email: str | None, by: str) -> Cell:
    return name or email or str(LeadListMember.By(by).label)


def _of_campaign(workspace_id: UUID) -> list[FileColumn]:
    made: tuple[tuple[str, str, str, Callable[..., Cell] | None], ...] = (
        ("call_list", _("From the list"), "source__lead_list__name", None),
        ("call_status", _("Call status"), "status", _said(CampaignLead.Status.choices)),
        ("outcome", _("Outcome"), "outcome", _said(labels_of(workspace_id).items())),
        ("attempts", _("Attempts"), "attempts", None),
        ("last_attempt", _("Last attempt"), "last_attempt_at", None),
        ("call_due", _("Next attempt"), "due_at", None),
        ("callback", _("Callback promised for"), "callback_at", None),
        ("reached", _("First reached"), "contacted_at", None),
        ("succeeded", _("First success"), "succeeded_at", None),
        ("pledged", _("Pledged"), "pledged_amount", None),
        ("donated", _("Donated"), "donated_amount", None),
        ("talk_time", _("Talk time in seconds"), "total_talk_time", None),
        ("last_call", _("Last call in seconds"), "last_call_duration", None),
        ("call_notes", _("Notes in the campaign"), "notes", None),
    )
    return [
        FileColumn(name, label, (path,), cell or (lambda value: value), of_lead=False)
        for name, label, path, cell in made
    ]
