"""The shape of what a manager sets on a lead form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from leads.capture import form_questions, lead_forms
from leads.capture.lead_forms import LONGEST_CONSENT, LONGEST_LABEL
from leads.errors import LeadError
from leads.forms import VerbForm
from leads.models import ConsentKind, FormField, LeadForm, Source


@dataclass(frozen=True)
class FieldRow:
    """One line of the table of fields, with its four controls."""

    label: str
    # What sort of answer it takes; empty for those that every form knows.
    kind: str
    asked: forms.BoundField
    required: forms.BoundField
    words: forms.BoundField
    place: forms.BoundField


class LeadFormEditor(VerbForm):
    """Texts, fields, permissions and sites of one form."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("For you: leads show which form they came by.")
    )
    source = forms.ChoiceField(label=_("Source of its leads"), choices=Source.choices)
    is_active = forms.BooleanField(label=_("Open to visitors"), required=False)
    title = forms.CharField(label=_("Title"), max_length=200)
    intro = forms.CharField(
        label=_("Introduction"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    button_text = forms.CharField(label=_("Button"), max_length=60)
    thanks_text = forms.CharField(
        label=_("After sending"), max_length=2000, widget=forms.Textarea({"rows": 2})
    )
    redirect_url = forms.CharField(
        label=_("Page to go to after sending"),
        max_length=2000,
        required=False,
        help_text=_("An address such as https://www.example.com/thanks. Empty: the text above."),
        widget=forms.TextInput({"inputmode": "url"}),
    )
    allowed_origins = forms.CharField(
        label=_("Sites that may show this form"),
        required=False,
        help_text=_("One to a line, such as https://www.example.com or https://*.example.com."),
        widget=forms.Textarea({"rows": 2}),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, lead_form: LeadForm) -> None:
        self.lead_form = lead_form
        own = form_questions.askable(lead_form)
        # What may be asked: its name in the form, and what it is called to begin with.
        self._labels = {name.value: str(name.label) for name in FormField}
        self._labels |= {name: field.label[:LONGEST_LABEL] for name, field in own.items()}
        self._kinds = {name: str(field.get_kind_display()) for name, field in own.items()}
        super().__init__(data, initial=self._initial(lead_form))
        for name in self._labels:
            self._add_row(name)
        for kind in ConsentKind:
            self.fields[f"consent_{kind.value}"] = forms.CharField(
                label=kind.label,
                max_length=LONGEST_CONSENT,
                required=False,
                widget=forms.Textarea({"rows": 2}),
            )

    def _initial(self, lead_form: LeadForm) -> dict[str, Any]:
        initial = {name: getattr(lead_form, name) for name in lead_forms.TEXT_FIELDS}
        initial |= {"is_active": lead_form.is_active}
        initial["allowed_origins"] = "\n".join(lead_form.allowed_origins)
        shown = [row for row in lead_form.fields if row["name"] in self._labels]
        asked = {row["name"]: (place, row) for place, row in enumerate(shown, start=1)}
        last = len(asked)
        for name, label in self._labels.items():
            if name not in asked:
                last += 1
            place, row = asked.get(name, (last, {"label": label, "required": False}))
            initial |= {
                f"{name}_asked": name in asked,
                f"{name}_required": row["required"],
                f"{name}_label": row["label"],
                f"{name}_place": place,
            }
        texts = lead_form.consent_texts
        return initial | {f"consent_{kind.value}": texts.get(kind, "") for kind in ConsentKind}

    def _add_row(self, name: str) -> None:
        of = {"field": self._labels[name]}
        self.fields[f"{name}_asked"] = forms.BooleanField(
            label=_("Ask for: %(field)s") % of, required=False
        )
        self.fields[f"{name}_required"] = forms.BooleanField(
            label=_("Required: %(field)s") % of, required=False
        )
        self.fields[f"{name}_label"] = forms.CharField(
            label=_("Words for: %(field)s") % of,
            max_length=LONGEST_LABEL,
            required=False,
            widget=forms.TextInput({"class": "input"}),
        )
        self.fields[f"{name}_place"] = forms.TypedChoiceField(
            label=_("Place of: %(field)s") % of,
            coerce=int,
            choices=[(place, place) for place in range(1, len(self._labels) + 1)],
            widget=forms.Select({"class": "input"}),
        )

    @property
    def rows(self) -> list[FieldRow]:
        """The table of fields, in the order the visitor sees them."""
        rows = [
            FieldRow(
                label,
                self._kinds.get(name, ""),
                *(self[f"{name}_{part}"] for part in ("asked", "required", "label", "place")),
            )
            for name, label in self._labels.items()
        ]
        return sorted(rows, key=lambda row: self.initial[row.place.name])

    @property
    def consents(self) -> list[forms.BoundField]:
        return [self[f"consent_{kind.value}"] for kind in ConsentKind]

    def save(self, *, actor: Actor) -> LeadForm:
        """Change the form; raises `LeadError` with its errors on the fields."""
        try:
            return lead_forms.update(self.lead_form, actor=actor, changes=self._changes())
        except LeadError as error:
            self.refuse(error)
            for name, _code, message in error.errors:
                if name not in self.fields:
                    self.add_error(None, message)
            raise

    def _changes(self) -> dict[str, Any]:
        given = self.cleaned_data
        changes = {name: given[name] for name in (*lead_forms.TEXT_FIELDS, "is_active")}
        asked = sorted((name for name in self._labels if given[f"{name}_asked"]), key=self._place)
        changes["fields"] = [
            {
                "name": name,
                "label": given[f"{name}_label"],
                "required": given[f"{name}_required"],
            }
            for name in asked
        ]
        changes["consent_texts"] = {
            kind.value: given[f"consent_{kind.value}"] for kind in ConsentKind
        }
        changes["allowed_origins"] = given["allowed_origins"].split()
        return changes

    def _place(self, name: str) -> tuple[int, int]:
        """Where a field goes. Moved up, it stands before the one at that place; down, behind it."""
        before, now = self.initial[f"{name}_place"], self.cleaned_data[f"{name}_place"]
        return now, (now > before) - (now < before)
