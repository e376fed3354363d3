"""A custom field as a manager defines it; the verbs judge it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from leads.errors import LeadError
from leads.fields import custom_fields
from leads.forms import VerbForm
from leads.models import CustomField
from leads.models.custom_field import LONGEST_KEY


class FieldForm(VerbForm):
    """Choices are lines: a value, or a value and its label with a bar between them."""

    label = forms.CharField(
        label=_("Name"),
        max_length=custom_fields.LONGEST_LABEL,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    key = forms.CharField(
        label=_("Key"),
        max_length=LONGEST_KEY,
        required=False,
        help_text=_("How outside systems call it. Empty: made of the name. It never changes."),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    subject = forms.ChoiceField(
        label=_("Belongs to"),
        choices=CustomField.Subject.choices,
        help_text=_("A contact keeps it from lead to lead; a lead has its own each time."),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=CustomField.Kind.choices)
    choice_lines = forms.CharField(
        label=_("Choices"),
        required=False,
        widget=forms.Textarea({"rows": 6, "spellcheck": "false"}),
        help_text=_(
            "One a line, “value | label” or the same word for both. None: every value is taken."
        ),
    )

    def __init__(self, data: Any = None, *, field: CustomField | None = None) -> None:
        self.field = field
        super().__init__(data, initial=_initial(field) if field else None)
        if field is not None:
            # Leads, filters and outside systems name their field by its key.
            del self.fields["key"], self.fields["subject"]

    def clean_choice_lines(self) -> list[dict[str, str]]:
        return choices_of(self.cleaned_data["choice_lines"])

    def save(self, *, actor: Actor) -> CustomField:
        """Define or change the field; raises `LeadError` with its errors on the inputs."""
        given = dict(self.cleaned_data)
        given["choices"] = given.pop("choice_lines")
        try:
            if self.field is None:
                return custom_fields.define(actor=actor, **given)
            return custom_fields.redefine(self.field, actor=actor, changes=given)
        except LeadError as error:
            self.refuse(error)
            raise

    def refuse(self, error: LeadError) -> None:
        super().refuse(error)
        for name, _code, message in error.errors:
            if name == "choices":
                self.add_error("choice_lines", message)


def _initial(field: CustomField) -> dict[str, Any]:
    return {"label": field.label, "kind": field.kind, "choice_lines": lines_of(field)}


def lines_of(field: CustomField) -> str:
    """The field's choices as a text: a line each."""
    return "\n".join(
        value if value == label else f"{value} | {label}"
        for value, label in field.choice_labels.items()
    )


def choices_of(lines: str) -> list[dict[str, str]]:
    """The choices that such a text means."""
    choices = []
    for line in lines.splitlines():
        value, _bar, label = (part.strip() for part in line.partition("|"))
        if value:
            choices.append({"value": value, "label": label or value})
    return choices
