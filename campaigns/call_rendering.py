"""How campaign leads and the calls made of them read outside."""

from typing import Any

from campaigns.models import CallAttempt, CallOutcome, CampaignLead
from leads import rendering
from leads.models import Lead


def campaign_lead(row: CampaignLead) -> dict[str, Any]:
    """One lead in one campaign; its `source` has to be loaded."""
    is_calling = row.status == CampaignLead.Status.CALLING
    return {
        "id": row.id,
        "campaign_id": row.campaign_id,
        "lead_id": row.lead_id,
        "lead_list_id": row.source.lead_list_id,
        "status": row.status,
        "outcome": row.outcome,
        "attempts": row.attempts,
        "last_attempt_at": row.last_attempt_at,
        "next_attempt_at": None if is_calling else row.due_at,
        "callback_at": row.callback_at,
        "contacted_at": row.contacted_at,
        "succeeded_at": row.succeeded_at,
        "pledged_amount": row.pledged_amount,
        "donated_amount": row.donated_amount,
        "total_talk_time": row.total_talk_time,
        "last_call_duration": row.last_call_duration,
        "leased_by_user_id": row.leased_by_id if is_calling else None,
        "lease_expires_at": row.due_at if is_calling else None,
        "notes": row.notes,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def leased(row: CampaignLead, *, script: str) -> dict[str, Any]:
    """A campaign lead as its caller gets it: with the lead, and what to say."""
    lead = Lead.objects.for_list().get(pk=row.lead_id)
    return {
        **campaign_lead(row),
        "lease_token": row.lease_token,
        "script": script,
        "lead": rendering.lead(lead),
    }


def attempt(row: CallAttempt) -> dict[str, Any]:
    return {
        "id": row.id,
        "campaign_id": row.campaign_id,
        "campaign_lead_id": row.campaign_lead_id,
        "at": row.at,
        "by": row.created_by,
        "user_id": row.user_id,
        "outcome": row.outcome,
        "duration": row.duration,
        "notes": row.notes,
        "callback_at": row.callback_at,
        "pledged_amount": row.pledged_amount,
        "donated_amount": row.donated_amount,
        "interaction_id": row.interaction_id,
        "created_at": row.created_at,
    }


def outcome(row: CallOutcome) -> dict[str, Any]:
    return {
        "id": row.id,
        "code": row.code,
        "label": row.label,
        "status": row.status,
        "delay_minutes": row.delay_minutes,
        "is_reached": row.is_reached,
        "is_successful": row.is_successful,
        "position": row.position,
        "is_active": row.is_active,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
