"""Two contacts side by side, what would become of them as one, and what would move along."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from leads.fields.custom_forms import offered_fields, shown_fields
from leads.merges import merge_fields, merge_rows
from leads.merges.merge_fields import LOSE, OWN_FIELD
from leads.merges.merge_pair import Pair
from leads.models import Contact, CustomField, Lead, Notification, Touch

# Beyond it nobody wants to know the number, and counting would take its time.
MOST_COUNTED = 1000
# They move along too, but mean nothing to who decides.
_UNTOLD = {Notification, Touch}


@dataclass(frozen=True)
class FieldPair:
    """One field of both: whose value is taken, and the two as they are shown."""

    name: str
    label: str
    side: str
    keep: str
    lose: str

    @property
    def is_same(self) -> bool:
        return self.keep == self.lose

    @property
    def taken(self) -> str:
        return self.lose if self.side == LOSE else self.keep


@dataclass(frozen=True)
class Comparison:
    fields: list[FieldPair]
    tags: list[str]
    refused: list[str]
    moving: list[str]
    stays: Lead | None
    goes: Lead | None
    name: str

    @property
    def differing(self) -> list[FieldPair]:
        return [field for field in self.fields if not field.is_same]

    @property
    def same(self) -> list[FieldPair]:
        return [field for field in self.fields if field.is_same]


def compare(keep: Contact, lose: Contact, choices: Mapping[str, str]) -> Comparison:
    """The two, with what is chosen so far. Raises `InvalidMerge` for what is no choice."""
    sides = merge_fields.decided(keep, lose, choices)
    words = _Words(keep)
    fields = [
        FieldPair(
            name=name,
            label=words.label(name),
            side=sides[name],
            keep=words.text(keep, name),
            lose=words.text(lose, name),
        )
        for name in merge_fields.offered(keep, lose)
    ]
    result = copy(keep)
    merge_fields.combine_contacts(result, lose, sides)
    leads = Lead.objects.in_workspace(keep.workspace_id).alive().filter(contact__in=[keep, lose])
    pair = Pair(keep, lose, list(leads.open().order_by("pk")))
    stays, goes = pair.open_leads()
    return Comparison(
        fields=fields,
        tags=sorted({tag.name for one in (keep, lose) for tag in one.tags.all()}),
        refused=[
            *(kind for kind, agreed in result.consent.items() if agreed is False),
            *(channel for channel, closed in result.do_not_contact.items() if closed),
        ],
        moving=_moving(lose),
        stays=stays,
        goes=goes,
        name=result.name,
    )


class _Words:
    """How values of fields are shown."""

    def __init__(self, contact: Contact) -> None:
        self.fields = {
            field.key: field
            for field in offered_fields(contact.workspace_id, subject=CustomField.Subject.CONTACT)
        }

    def label(self, name: str) -> str:
        labels = {key: field.label for key, field in self.fields.items()}
        return merge_fields.field_label(name, labels)

    def text(self, contact: Contact, name: str) -> str:
        value = merge_fields.value_of(contact, name)
        if name == "company":
            return contact.company.name if contact.company else ""
        if name.startswith(OWN_FIELD):
            return self._own(name.removeprefix(OWN_FIELD), value)
        if isinstance(value, Mapping):
            return ", ".join(str(part) for part in value.values() if part)
        return str(value or "")

    def _own(self, key: str, value: Any) -> str:
        field = self.fields.get(key)
        if field is None:
            return "" if value is None else str(value)
        return ", ".join(shown_fields([field], {key: value})[0].texts)


def _moving(lose: Contact) -> list[str]:
    """What goes along with the lost contact, in numbers."""
    found = []
    counted = set()
    for target, path in ((Contact, ""), (Lead, "__contact")):
        for model, column in merge_rows.references(target):
            if model in _UNTOLD or model in counted:
                continue
            counted.add(model)
            rows = model._default_manager.filter(
                **{"workspace_id": lose.workspace_id, f"{column}{path}": lose.pk}
            )
            number = rows.order_by()[: MOST_COUNTED + 1].count()
            if number:
                found.append(_counted(number, model))
    return found


def _counted(number: int, model: Any) -> str:
    meta = model._meta
    name = meta.verbose_name if number == 1 else meta.verbose_name_plural
    if number > MOST_COUNTED:
        return _("more than %(number)d %(name)s") % {"number": MOST_COUNTED, "name": name}
    return f"{number} {name}"


def default_keep(one: Contact, other: Contact) -> Contact:
    """Who is usually kept: the one more is known of, else the older one."""

    def known(contact: Contact) -> int:
        return sum(bool(merge_fields.value_of(contact, name)) for name in merge_fields.FIELDS)

    first, second = sorted((one, other), key=lambda contact: (contact.created_at, contact.pk))
    return second if known(second) > known(first) else first
