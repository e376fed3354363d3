"""The bodies that campaigns and their lists are made and changed with."""

from typing import Any

from rest_framework import serializers

from accounts.api_input import Currency, JsonObject, StrictSerializer, Text
from campaigns.models import MOST_ATTEMPTS, MOST_PRIORITY, Campaign
from campaigns.running import LONGEST_LEASE, LONGEST_NAME, LONGEST_TEXT

FILTERS = "What `GET /leads/` takes, each filter with a text or a list of texts."


class HoursInput(StrictSerializer):
    start = serializers.CharField(max_length=8, help_text="Such as `09:00`.")
    end = serializers.CharField(max_length=8, help_text="`00:00` is the end of the day.")
    days = serializers.ListField(
        child=serializers.JSONField(),
        required=False,
        max_length=7,
        help_text="From 0, Monday, to 6, or `mon` to `sun`; left out: every day.",
    )

    def validate_days(self, given: list[Any]) -> list[Any]:
        for day in given:
            if isinstance(day, bool) or not isinstance(day, (int, str)):
                raise serializers.ValidationError("Use numbers from 0, Monday, to 6, or names.")
        return given


class RetryInput(StrictSerializer):
    max_attempts = serializers.IntegerField(required=False, min_value=1, max_value=MOST_ATTEMPTS)
    delays = serializers.DictField(
        child=serializers.IntegerField(min_value=1, max_value=2**31 - 1),
        required=False,
        help_text="Minutes by outcome, instead of the usual; replaces those that are there.",
    )


class _CampaignInput(StrictSerializer):
    description = Text(max_length=LONGEST_TEXT)
    status = serializers.ChoiceField(choices=Campaign.Status.choices, required=False)
    script = Text(max_length=LONGEST_TEXT, help_text="What callers see beside the lead.")
    calling_hours = HoursInput(
        required=False,
        allow_null=True,
        help_text="On the clock of whoever is called; null: at any hour.",
    )
    retry = RetryInput(required=False)
    lease_minutes = serializers.IntegerField(
        required=False, min_value=1, max_value=LONGEST_LEASE, help_text="How long a caller has."
    )
    currency = Currency(help_text="Of pledges and donations; the workspace's, left out.")


class NewCampaignInput(_CampaignInput):
    name = serializers.CharField(max_length=LONGEST_NAME)


class CampaignChangesInput(_CampaignInput):
    name = serializers.CharField(max_length=LONGEST_NAME, required=False)


class _AttachedInput(StrictSerializer):
    priority = serializers.IntegerField(
        required=False, min_value=1, max_value=MOST_PRIORITY, help_text="1 is called first."
    )
    max_attempts_override = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=MOST_ATTEMPTS,
        help_text="Instead of the campaign's.",
    )
    filter_criteria = JsonObject(allow_null=True, help_text=f"Only those leads. {FILTERS}")


class AttachInput(_AttachedInput):
    list_id = serializers.UUIDField()


class AttachedChangesInput(_AttachedInput):
    is_active = serializers.BooleanField(required=False, help_text="false pauses the list.")


class PreviewInput(StrictSerializer):
    list_id = serializers.UUIDField()
    filter_criteria = JsonObject(allow_null=True, help_text=f"Only those leads. {FILTERS}")


def verbal(given: dict[str, Any]) -> dict[str, Any]:
    """A campaign's body in the verbs' words."""
    retry = given.get("retry") or {}
    renamed = {"max_attempts": "max_attempts", "delays": "retry_delays"}
    values = {name: value for name, value in given.items() if name != "retry"}
    if not values.get("currency", "set"):
        del values["currency"]
    return values | {renamed[name]: value for name, value in retry.items()}
