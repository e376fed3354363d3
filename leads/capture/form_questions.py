"""The custom fields that a public form asks for, beside what every form knows.

In a form's `fields` one is called `custom_fields.<key>`, as in the errors of the verbs. A field out
of use is asked no more, and again when it comes back, unless the form was saved between.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from leads.fields.custom_forms import ERROR_PREFIX, input_for
from leads.fields.custom_kinds import Unfit, fitted
from leads.models import CustomField, LeadForm


def name_of(field: CustomField) -> str:
    """What the field is called among a form's fields."""
    return f"{ERROR_PREFIX}{field.key}"


def is_custom(name: str) -> bool:
    return name.startswith(ERROR_PREFIX)


def askable(lead_form: LeadForm) -> dict[str, CustomField]:
    """All that the workspace's forms may ask, by name and in order; in the workspace's scope."""
    rows = CustomField.objects.in_workspace(lead_form.workspace_id).active()
    return {name_of(row): row for row in rows}


def asked(lead_form: LeadForm) -> dict[str, CustomField]:
    """Those of them that this form asks; no query for a form that asks none."""
    names = {row["name"] for row in lead_form.fields if is_custom(row["name"])}
    return {name: row for name, row in askable(lead_form).items() if name in names} if names else {}


def question(field: CustomField, *, label: str, required: bool) -> forms.Field:
    """The input a visitor gets."""
    found = input_for(field, "")
    found.label, found.required = label, required
    choices = getattr(found, "choices", None)
    if choices and choices[0][0] == "":
        # "Not said" is what we write down; a visitor is asked.
        found.choices = [("", _("Please choose")), *choices[1:]]  # type: ignore[attr-defined]
    found.widget.is_required = required
    return found


def refusals(questions: Mapping[str, CustomField], answers: Mapping[str, Any]) -> dict[str, str]:
    """What does not fit its field, by name; an answer that is missing was refused already."""
    wrong = {}
    for name, field in questions.items():
        try:
            fitted(field, answers.get(name))
        except Unfit as error:
            wrong[name] = error.message
    return wrong


def given(questions: Mapping[str, CustomField], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers by key, for intake."""
    return {field.key: answers[name] for name, field in questions.items() if answers.get(name)}
