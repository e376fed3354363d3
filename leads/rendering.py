"""The public form of leads and what hangs on them: the API's answers and the outbox's payloads."""

from typing import Any

from accounts.models import Membership
from leads.models import ATTRIBUTION_FIELDS, Appointment, Contact, Interaction, Lead, Reason

PAYLOAD_VERSION = 1


def contact_fields(contact: Contact) -> dict[str, Any]:
    """What a lead and a contact both show of a person."""
    return {
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "display_name": contact.display_name,
        "email": contact.email,
        "phone": contact.phone,
        "phone_e164": contact.phone_e164,
        "company": contact.company.name if contact.company else "",
        "job_title": contact.job_title,
        "linkedin_url": contact.linkedin_url,
        "social_profiles": contact.social_profiles,
        "address": contact.address,
        "consent": contact.consent,
        "do_not_contact": contact.do_not_contact,
        "tags": [tag.name for tag in contact.tags.all()],
        "custom_fields": contact.custom_fields,
    }


def lead(row: Lead) -> dict[str, Any]:
    """A lead, flat: its own fields and its contact's. Times are aware datetimes."""
    return {
        "id": row.id,
        "number": row.number,
        "contact_id": row.contact_id,
        "status": row.status,
        **contact_fields(row.contact),
        "assigned_to_user_id": row.assigned_to_id,
        "assigned_to_name": row.assigned_to.get_full_name() if row.assigned_to else "",
        "assigned_at": row.assigned_at,
        "source": row.source,
        "source_workflow": row.source_workflow,
        "external_id": row.external_id,
        "source_id": row.external_id,
        "attribution": {name: getattr(row, name) for name in ATTRIBUTION_FIELDS},
        "enrichment_data": row.enrichment_data,
        "attributes": row.attributes,
        "platform_ref": row.platform_ref,
        "notes": row.notes,
        "heat": row.heat,
        "heat_score": row.heat_score,
        "score": row.heat_score,
        "lead_score": row.heat_score,
        "quality_rating": row.quality_rating,
        "first_contacted_at": row.first_contacted_at,
        "contacted_at": row.first_contacted_at,
        "last_contacted_at": row.last_contacted_at,
        "last_contact_method": row.last_contact_method,
        "contact_count": row.contact_count,
        "last_response_at": row.last_response_at,
        "response_count": row.response_count,
        "status_changed_at": row.status_changed_at,
        "enriched_at": row.enriched_at,
        "qualified_at": row.qualified_at,
        "scheduled_at": row.scheduled_at,
        "completed_at": row.completed_at,
        "converted_at": row.converted_at,
        "lost_at": row.lost_at,
        "loss_reason": row.loss_reason,
        "unqualified_reason": row.unqualified_reason,
        "last_activity_at": row.last_activity_at,
        "auto_close_alarm_at": row.auto_close_alarm_at,
        "conversion_id": row.conversion_id,
        "conversion_metadata": row.conversion_metadata,
        "created_by": row.created_by,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def contact(row: Contact) -> dict[str, Any]:
    """A contact with its totals."""
    return {
        "id": row.id,
        "number": row.number,
        **contact_fields(row),
        "time_zone": row.time_zone,
        "custom_metadata": row.custom_metadata,
        "lifetime_value": row.lifetime_value,
        "conversion_count": row.conversion_count,
        "conversion_status": row.conversion_status,
        "converted_at": row.converted_at,
        "converted_by": row.converted_by,
        "sent_from_workspace": row.sent_from_workspace,
        "converted_from_workspace": row.converted_from_workspace,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def interaction(row: Interaction) -> dict[str, Any]:
    return {
        "id": row.id,
        "lead_id": row.lead_id,
        "type": row.type,
        "platform": row.platform,
        "direction": row.direction,
        "at": row.at,
        "by": row.actor_label,
        "user_id": row.actor_user_id,
        "via": row.via,
        "payload": row.payload,
        "created_at": row.created_at,
    }


def appointment(row: Appointment) -> dict[str, Any]:
    return {
        "id": row.id,
        "lead_id": row.lead_id,
        "scheduled_for": row.scheduled_for,
        "status": row.status,
        "matched_via": row.matched_via,
        "external_ref": row.external_ref,
        "location": row.location,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def assignment(row: Lead) -> dict[str, Any]:
    """Who a lead belongs to, and since when."""
    return {
        "id": row.id,
        "assigned_to_user_id": row.assigned_to_id,
        "assigned_at": row.assigned_at,
    }


def member(row: Membership, *, load: int) -> dict[str, Any]:
    """Somebody who may be given leads; `load` is how many open ones they have."""
    return {
        "id": row.user_id,
        "name": row.user.get_full_name(),
        "email": row.user.email,
        "role": row.role,
        "on_duty": row.on_duty,
        "load": load,
    }


def reason(row: Reason) -> dict[str, Any]:
    return {"kind": row.kind, "code": row.code, "label": row.label}
