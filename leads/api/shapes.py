"""How leads and what hangs on them read. For the documentation: `leads.rendering` does the work."""

from rest_framework import serializers

from accounts.api_input import JsonObject
from leads.models import (
    ATTRIBUTION_FIELDS,
    Appointment,
    Contact,
    Direction,
    Heat,
    InteractionType,
    Platform,
    QualityRating,
    Reason,
    Source,
    Status,
)
from leads.tracking import METHODS
from leads.transitions import MOVES


def _moment(help_text: str = "") -> serializers.DateTimeField:
    return serializers.DateTimeField(allow_null=True, help_text=help_text)


class AttributionSerializer(serializers.Serializer):
    def get_fields(self) -> dict[str, serializers.Field]:
        return {name: serializers.CharField(allow_blank=True) for name in ATTRIBUTION_FIELDS}


class SocialProfileSerializer(serializers.Serializer):
    platform = serializers.CharField(allow_blank=True, required=False)
    handle = serializers.CharField(allow_blank=True, required=False)
    url = serializers.CharField(allow_blank=True, required=False)


class PersonSerializer(serializers.Serializer):
    first_name = serializers.CharField(allow_blank=True)
    last_name = serializers.CharField(allow_blank=True)
    display_name = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True, help_text="As it was typed.")
    phone = serializers.CharField(allow_blank=True, help_text="As it was typed.")
    phone_e164 = serializers.CharField(
        allow_blank=True, help_text="`+18005550100`; empty when it could not be read."
    )
    company = serializers.CharField(allow_blank=True)
    job_title = serializers.CharField(allow_blank=True)
    linkedin_url = serializers.CharField(allow_blank=True)
    social_profiles = SocialProfileSerializer(many=True)
    address = JsonObject()
    consent = JsonObject()
    do_not_contact = JsonObject()
    tags = serializers.ListField(child=serializers.CharField())
    custom_fields = JsonObject(help_text="By key; a lead shows its own and its contact's.")


class LeadSerializer(PersonSerializer):
    """An inquiry, with its person's fields beside its own."""

    id = serializers.UUIDField()
    number = serializers.IntegerField(help_text="Short, for people; every {lead} takes it.")
    contact_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Status.choices)
    assigned_to_user_id = serializers.UUIDField(allow_null=True)
    assigned_to_name = serializers.CharField(allow_blank=True)
    assigned_at = _moment()
    source = serializers.ChoiceField(choices=Source.choices)  # type: ignore[assignment]
    source_workflow = serializers.CharField(allow_blank=True)
    external_id = serializers.CharField(allow_blank=True)
    source_id = serializers.CharField(allow_blank=True, help_text="The same as `external_id`.")
    attribution = AttributionSerializer()
    enrichment_data = JsonObject()
    attributes = JsonObject()
    platform_ref = JsonObject()
    notes = serializers.CharField(allow_blank=True)
    heat = serializers.ChoiceField(choices=Heat.choices)
    heat_score = serializers.IntegerField()
    score = serializers.IntegerField(help_text="The same as `heat_score`.")
    lead_score = serializers.IntegerField(help_text="The same as `heat_score`.")
    quality_rating = serializers.ChoiceField(choices=QualityRating.choices)
    first_contacted_at = _moment()
    contacted_at = _moment("The same as `first_contacted_at`.")
    last_contacted_at = _moment()
    last_contact_method = serializers.ChoiceField(choices=METHODS, allow_blank=True)
    contact_count = serializers.IntegerField()
    last_response_at = _moment()
    response_count = serializers.IntegerField()
    status_changed_at = serializers.DateTimeField()
    enriched_at = _moment()
    qualified_at = _moment()
    scheduled_at = _moment()
    completed_at = _moment()
    converted_at = _moment()
    lost_at = _moment()
    loss_reason = serializers.CharField(allow_blank=True)
    unqualified_reason = serializers.CharField(allow_blank=True)
    last_activity_at = serializers.DateTimeField()
    next_task_at = _moment("When the earliest open task is due.")
    first_response_due_at = _moment("By when it is to be contacted first; null without a target.")
    auto_close_alarm_at = _moment("When it closes by itself, if nothing happens.")
    conversion_id = serializers.UUIDField(allow_null=True)
    conversion_metadata = JsonObject()
    created_by = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ReceivedLeadSerializer(LeadSerializer):
    deduplicated = serializers.BooleanField(
        help_text="true when the person's open lead took the arrival; the status is 200 then."
    )
    notices = serializers.ListField(
        child=serializers.CharField(), help_text="What a person should know of it."
    )


class AppointmentSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    lead_id = serializers.UUIDField()
    scheduled_for = serializers.DateTimeField()
    status = serializers.ChoiceField(choices=Appointment.Status.choices)
    matched_via = serializers.ChoiceField(choices=Appointment.MatchedVia.choices)
    external_ref = serializers.CharField(allow_blank=True)
    location = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class TaskSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    lead_id = serializers.UUIDField()
    title = serializers.CharField()
    notes = serializers.CharField(allow_blank=True)
    due_at = serializers.DateTimeField()
    reminder_at = _moment()
    owner_user_id = serializers.UUIDField(allow_null=True)
    owner_name = serializers.CharField(allow_blank=True)
    done = serializers.BooleanField()
    done_at = _moment()
    done_by = serializers.CharField(allow_blank=True)
    closed_with_lead = serializers.BooleanField(
        help_text="Not done, but closed because the lead was lost."
    )
    created_by = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class InteractionSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    lead_id = serializers.UUIDField()
    type = serializers.ChoiceField(choices=InteractionType.choices)
    platform = serializers.ChoiceField(choices=Platform.choices, allow_blank=True)
    direction = serializers.ChoiceField(choices=Direction.choices, allow_blank=True)
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_blank=True)
    user_id = serializers.UUIDField(allow_null=True)
    via = serializers.CharField(allow_blank=True, help_text="The door: page, api, form, …")
    payload = JsonObject()
    created_at = serializers.DateTimeField()


class HeatPointsSerializer(serializers.Serializer):
    type = serializers.ChoiceField(choices=InteractionType.choices)
    count = serializers.IntegerField()
    points = serializers.FloatField(help_text="What counts, after decay and cap.")
    weight = serializers.IntegerField(help_text="Points of a fresh one.")
    cap = serializers.IntegerField(
        allow_null=True, help_text="The most that all of this type may add."
    )
    is_capped = serializers.BooleanField()
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()


class HeatTrendSerializer(serializers.Serializer):
    """Points as they came in, without decay and caps."""

    last_7_days = serializers.IntegerField()
    previous_7_days = serializers.IntegerField()
    change = serializers.IntegerField()


class HeatExplanationSerializer(serializers.Serializer):
    score = serializers.IntegerField()
    heat = serializers.ChoiceField(choices=Heat.choices)
    points_to_next = serializers.IntegerField(allow_null=True)
    next_level = serializers.ChoiceField(choices=Heat.choices, allow_null=True)
    half_life_days = serializers.IntegerField(
        allow_null=True, help_text="After so many days a touchpoint counts half; null: never."
    )
    points = HeatPointsSerializer(many=True)
    trend = HeatTrendSerializer()


class LeadDetailSerializer(LeadSerializer):
    appointments = AppointmentSerializer(many=True)
    interactions = InteractionSerializer(many=True, help_text="The latest 50.")
    tasks = TaskSerializer(many=True, help_text="Open ones by due time, then the latest done.")
    heat_explanation = HeatExplanationSerializer()
    allowed_transitions = serializers.ListField(
        child=serializers.ChoiceField(choices=[name for name in MOVES if name != "unschedule"])
    )


class DashboardSerializer(serializers.Serializer):
    my_leads = serializers.IntegerField(help_text="Open leads.")
    ready_for_outreach = serializers.IntegerField(help_text="Enriched, not contacted yet.")
    in_conversation = serializers.IntegerField(help_text="Conversing.")
    follow_ups_due = serializers.IntegerField(
        help_text="Contacted or conversing, last contact over 7 days ago."
    )


class AssignmentSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    assigned_to_user_id = serializers.UUIDField(allow_null=True)
    assigned_at = _moment()


class ContactSerializer(PersonSerializer):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    time_zone = serializers.CharField(allow_blank=True)
    custom_metadata = JsonObject()
    lifetime_value = serializers.DecimalField(max_digits=14, decimal_places=2)
    conversion_count = serializers.IntegerField()
    conversion_status = serializers.ChoiceField(choices=Contact.ConversionStatus.choices)
    converted_at = _moment()
    converted_by = serializers.CharField(allow_blank=True)
    sent_from_workspace = serializers.CharField(allow_blank=True)
    converted_from_workspace = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class MemberSerializer(serializers.Serializer):
    """Somebody who may be given leads."""

    id = serializers.UUIDField(help_text="The user's id, as assigning takes it.")
    name = serializers.CharField()
    email = serializers.CharField()
    role = serializers.CharField()
    on_duty = serializers.BooleanField()
    load = serializers.IntegerField(help_text="Open leads they own.")
    cap = serializers.IntegerField(
        allow_null=True,
        help_text="Up to how many are assigned to them automatically; null: any number.",
    )


class ReasonSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=Reason.Kind.choices)
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
