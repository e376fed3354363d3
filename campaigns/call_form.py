"""What a caller enters about a call; the outcome is the button that was pressed."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.problems import ProblemError
from campaigns.attempts import LARGEST_AMOUNT, LONGEST_CALL, LONGEST_NOTES, Call
from campaigns.outcomes import Offered
from leads.forms import LocalDateTime


def _amount(label: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=0,
        max_value=LARGEST_AMOUNT,
        decimal_places=2,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )


class CallForm(forms.Form):
    """The rest is left empty where it does not apply."""

    outcome = forms.ChoiceField(
        label=_("Outcome"), error_messages={"required": _("Choose how the call ended.")}
    )
    notes = forms.CharField(
        label=_("Notes"),
        required=False,
        max_length=LONGEST_NOTES,
        widget=forms.Textarea({"rows": 4, "data-draft-field": ""}),
    )
    callback_at = forms.DateTimeField(
        label=_("Call back at"),
        required=False,
        help_text=_("Left empty: tomorrow at this hour."),
        widget=LocalDateTime(),
    )
    appointment_at = forms.DateTimeField(
        label=_("Appointment at"), required=False, widget=LocalDateTime()
    )
    pledged_amount = _amount(_("Pledged"))
    donated_amount = _amount(_("Donated"))
    duration = forms.IntegerField(
        required=False, min_value=0, max_value=LONGEST_CALL, widget=forms.HiddenInput()
    )
    lease_token = forms.UUIDField(widget=forms.HiddenInput())

    def __init__(
        self, data: Any = None, *, outcomes: Sequence[Offered], token: UUID | None = None
    ) -> None:
        super().__init__(data, initial={"lease_token": token})
        self.outcomes = {one.code: one for one in outcomes}
        self.fields["outcome"].choices = [  # type: ignore[attr-defined]
            (one.code, one.label) for one in outcomes
        ]

    @property
    def call(self) -> Call:
        """What was entered. The clock runs while it rings; talk time has who was reached."""
        given = {**self.cleaned_data}
        del given["lease_token"]
        talked = self.outcomes[given["outcome"]].rule.reached
        given["duration"] = (given["duration"] or 0) if talked else 0
        return Call(**given)

    def refuse(self, error: ProblemError) -> None:
        """Show a refusal beside the field it is about."""
        shown = False
        for name, _code, message in error.errors:
            field = name.rpartition(".")[2]
            # The lifecycle's name of the same.
            field = {"scheduled_for": "appointment_at"}.get(field, field)
            if field in self.fields and not self.fields[field].widget.is_hidden:
                self.add_error(field, message)
                shown = True
        if not shown:
            self.add_error(None, error.detail)
