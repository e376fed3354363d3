"""How calling reads. For the documentation: `campaigns.call_rendering` does the work."""

from rest_framework import serializers

from campaigns.models import CallOutcome, CampaignLead
from leads.api.shapes import LeadSerializer


def _moment(help_text: str = "") -> serializers.DateTimeField:
    return serializers.DateTimeField(allow_null=True, help_text=help_text)


def _money() -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=14, decimal_places=2)


class CampaignLeadSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    campaign_id = serializers.UUIDField()
    lead_id = serializers.UUIDField()
    lead_list_id = serializers.UUIDField(help_text="The first list it came from.")
    status = serializers.ChoiceField(choices=CampaignLead.Status.choices)
    outcome = serializers.CharField(allow_blank=True, help_text="Of the last call.")
    attempts = serializers.IntegerField()
    last_attempt_at = _moment()
    next_attempt_at = _moment("null while it is in a call, and when nothing is left to do.")
    callback_at = _moment("Promised to the person.")
    contacted_at = _moment("When a person was reached first.")
    succeeded_at = _moment("The first success.")
    pledged_amount = _money()
    donated_amount = _money()
    total_talk_time = serializers.IntegerField(help_text="Seconds.")
    last_call_duration = serializers.IntegerField(help_text="Seconds.")
    leased_by_user_id = serializers.UUIDField(allow_null=True)
    lease_expires_at = _moment("Until then it is handed to nobody else.")
    notes = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class LeasedLeadSerializer(CampaignLeadSerializer):
    lease_token = serializers.UUIDField(help_text="Send it with the call, to be safe of repeats.")
    script = serializers.CharField(allow_blank=True)
    lead = LeadSerializer()


class CallSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    campaign_id = serializers.UUIDField()
    campaign_lead_id = serializers.UUIDField()
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_blank=True)
    user_id = serializers.UUIDField(allow_null=True)
    outcome = serializers.CharField()
    duration = serializers.IntegerField(help_text="Seconds.")
    notes = serializers.CharField(allow_blank=True)
    callback_at = _moment()
    pledged_amount = _money()
    donated_amount = _money()
    interaction_id = serializers.UUIDField(
        allow_null=True, help_text="On the lead's timeline; null when the lead was deleted."
    )
    created_at = serializers.DateTimeField()


class RecordedCallSerializer(CallSerializer):
    campaign_lead = CampaignLeadSerializer(help_text="As it is after the call.")


class CallOutcomeSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    status = serializers.ChoiceField(choices=CallOutcome.Leads.choices)
    delay_minutes = serializers.IntegerField(help_text="With `queued`.")
    is_reached = serializers.BooleanField()
    is_successful = serializers.BooleanField()
    position = serializers.IntegerField()
    is_active = serializers.BooleanField(help_text="Whether callers are offered it.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
