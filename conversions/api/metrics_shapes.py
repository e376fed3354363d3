"""What the API takes and shows about ad spend, and how metrics read.

For the documentation: `conversions.metrics_rendering` works.
"""

from rest_framework import serializers

from accounts.api_input import Currency, StrictSerializer, Text
from conversions.ad_spend import LONGEST_CAMPAIGN, MOST_ROWS


class AdSpendInput(StrictSerializer):
    day = serializers.DateField(help_text="As the platform's report has it.")
    platform = serializers.CharField(max_length=40, help_text="`google_ads`, `meta`, …")
    campaign = Text(max_length=LONGEST_CAMPAIGN)
    source = Text(  # type: ignore[assignment]
        max_length=20,
        help_text="Where its leads come in. When left out: facebook for Meta, linkedin, instagram,"
        " else website.",
    )
    amount = serializers.DecimalField(max_digits=14, decimal_places=2, min_value=0)
    currency = Currency(help_text="The workspace's when left out.")


class AdSpendRowsInput(StrictSerializer):
    rows = serializers.ListField(child=AdSpendInput(), allow_empty=False, max_length=MOST_ROWS)


class AdSpendSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    day = serializers.DateField()
    platform = serializers.CharField()
    campaign = serializers.CharField(allow_blank=True)
    source = serializers.CharField()  # type: ignore[assignment]
    amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    currency = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class RecordedSpendSerializer(serializers.Serializer):
    created = serializers.IntegerField()
    replaced = serializers.IntegerField()
    results = AdSpendSerializer(many=True)


class DurationSerializer(serializers.Serializer):
    average = serializers.FloatField(allow_null=True)
    median = serializers.FloatField(allow_null=True)
    p90 = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()


class RatesSerializer(serializers.Serializer):
    contacted = serializers.FloatField()
    qualified = serializers.FloatField()
    scheduled = serializers.FloatField()
    completed = serializers.FloatField()
    converted = serializers.FloatField()


class MetricsGroupSerializer(serializers.Serializer):
    leads = serializers.IntegerField()
    funnel = serializers.DictField(child=serializers.IntegerField())
    lost = serializers.IntegerField()
    rates = RatesSerializer()
    time_to_contact = DurationSerializer()


def _money() -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)


class MetricsOfSourceSerializer(MetricsGroupSerializer):
    source = serializers.CharField()  # type: ignore[assignment]
    ad_spend = _money()
    cpl = _money()
    cac = _money()


class MetricsOfOwnerSerializer(MetricsGroupSerializer):
    assigned_to = serializers.UUIDField(allow_null=True, help_text="null: nobody's.")
    name = serializers.CharField(allow_blank=True)


class MetricsSerializer(serializers.Serializer):
    leads = serializers.IntegerField()
    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="By the status they have now."
    )
    funnel = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many reached each state or a later one."
    )
    rates = RatesSerializer()
    time_to_contact = DurationSerializer()
    time_to_qualify = DurationSerializer()
    time_to_schedule = DurationSerializer()
    loss_reasons = serializers.DictField(
        child=serializers.IntegerField(), help_text="By code, the most frequent first."
    )
    unqualified_reasons = serializers.DictField(child=serializers.IntegerField())
    by_source = MetricsOfSourceSerializer(many=True)
    by_owner = MetricsOfOwnerSerializer(many=True)
    ad_spend = _money()
    cpl = _money()
    cac = _money()
    currency = serializers.CharField()
    other_currencies = serializers.ListField(
        child=serializers.CharField(), help_text="Spend in these is not in `ad_spend`."
    )
    as_of = serializers.DateTimeField()
    exact = serializers.BooleanField(help_text="Whether medians and p90 are exact.")
