"""Holding the rendered copies of custom fields against the rows they are made of."""

from typing import Any

from leads.fields.custom_kinds import Fitted, shown
from leads.models import Contact, ContactFieldValue, Lead, LeadFieldValue


def rows_as_copy(model: Any, name: str, subject: Any) -> dict[str, Any]:
    """What the value tables say of a contact or lead, in the form of the copy."""
    found: dict[Any, list[Fitted]] = {}
    values = model.objects.filter(**{name: subject}).select_related("field")
    for one in values.order_by("match_text"):
        found.setdefault(one.field, []).append(Fitted(one.text_value))
    return {row.key: shown(row.kind, values) for row, values in found.items()}


def assert_copies_are_true() -> None:
    """In the scope at hand."""
    for contact in Contact.objects.all():
        assert contact.custom_fields == rows_as_copy(ContactFieldValue, "contact", contact)
    for lead in Lead.objects.all():
        assert lead.custom_fields == rows_as_copy(LeadFieldValue, "lead", lead)
