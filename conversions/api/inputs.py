"""What the API takes about conversions and rules."""

from typing import Any

from rest_framework import serializers

from accounts.api_input import Currency, JsonObject, Ref, StrictSerializer, Text
from conversions.models import Conversion, ConversionRule
from conversions.recording import TYPE_PATTERN
from leads.models import Contact

MAX_BATCH = 1000


def _money(**kwargs: Any) -> serializers.DecimalField:
    given = {"max_digits": 14, "decimal_places": 2, "required": False, "allow_null": True}
    return serializers.DecimalField(**given | kwargs)


class ConversionInput(StrictSerializer):
    contact_id = Ref(help_text="The contact's UUID or number.")
    lead_id = Ref(required=False, allow_null=True, help_text="Else the contact's one open lead.")
    workspace_id = Text(
        max_length=63, help_text="The slug or UUID of the workspace you work in; another is 404."
    )
    converted_by = serializers.CharField(
        max_length=Conversion._meta.get_field("converted_by").max_length,
        help_text="Who or what made it: a user, a system.",
    )
    converted_at = serializers.DateTimeField(required=False)
    conversion_type = serializers.RegexField(
        TYPE_PATTERN,
        max_length=60,
        help_text="`sale` converts the lead, `qualified` qualifies it; others only record.",
    )
    conversion_value = _money(max_digits=12, min_value=0, help_text="As a string or a number.")
    currency = Currency(help_text="The workspace's when left out.")
    external_ref = Text(
        max_length=Conversion._meta.get_field("external_ref").max_length,
        help_text="Your own reference: the same again answers the first conversion.",
    )
    custom_data = JsonObject()


class BatchInput(StrictSerializer):
    conversions = serializers.ListField(
        child=serializers.JSONField(allow_null=True), allow_empty=False, max_length=MAX_BATCH
    )


class DocumentedBatchInput(serializers.Serializer):
    """A batch for the documentation; in truth each row is checked by itself."""

    conversions = ConversionInput(many=True, max_length=MAX_BATCH)  # type: ignore[call-arg]


class ContactConversionInput(StrictSerializer):
    sent_from_workspace = serializers.CharField(
        required=False, allow_blank=True, max_length=63, help_text="A workspace's slug."
    )
    converted_from_workspace = serializers.CharField(
        required=False, allow_blank=True, max_length=63, help_text="A workspace's slug."
    )
    conversion_status = serializers.ChoiceField(
        choices=Contact.ConversionStatus.choices, required=False
    )
    converted_by = serializers.CharField(required=False, allow_blank=True, max_length=200)
    custom_metadata = JsonObject(help_text="Merged into what is kept, encrypted.")


class RuleValueInput(StrictSerializer):
    strategy = serializers.ChoiceField(choices=ConversionRule.ValueStrategy.choices)
    amount = _money(min_value=0, help_text="With `fixed`.")
    share = _money(max_digits=5, min_value=0, max_value=100, help_text="With `share`: percent.")
    currency = Currency(help_text="With `fixed`; the workspace's when left out.")


class RuleInput(StrictSerializer):
    trigger = serializers.CharField(
        max_length=80, help_text="qualified, scheduled, completed, converted, conversion:<type>"
    )
    connection = serializers.UUIDField(help_text="From GET /connections/.")
    external_action = serializers.CharField(
        max_length=200, help_text="Google: the conversion action's id. Meta: the event's name."
    )
    value = RuleValueInput(required=False)
    is_active = serializers.BooleanField(required=False)


class RuleChangesInput(RuleInput):
    trigger = serializers.CharField(max_length=80, required=False)
    connection = serializers.UUIDField(required=False)
    external_action = serializers.CharField(max_length=200, required=False)
