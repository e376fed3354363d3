"""What two contacts, or two open leads, become as one: field by field, blanks filled.

Works on locked rows in memory; `leads.merges.merging` saves them. A row is remembered before and
after, so that undoing puts back just what the merge had changed and nobody has touched since.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.errors import InvalidLead
from leads.models import ATTRIBUTION_FIELDS, Contact, Lead, QualityRating

KEEP, LOSE = "keep", "merge"
SIDES = (KEEP, LOSE)

# What a person chooses between, and the columns that go with it.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "first_name": ("first_name",),
    "last_name": ("last_name",),
    "display_name": ("display_name",),
    "email": ("email", "email_normalized"),
    "phone": ("phone", "phone_e164"),
    "company": ("company_id",),
    "job_title": ("job_title",),
    "linkedin_url": ("linkedin_url",),
    "address": ("address",),
    "time_zone": ("time_zone",),
}
OWN_FIELD = "custom_fields."

CONTACT_COLUMNS = (
    *(column for columns in FIELDS.values() for column in columns),
    "social_profiles",
    "custom_fields",
    "custom_metadata",
    "consent",
    "do_not_contact",
    "lifetime_value",
    "conversion_count",
    "conversion_status",
    "converted_at",
    "converted_by",
    "sent_from_workspace",
    "converted_from_workspace",
)
LEAD_COLUMNS = (
    *ATTRIBUTION_FIELDS,
    "source_workflow",
    "external_id",
    "platform_ref",
    "enrichment_data",
    "attributes",
    "custom_fields",
    "notes",
    "quality_rating",
    "assigned_to_id",
    "assigned_at",
    "first_contacted_at",
    "last_contacted_at",
    "last_contact_method",
    "contact_count",
    "last_response_at",
    "response_count",
    "enriched_at",
    "conversing_at",
    "qualified_at",
    "scheduled_at",
    "last_activity_at",
    "conversion_id",
    "conversion_metadata",
)
# Others may have added to these since: undoing takes off what came from the other.
_SUMS = ("lifetime_value", "conversion_count", "contact_count", "response_count")
# Of two results the further one; see `Contact.ConversionStatus`.
_RESULTS = ("lost", "pending", "qualified", "appointment", "converted")
_MOST_TOTAL = Decimal(10) ** 12


class InvalidMerge(InvalidLead):
    """The two cannot be merged like that; `errors` names each field."""


def offered(keep: Contact, lose: Contact) -> list[str]:
    """The fields of which at least one of them has a value."""
    names = [name for name in FIELDS if value_of(keep, name) or value_of(lose, name)]
    keys = dict.fromkeys([*keep.custom_fields, *lose.custom_fields])
    return [*names, *(f"{OWN_FIELD}{key}" for key in keys)]


def value_of(contact: Contact, name: str) -> Any:
    """What a contact has in one of the fields of `offered`."""
    if name.startswith(OWN_FIELD):
        return contact.custom_fields.get(name.removeprefix(OWN_FIELD))
    return getattr(contact, FIELDS[name][0])


def decided(keep: Contact, lose: Contact, choices: Mapping[str, str]) -> dict[str, str]:
    """Whose value is taken of each field: as chosen, else the kept one's, else the other's.

    Raises `InvalidMerge` for a field or a side that there is not.
    """
    names = offered(keep, lose)
    known = {*names, *FIELDS}
    errors = [
        (f"fields.{name}", "invalid_choice", _("Choose “keep” or “merge” of a field of the two."))
        for name, side in choices.items()
        if name not in known or side not in SIDES
    ]
    if errors:
        raise InvalidMerge(errors[0][2], errors=errors)
    usual = {name: KEEP if _is_given(value_of(keep, name)) else LOSE for name in names}
    return usual | {name: side for name, side in choices.items() if name in usual}


def _is_given(value: Any) -> bool:
    """Whether there is a value: No and 0 are values of custom fields."""
    return value not in (None, "", [], {})


def combine_contacts(keep: Contact, lose: Contact, sides: Mapping[str, str]) -> None:
    """Make `keep` what the two are together; custom fields are `custom_values`' to write."""
    for name, columns in FIELDS.items():
        if sides.get(name) == LOSE:
            for column in columns:
                setattr(keep, column, getattr(lose, column))
    keep.social_profiles = [
        *keep.social_profiles,
        *(one for one in lose.social_profiles if one not in keep.social_profiles),
    ]
    keep.custom_metadata = {**lose.custom_metadata, **keep.custom_metadata}
    # What either refused stays refused, and a channel that either closed stays closed.
    keep.consent = _strictest(keep.consent, lose.consent, strict=False)
    keep.do_not_contact = _strictest(keep.do_not_contact, lose.do_not_contact, strict=True)
    _combine_results(keep, lose)
    keep.sent_from_workspace = keep.sent_from_workspace or lose.sent_from_workspace


def _strictest(one: Mapping[str, Any], other: Mapping[str, Any], *, strict: bool) -> dict[str, Any]:
    both = {**other, **one}
    return {
        kind: strict if strict in (one.get(kind), other.get(kind)) else given
        for kind, given in both.items()
    }


def _combine_results(keep: Contact, lose: Contact) -> None:
    keep.lifetime_value += lose.lifetime_value
    if keep.lifetime_value >= _MOST_TOTAL:
        raise InvalidMerge(_("Together their total would be too large to keep."))
    keep.conversion_count += lose.conversion_count
    rank = _RESULTS.index
    if rank(lose.conversion_status) > rank(keep.conversion_status):
        keep.conversion_status = lose.conversion_status
    if lose.converted_at and (keep.converted_at is None or lose.converted_at > keep.converted_at):
        keep.converted_at = lose.converted_at
        keep.converted_by = lose.converted_by
        keep.converted_from_workspace = lose.converted_from_workspace


def combine_leads(stays: Lead, goes: Lead) -> None:
    """Make the open lead that stays what the two are together, where its stage is kept."""
    for name in (*ATTRIBUTION_FIELDS, "source_workflow", "external_id"):
        if not getattr(stays, name):
            setattr(stays, name, getattr(goes, name))
    for name in ("platform_ref", "enrichment_data", "attributes"):
        setattr(stays, name, {**getattr(goes, name), **getattr(stays, name)})
    stays.notes = "\n\n".join(text for text in (stays.notes, goes.notes) if text.strip())
    if stays.quality_rating == QualityRating.UNRATED:
        stays.quality_rating = goes.quality_rating
    if stays.assigned_to_id is None:
        stays.assigned_to, stays.assigned_at = goes.assigned_to, goes.assigned_at
    if stays.conversion_id is None:
        stays.conversion_id = goes.conversion_id
        stays.conversion_metadata = goes.conversion_metadata
    _combine_contacting(stays, goes)


def _combine_contacting(stays: Lead, goes: Lead) -> None:
    if goes.last_contacted_at and (
        stays.last_contacted_at is None or goes.last_contacted_at > stays.last_contacted_at
    ):
        stays.last_contacted_at = goes.last_contacted_at
        stays.last_contact_method = goes.last_contact_method
    # A stage that the one skipped and the other was in counts as reached then.
    for name in ("first_contacted_at", "enriched_at", "conversing_at", "qualified_at"):
        setattr(stays, name, _earliest(getattr(stays, name), getattr(goes, name)))
    stays.scheduled_at = stays.scheduled_at or goes.scheduled_at
    stays.contact_count += goes.contact_count
    stays.last_response_at = _latest(stays.last_response_at, goes.last_response_at)
    stays.response_count += goes.response_count
    stays.last_activity_at = max(stays.last_activity_at, goes.last_activity_at)


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(filter(None, (one, other)), default=None)


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)


def remembered(row: Contact | Lead) -> dict[str, Any]:
    """What a merge may change of the row, as JSON takes it."""
    columns = CONTACT_COLUMNS if isinstance(row, Contact) else LEAD_COLUMNS
    return {name: _plain(getattr(row, name)) for name in columns}


def put_back(row: Contact | Lead, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Undo on the row what was changed from `before` to `after`; what changed since then stays."""
    now = remembered(row)
    for name, was in before.items():
        if was == after[name]:
            continue
        if name in _SUMS:
            kept = Decimal(now[name]) - Decimal(after[name]) + Decimal(was)
            value: Any = max(Decimal(0), kept)
        elif isinstance(was, dict) and isinstance(now[name], dict):
            value = _without_changes(was, after[name], now[name])
        elif now[name] == after[name]:
            value = was
        else:
            continue
        setattr(row, name, _read(row, name, value))


def _without_changes(
    was: Mapping[str, Any], after: Mapping[str, Any], now: Mapping[str, Any]
) -> dict[str, Any]:
    """The same, key by key."""
    value = {key: text for key, text in now.items() if key in was or text != after.get(key)}
    return value | {
        key: text for key, text in was.items() if now.get(key) == after.get(key) or key not in after
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, (Decimal, UUID)) else value


def _read(row: Contact | Lead, name: str, value: Any) -> Any:
    if name == "custom_metadata":
        return value
    field = {one.attname: one for one in row._meta.concrete_fields}[name]
    return field.to_python(int(value) if name.endswith("_count") else value)


def field_label(name: str, labels: Mapping[str, str]) -> str:
    """What a field of `offered` is called; `labels` has the custom fields' by key."""
    if name.startswith(OWN_FIELD):
        key = name.removeprefix(OWN_FIELD)
        return labels.get(key, key)
    return str(_LABELS[name])


_LABELS = {
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "display_name": gettext_lazy("Display name"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "company": gettext_lazy("Company"),
    "job_title": gettext_lazy("Job title"),
    "linkedin_url": gettext_lazy("LinkedIn"),
    "address": gettext_lazy("Address"),
    "time_zone": gettext_lazy("Time zone"),
}
