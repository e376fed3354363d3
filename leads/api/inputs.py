"""What the API takes about leads; lengths are those of the columns."""

from typing import Any

from rest_framework import serializers

from accounts.api_input import JsonObject, StrictSerializer, Text
from leads.intake import FIRST_STATUSES, SOURCE_ALIASES
from leads.models import (
    ATTRIBUTION_FIELDS,
    LONGEST_TITLE,
    MANUAL_TYPES,
    Appointment,
    Attribution,
    Contact,
    ContactTag,
    Direction,
    Lead,
    Platform,
    QualityRating,
    Source,
)
from leads.tracking import METHODS

MAX_NOTES = 20_000
USE_THE_MOVE = "The status is not set: use the move, such as POST /api/v1/leads/{id}/qualify/."


def _text_of(model: Any, name: str, **kwargs: Any) -> Text:
    return Text(max_length=model._meta.get_field(name).max_length, **kwargs)


class AttributionInput(StrictSerializer):
    """Click identifiers and campaign words; name what you know."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {name: _text_of(Attribution, name) for name in ATTRIBUTION_FIELDS}


class ConsentInput(StrictSerializer):
    """true granted, false refused, left out never asked."""

    ad_user_data = serializers.BooleanField(required=False)
    ad_personalization = serializers.BooleanField(required=False)
    email = serializers.BooleanField(required=False)
    sms = serializers.BooleanField(required=False)
    call = serializers.BooleanField(required=False)


class SocialProfileInput(StrictSerializer):
    platform = Text(max_length=50)
    handle = Text(max_length=200)
    url = Text(max_length=500)


class PersonInput(StrictSerializer):
    """What is known of the person."""

    first_name = _text_of(Contact, "first_name")
    last_name = _text_of(Contact, "last_name")
    display_name = _text_of(Contact, "display_name")
    email = _text_of(Contact, "email")
    phone = _text_of(Contact, "phone")
    company = Text(max_length=200)
    job_title = _text_of(Contact, "job_title")
    linkedin_url = _text_of(Contact, "linkedin_url")
    social_profiles = SocialProfileInput(  # type: ignore[call-arg]
        many=True, required=False, max_length=50
    )
    address = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=300),
        required=False,
        help_text="street, city, region, postal_code, country (two letters)",
    )
    tags = serializers.ListField(
        child=serializers.CharField(max_length=ContactTag._meta.get_field("name").max_length),
        required=False,
        max_length=100,
    )
    custom_fields = JsonObject(
        help_text=(
            "By key, see GET /custom-fields/; only those named are set, null or an empty text"
            " clears. A key nobody defined becomes a field by itself."
        )
    )
    consent = ConsentInput(required=False)


class LeadInputBase(PersonInput):
    """What is known of the person and of this inquiry."""

    aliases = {"source_id": "external_id"}

    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=[*Source.values, *SOURCE_ALIASES],
        required=False,
        help_text="`web`, `fb_msg` and `csv_import` mean website, facebook and import.",
    )
    source_workflow = _text_of(Lead, "source_workflow")
    notes = Text(max_length=MAX_NOTES)
    attributes = JsonObject()
    platform_ref = JsonObject()
    attribution = AttributionInput(required=False)
    external_id = _text_of(Lead, "external_id", help_text="Your own id; `source_id` is an alias.")


class NewLeadInput(LeadInputBase):
    status = serializers.ChoiceField(
        choices=[status.value for status in FIRST_STATUSES], required=False
    )


class LeadChangesInput(LeadInputBase):
    read_only_messages = {"status": USE_THE_MOVE}

    quality_rating = serializers.ChoiceField(choices=QualityRating.choices, required=False)
    do_not_contact = serializers.DictField(child=serializers.BooleanField(), required=False)


class ContactChangesInput(PersonInput):
    time_zone = _text_of(Contact, "time_zone")
    do_not_contact = serializers.DictField(child=serializers.BooleanField(), required=False)


class EnrichInput(StrictSerializer):
    enrichment_data = JsonObject(required=True)
    status = serializers.ChoiceField(
        choices=["enriched"],
        required=False,
        help_text="Taken for automation tools; a new lead becomes enriched anyway.",
    )


class MoveInput(StrictSerializer):
    at = serializers.DateTimeField(required=False, help_text="When it happened; now when left out.")
    notes = Text(max_length=MAX_NOTES)


class ContactedInput(MoveInput):
    method = serializers.ChoiceField(choices=METHODS, required=False)


class ContactAttemptInput(StrictSerializer):
    method = serializers.ChoiceField(choices=METHODS)
    direction = serializers.ChoiceField(choices=Direction.choices, required=False)
    subject = Text(max_length=500)
    notes = Text(max_length=MAX_NOTES)
    successful = serializers.BooleanField(required=False)
    at = serializers.DateTimeField(required=False)


class LoseInput(MoveInput):
    loss_reason = serializers.CharField(max_length=60, help_text="A code from GET /reasons/.")
    unqualified_reason = Text(
        max_length=60, help_text="Needed when the lead was never qualified; see GET /reasons/."
    )


class AppointmentFields(StrictSerializer):
    scheduled_for = serializers.DateTimeField()
    external_ref = _text_of(Appointment, "external_ref")
    location = _text_of(Appointment, "location")
    matched_via = serializers.ChoiceField(choices=Appointment.MatchedVia.choices, required=False)


class ScheduleInput(StrictSerializer):
    """Either an `appointment`, or the `appointment_id` of one of the lead's own."""

    appointment = AppointmentFields(required=False)
    appointment_id = serializers.UUIDField(required=False)
    notes = Text(max_length=MAX_NOTES)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("appointment" in attrs) == ("appointment_id" in attrs):
            raise serializers.ValidationError(
                {"appointment": "Give either an appointment or an appointment_id."},
                code="required",
            )
        return attrs


class NewAppointmentInput(AppointmentFields):
    status = serializers.ChoiceField(choices=Appointment.Status.choices, required=False)


class AppointmentChangesInput(AppointmentFields):
    scheduled_for = serializers.DateTimeField(required=False)
    status = serializers.ChoiceField(choices=Appointment.Status.choices, required=False)


class TaskFields(StrictSerializer):
    """`reminder_at` may be written `remind_at`, `owner_user_id` `assigned_to_user_id`."""

    aliases = {"remind_at": "reminder_at", "assigned_to_user_id": "owner_user_id"}

    title = serializers.CharField(max_length=LONGEST_TITLE)
    notes = Text(max_length=MAX_NOTES)
    due_at = serializers.DateTimeField(
        required=False, help_text="Left out of a new task: the end of the workspace's today."
    )
    reminder_at = serializers.DateTimeField(required=False, allow_null=True)
    owner_user_id = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="From GET /users/. Left out of a new task: the lead's owner, else the caller.",
    )


class NewTaskInput(TaskFields):
    pass


class TaskChangesInput(TaskFields):
    title = serializers.CharField(max_length=LONGEST_TITLE, required=False)
    done = serializers.BooleanField(required=False, help_text="Completes the task, or reopens it.")


class AssignInput(StrictSerializer):
    """`user_id` may be written `userId`."""

    aliases = {"userId": "user_id"}

    user_id = serializers.UUIDField(
        allow_null=True, help_text="From GET /users/; null unassigns. `userId` is an alias."
    )


class InteractionInput(StrictSerializer):
    type = serializers.ChoiceField(choices=[kind.value for kind in MANUAL_TYPES])
    platform = serializers.ChoiceField(choices=Platform.choices, required=False, allow_blank=True)
    direction = serializers.ChoiceField(choices=Direction.choices, required=False, allow_blank=True)
    at = serializers.DateTimeField(required=False)
    payload = JsonObject(help_text="Anything; `text` or `notes` is shown on the timeline.")
