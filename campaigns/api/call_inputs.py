"""What the API takes about calls and their outcomes."""

from typing import Any

from rest_framework import serializers

from accounts.api_input import StrictSerializer, Text
from campaigns.attempts import LARGEST_AMOUNT, LONGEST_CALL, LONGEST_NOTES
from campaigns.models import CallOutcome
from campaigns.outcomes import LONGEST_DELAY


def _amount() -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=14,
        decimal_places=2,
        min_value=0,
        max_value=LARGEST_AMOUNT,
        required=False,
        allow_null=True,
    )


def _moment(help_text: str) -> serializers.DateTimeField:
    return serializers.DateTimeField(required=False, allow_null=True, help_text=help_text)


class AttemptInput(StrictSerializer):
    outcome = serializers.CharField(
        max_length=40,
        help_text=(
            "no_answer, busy, voicemail, wrong_number, callback, interested, not_interested,"
            " appointment, pledged, donated, converted, do_not_call, or one of your own."
        ),
    )
    duration = serializers.IntegerField(
        min_value=0, max_value=LONGEST_CALL, required=False, help_text="Seconds."
    )
    notes = Text(max_length=LONGEST_NOTES)
    callback_at = _moment("When to call again; the caller who promised it gets the lead then.")
    appointment_at = _moment("With `appointment`: schedules the lead for a visit at that time.")
    pledged_amount = _amount()
    donated_amount = _amount()
    lease_token = serializers.UUIDField(
        required=False, allow_null=True, help_text="As `next` gave it."
    )


class OutcomeChangesInput(StrictSerializer):
    label = serializers.CharField(max_length=60, required=False)  # type: ignore[assignment]
    status = serializers.ChoiceField(choices=CallOutcome.Leads.choices, required=False)
    delay_minutes = serializers.IntegerField(
        min_value=1, max_value=LONGEST_DELAY, required=False, help_text="With `queued`."
    )
    is_reached = serializers.BooleanField(required=False)
    is_successful = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)


class OutcomeInput(OutcomeChangesInput):
    code = serializers.RegexField(r"^[a-z0-9_]{1,40}\Z", max_length=40)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for name in ("label", "status"):
            fields[name].required = True
        return fields
