"""How conversions, rules and uploads read. For the documentation: `conversions.rendering` works."""

from rest_framework import serializers

from accounts.api_input import JsonObject
from accounts.api_schema import ProblemSerializer
from conversions.models import ConversionRule, Upload


def _money() -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)


class ConversionSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    contact_id = serializers.UUIDField()
    lead_id = serializers.UUIDField(allow_null=True)
    workspace_id = serializers.CharField(help_text="The workspace's slug.")
    conversion_type = serializers.CharField()
    conversion_value = _money()
    currency = serializers.CharField(allow_blank=True)
    converted_by = serializers.CharField()
    converted_at = serializers.DateTimeField()
    external_ref = serializers.CharField(allow_blank=True)
    conversion_source = serializers.CharField(
        allow_blank=True, help_text="The last contact method before it."
    )
    custom_data = JsonObject()
    created_at = serializers.DateTimeField()


class LoggedConversionSerializer(ConversionSerializer):
    deduplicated = serializers.BooleanField(
        help_text="true when this `external_ref` was logged before; the status is 200 then."
    )


class BatchRowSerializer(serializers.Serializer):
    index = serializers.IntegerField(help_text="Where the row was in the request, from 0.")
    status = serializers.IntegerField(help_text="What the row alone would have answered.")
    conversion = LoggedConversionSerializer(required=False)
    problem = ProblemSerializer(required=False)


class BatchSerializer(serializers.Serializer):
    results = BatchRowSerializer(many=True)
    created = serializers.IntegerField()
    deduplicated = serializers.IntegerField()
    failed = serializers.IntegerField()


class RuleValueSerializer(serializers.Serializer):
    strategy = serializers.ChoiceField(choices=ConversionRule.ValueStrategy.choices)
    amount = _money()
    share = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)
    currency = serializers.CharField(allow_blank=True)


class RuleSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    trigger = serializers.CharField()
    connection = serializers.UUIDField()
    external_action = serializers.CharField()
    value = RuleValueSerializer()
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class UploadErrorSerializer(serializers.Serializer):
    kind = serializers.CharField()
    code = serializers.CharField(allow_blank=True)
    explanation = serializers.CharField(allow_blank=True)


class UploadSerializer(serializers.Serializer):
    """One event on its way to one ad platform."""

    id = serializers.UUIDField()
    lead_id = serializers.UUIDField(allow_null=True)
    contact_id = serializers.UUIDField()
    conversion_id = serializers.UUIDField(allow_null=True)
    connection = serializers.UUIDField()
    provider = serializers.CharField()
    event = serializers.CharField(help_text="The trigger: `completed`, `conversion:sale`, …")
    external_action = serializers.CharField()
    status = serializers.ChoiceField(choices=Upload.Status.choices)
    attempts = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    event_id = serializers.CharField(help_text="What the platform deduplicates by.")
    value = _money()
    currency = serializers.CharField(allow_blank=True)
    occurred_at = serializers.DateTimeField()
    accepted_at = serializers.DateTimeField(allow_null=True)
    platform_ref = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    error = UploadErrorSerializer(allow_null=True)


class UploadAttemptSerializer(serializers.Serializer):
    number = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField()
    outcome = serializers.CharField()
    code = serializers.CharField(allow_blank=True)
    explanation = serializers.CharField(allow_blank=True)


class UploadDetailSerializer(UploadSerializer):
    attempt_log = UploadAttemptSerializer(many=True)
