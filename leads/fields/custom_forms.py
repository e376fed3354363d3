"""The custom fields of a workspace as a form, and their values as a page shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.utils.dateparse import parse_date
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from leads.errors import LeadError
from leads.fields.custom_kinds import LARGEST_NUMBER, LONGEST_CHOICE, LONGEST_TEXT, LONGEST_URL
from leads.models import CustomField, Lead

Kind = CustomField.Kind
# How a refused value is called by the verbs, and how these inputs are called on a page.
ERROR_PREFIX = "custom_fields."
FORM_PREFIX = "custom"
_LONG_TEXT = 80


def offered_fields(workspace_id: UUID, *, subject: str = "") -> list[CustomField]:
    """The fields in use, in their order; of contacts or of leads alone, if `subject` says so."""
    rows = CustomField.objects.in_workspace(workspace_id).active()
    return list(rows.filter(subject=subject) if subject else rows)


def values_of(lead: Lead) -> dict[str, Any]:
    """The lead's values and its contact's, by key."""
    return {**lead.contact.custom_fields, **lead.custom_fields}


@dataclass(frozen=True)
class ShownField:
    """A field and what it holds, in words; several for several choices, none when empty."""

    label: str
    kind: str
    texts: list[str]

    @property
    def is_link(self) -> bool:
        """Never a script, whatever is stored."""
        return self.kind == Kind.URL and self.texts[0].startswith(("http://", "https://"))


def shown_fields(fields: Sequence[CustomField], values: Mapping[str, Any]) -> list[ShownField]:
    """What a page shows of the values, field by field."""
    return [ShownField(one.label, one.kind, _texts(one, values.get(one.key))) for one in fields]


def _texts(field: CustomField, value: Any) -> list[str]:
    if value is None:
        return []
    if field.kind == Kind.BOOLEAN:
        return [_("Yes") if value else _("No")]
    if field.kind == Kind.NUMBER and isinstance(value, (int, float)):
        return [number_format(value, use_l10n=True, force_grouping=abs(value) >= 10_000)]
    if field.kind == Kind.DATE:
        day = parse_date(value)
        return [date_format(day, "DATE_FORMAT") if day else value]
    labels = field.choice_labels
    given = value if isinstance(value, list) else [value]
    return [labels.get(text, text) for text in map(str, given)]


class CustomFieldsForm(forms.Form):
    """One input for each field; the verbs judge what was entered and this shows what they say."""

    def __init__(
        self,
        data: Any = None,
        *,
        fields: Sequence[CustomField],
        values: Mapping[str, Any] | None = None,
    ) -> None:
        known = values or {}
        initial = {one.key: _initial(one, known.get(one.key)) for one in fields}
        super().__init__(data, prefix=FORM_PREFIX, initial=initial)
        for one in fields:
            self.fields[one.key] = input_for(one, initial[one.key])

    def changes(self) -> dict[str, Any]:
        """What differs from what was shown, for `custom_fields` of a verb; blank clears."""
        return {key: self.cleaned_data[key] for key in self.changed_data}

    def refuse(self, error: LeadError) -> None:
        """Show the errors of a refused verb beside the fields they are about."""
        for name, _code, message in error.errors:
            key = name.removeprefix(ERROR_PREFIX)
            if name.startswith(ERROR_PREFIX) and key in self.fields:
                self.add_error(key, message)


class _Lines(forms.CharField):
    """Browsers send their own line ends, which are no change."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(super().has_changed(initial, self.to_python(data)))


class _CommaSeparated(forms.CharField):
    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        return [part.strip() for part in str(value or "").split(",") if part.strip()]


def _initial(field: CustomField, value: Any) -> Any:
    if value is None:
        return [] if field.kind == Kind.MULTI_CHOICE and field.choices else ""
    if field.kind == Kind.BOOLEAN:
        return "true" if value else "false"
    if field.kind == Kind.MULTI_CHOICE and not field.choices:
        return ", ".join(value)
    return value if isinstance(value, list) else str(value)


def input_for(field: CustomField, initial: Any) -> forms.Field:
    """One input of the field's kind; `initial` is what it is shown with."""
    options: dict[str, Any] = {"label": field.label, "required": False}
    choices = [(choice["value"], choice["label"]) for choice in field.choices]
    match field.kind:
        case Kind.BOOLEAN:
            answers = [("", _("Not said")), ("true", _("Yes")), ("false", _("No"))]
            return forms.ChoiceField(choices=answers, **options)
        case Kind.CHOICE if choices:
            return forms.ChoiceField(choices=[("", _("Not said")), *choices], **options)
        case Kind.MULTI_CHOICE if choices:
            return forms.MultipleChoiceField(
                choices=choices, widget=forms.CheckboxSelectMultiple(), **options
            )
        case Kind.MULTI_CHOICE:
            return _CommaSeparated(help_text=_("Separate several by commas."), **options)
        case Kind.NUMBER:
            widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
            longest = len(str(-LARGEST_NUMBER)) * 2
            return forms.CharField(max_length=longest, widget=widget, **options)
        case Kind.DATE:
            day = forms.TextInput({"type": "date"})
            return forms.CharField(max_length=10, widget=day, **options)
        case Kind.URL:
            link = forms.TextInput({"inputmode": "url", "autocomplete": "off"})
            return forms.CharField(max_length=LONGEST_URL, widget=link, **options)
        case Kind.CHOICE:
            return forms.CharField(max_length=LONGEST_CHOICE, **options)
    is_long = "\n" in initial or len(initial) > _LONG_TEXT
    area = forms.Textarea({"rows": 2}) if is_long else forms.TextInput({"autocomplete": "off"})
    return _Lines(max_length=LONGEST_TEXT, widget=area, **options)
