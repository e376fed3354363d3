"""How campaigns and their lists read outside."""

from typing import Any

from campaigns import call_rendering
from campaigns.enrolling import Preview
from campaigns.models import Campaign, CampaignLead, CampaignLeadList
from campaigns.stats import OutcomeShare, QualityShare, rate

COUNTERS = (
    "total_leads",
    "waiting_leads",
    "contacted_leads",
    "successful_leads",
    "attempts",
    "talk_time",
    "pledged_amount",
    "donated_amount",
)


def figures(row: Any) -> dict[str, Any]:
    """The counters of an attached list, or of a campaign `with_totals`."""
    return {name: getattr(row, name) for name in COUNTERS} | {
        "conversion_rate": rate(row.successful_leads, row.contacted_leads)
    }


def campaign(row: Campaign) -> dict[str, Any]:
    """One campaign, which has to be read `with_totals`."""
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "status": row.status,
        "allowed_statuses": list(row.allowed),
        "script": row.script,
        "calling_hours": row.calling_hours,
        "retry": {"max_attempts": row.max_attempts, "delays": row.retry_delays},
        "lease_minutes": row.lease_minutes,
        "currency": row.currency,
        **figures(row),
        "started_at": row.started_at,
        "completed_at": row.completed_at,
        "created_by": row.created_by,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def attached_list(row: CampaignLeadList) -> dict[str, Any]:
    """A list in a campaign; its `lead_list` has to be loaded."""
    return {
        "list_id": row.lead_list_id,
        "name": row.lead_list.name,
        "list_type": row.lead_list.list_type,
        "priority": row.priority,
        "max_attempts_override": row.max_attempts_override,
        "filter_criteria": row.filter_criteria,
        "is_active": row.is_active,
        **figures(row),
        "assigned_at": row.assigned_at,
        "completed_at": row.completed_at,
        "updated_at": row.updated_at,
    }


def member(row: CampaignLead) -> dict[str, Any]:
    """A lead in a campaign; its `source`, and its lead's contact, have to be loaded."""
    person = row.lead.contact
    return {
        **call_rendering.campaign_lead(row),
        "lead_number": row.lead.number,
        "name": person.name,
        "email": person.email,
        "phone": person.phone,
        "heat_score": row.lead.heat_score,
    }


def preview(seen: Preview) -> dict[str, Any]:
    return {
        "total": seen.total,
        "new": seen.new,
        "already_in": seen.already_in,
        "excluded": seen.excluded,
        "do_not_contact": seen.do_not_contact,
        "lost": seen.lost,
        "without_phone": seen.without_phone,
    }


def outcome(share: OutcomeShare) -> dict[str, Any]:
    return {
        "outcome": share.code,
        "label": share.label,
        "leads": share.leads,
        "share": share.share,
    }


def quality(share: QualityShare) -> dict[str, Any]:
    return {
        "quality_rating": share.quality_rating,
        "count": share.leads,
        "average_score": share.average_score,
        "contacted_leads": share.contacted_leads,
        "successful_leads": share.successful_leads,
        "conversion_rate": share.conversion_rate,
    }
