"""What a table of leads can show of each: the usual columns, and every custom field.

A choice of columns is a list of names, in order; the lead itself always comes first and is not
among them. An empty choice stands for `USUAL`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from leads.fields.custom_filters import PREFIX
from leads.models import CustomField

MOST_COLUMNS = 30


@dataclass(frozen=True)
class Column:
    """One column: what it is called, what it reads of a lead, and by what it can be ordered."""

    name: str
    label: Any
    reads: tuple[str, ...]
    ordering: str = ""
    is_number: bool = False
    # From which width of the window on it is among the usual columns.
    width: str = ""
    # Beside the value on a phone, where it does not speak for itself.
    is_labelled: bool = False
    is_hidden_on_phone: bool = False
    # Of a custom field alone.
    field: CustomField | None = None


_PHONE_AND_EMAIL = ("contact__phone", "contact__email")

STANDARD: Mapping[str, Column] = {
    one.name: one
    for one in (
        Column("status", _("Status"), ("status",)),
        Column("heat", _("Heat"), ("heat", "heat_score"), ordering="heat_score"),
        Column("owner", _("Owner"), ("assigned_to__name", "assigned_to__email")),
        Column("last_contact", _("Last contact"), ("last_contacted_at", "last_contact_method")),
        Column(
            "contact_count",
            _("Contacts"),
            ("contact_count",),
            is_number=True,
            width="high",
            is_labelled=True,
        ),
        Column("reach", _("Reach at"), _PHONE_AND_EMAIL, width="medium", is_hidden_on_phone=True),
        Column(
            "company",
            _("Company"),
            ("contact__company__name",),
            width="low",
            is_hidden_on_phone=True,
        ),
        Column("source", _("Source"), ("source",), width="low", is_hidden_on_phone=True),
        Column(
            "created",
            _("Created"),
            ("created_at",),
            ordering="created_at",
            is_number=True,
            width="high",
            is_labelled=True,
        ),
        Column("tags", _("Tags"), ()),
        Column("next_task", _("Next task"), ("next_task_at",), is_labelled=True),
        Column(
            "first_response_due",
            _("First answer due"),
            ("first_response_due_at", "first_contacted_at", "status"),
            is_labelled=True,
        ),
        Column(
            "last_activity",
            _("Latest activity"),
            ("last_activity_at",),
            ordering="last_activity_at",
            is_labelled=True,
        ),
        Column("first_contact", _("First contact"), ("first_contacted_at",), is_labelled=True),
        Column("last_response", _("Last response"), ("last_response_at",), is_labelled=True),
        Column(
            "response_count",
            _("Responses"),
            ("response_count",),
            is_number=True,
            is_labelled=True,
        ),
        Column("quality_rating", _("Quality"), ("quality_rating",), is_labelled=True),
        Column("status_since", _("Status since"), ("status_changed_at",), is_labelled=True),
        Column("email", _("E-mail"), ("contact__email",)),
        Column("phone", _("Phone"), ("contact__phone",)),
        Column("job_title", _("Job title"), ("contact__job_title",)),
        Column("campaign", _("Ad campaign"), ("utm_campaign",), is_labelled=True),
    )
}
USUAL = (
    "status",
    "heat",
    "owner",
    "last_contact",
    "contact_count",
    "reach",
    "company",
    "source",
    "created",
)


def offered(fields: Iterable[CustomField]) -> dict[str, Column]:
    """Every column there is in the workspace whose custom fields these are, by name."""
    own = (_of_field(field) for field in fields)
    return {**STANDARD, **{one.name: one for one in own}}


def _of_field(field: CustomField) -> Column:
    is_of_contact = field.subject == CustomField.Subject.CONTACT
    return Column(
        f"{PREFIX}{field.key}",
        field.label,
        ("contact__custom_fields" if is_of_contact else "custom_fields",),
        is_number=field.kind == CustomField.Kind.NUMBER,
        is_labelled=True,
        field=field,
    )


def named(text: Iterable[str]) -> list[str]:
    """The names in texts that may each hold several, separated by commas; each once."""
    parts = (part.strip() for one in text for part in str(one).split(","))
    return list(dict.fromkeys(part for part in parts if part))


def chosen(names: Sequence[str], known: Mapping[str, Column]) -> list[Column]:
    """The columns of these names; one that is there no more is passed over."""
    found = [known[name] for name in names[:MOST_COLUMNS] if name in known]
    return found or [STANDARD[name] for name in USUAL]


def reads_of(columns: Iterable[Column], *, ordering: str) -> set[str]:
    """What has to be read of a lead to show these columns in that order."""
    return {ordering.removeprefix("-"), *(path for one in columns for path in one.reads)}
