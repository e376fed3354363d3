"""How campaigns read. For the documentation: `campaigns.campaign_rendering` does the work."""

from rest_framework import serializers

from accounts.api_input import JsonObject
from campaigns.api.call_shapes import CampaignLeadSerializer
from campaigns.models import Campaign, LeadList
from leads.models import QualityRating


def _rate(help_text: str = "") -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=6, decimal_places=2, allow_null=True, help_text=help_text
    )


def _money() -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=16, decimal_places=2)


class FiguresSerializer(serializers.Serializer):
    total_leads = serializers.IntegerField(help_text="Enrolled.")
    waiting_leads = serializers.IntegerField(help_text="Still to be called, now or later.")
    contacted_leads = serializers.IntegerField(help_text="Of whom a person was reached.")
    successful_leads = serializers.IntegerField(
        help_text="Converted, pledged, donated or with an appointment."
    )
    conversion_rate = _rate("Successful per contacted, in percent; null while none was reached.")
    attempts = serializers.IntegerField(help_text="Calls made.")
    talk_time = serializers.IntegerField(help_text="Seconds.")
    pledged_amount = _money()
    donated_amount = _money()


class HoursSerializer(serializers.Serializer):
    start = serializers.CharField()
    end = serializers.CharField()
    days = serializers.ListField(child=serializers.JSONField())


class RetrySerializer(serializers.Serializer):
    max_attempts = serializers.IntegerField()
    delays = serializers.DictField(
        child=serializers.IntegerField(), help_text="Minutes by outcome, where not the usual."
    )


class CampaignSerializer(FiguresSerializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(choices=Campaign.Status.choices)
    allowed_statuses = serializers.ListField(
        child=serializers.ChoiceField(choices=Campaign.Status.choices),
        help_text="What `status` may be set to now.",
    )
    script = serializers.CharField(allow_blank=True)
    calling_hours = HoursSerializer(allow_null=True)
    retry = RetrySerializer()
    lease_minutes = serializers.IntegerField()
    currency = serializers.CharField()
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    created_by = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class AttachedListSerializer(FiguresSerializer):
    list_id = serializers.UUIDField()
    name = serializers.CharField()
    list_type = serializers.ChoiceField(choices=LeadList.Type.choices)
    priority = serializers.IntegerField(help_text="1 is called first.")
    max_attempts_override = serializers.IntegerField(allow_null=True)
    filter_criteria = JsonObject()
    is_active = serializers.BooleanField()
    assigned_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when nobody on it is left to call."
    )
    updated_at = serializers.DateTimeField()


class EnrolledSerializer(serializers.Serializer):
    added = serializers.IntegerField()
    already_in = serializers.IntegerField(help_text="In the campaign before, from whichever list.")
    excluded = serializers.IntegerField(help_text="Lost, or asked not to be called.")


class PreviewSerializer(serializers.Serializer):
    total = serializers.IntegerField()
    new = serializers.IntegerField()
    already_in = serializers.IntegerField()
    excluded = serializers.IntegerField(help_text="`do_not_contact` and `lost` together.")
    do_not_contact = serializers.IntegerField()
    lost = serializers.IntegerField()
    without_phone = serializers.IntegerField(help_text="Of the new ones.")


class CampaignMemberSerializer(CampaignLeadSerializer):
    lead_number = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)
    heat_score = serializers.IntegerField()


class OutcomeShareSerializer(serializers.Serializer):
    outcome = serializers.CharField(
        allow_blank=True, help_text="Of the last call; empty: not called yet."
    )
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    leads = serializers.IntegerField()
    share = _rate("In percent.")


class QualityShareSerializer(serializers.Serializer):
    quality_rating = serializers.ChoiceField(choices=QualityRating.choices)
    count = serializers.IntegerField()
    average_score = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    contacted_leads = serializers.IntegerField()
    successful_leads = serializers.IntegerField()
    conversion_rate = _rate()


class StatusCountsSerializer(serializers.Serializer):
    new = serializers.IntegerField()
    queued = serializers.IntegerField()
    calling = serializers.IntegerField()
    contacted = serializers.IntegerField()
    converted = serializers.IntegerField()
    failed = serializers.IntegerField()


class CampaignStatsSerializer(serializers.Serializer):
    campaign_id = serializers.UUIDField()
    currency = serializers.CharField()
    totals = FiguresSerializer()
    statuses = StatusCountsSerializer()
    lists = AttachedListSerializer(many=True, help_text="In the order in which they are called.")
    outcomes = OutcomeShareSerializer(many=True, help_text="The most frequent first.")
    quality = QualityShareSerializer(many=True)
