"""Requests and answers for the documentation of campaigns."""

from typing import Any

from campaigns.api.call_examples import CAMPAIGN_LEAD

_CAMPAIGN = CAMPAIGN_LEAD["campaign_id"]
_LIST = CAMPAIGN_LEAD["lead_list_id"]

NEW_CAMPAIGN = {
    "name": "Year end 2026",
    "description": "Everybody who gave in the last two years.",
    "script": "Hello, this is … from …. Thank you for your gift last year.",
    "calling_hours": {"start": "09:00", "end": "20:00", "days": [0, 1, 2, 3, 4]},
    "retry": {"max_attempts": 4, "delays": {"no_answer": 180}},
}
CAMPAIGN_CHANGES = {"status": "active", "script": "Hello, this is … from …."}
FIGURES: dict[str, Any] = {
    "total_leads": 1200,
    "waiting_leads": 830,
    "contacted_leads": 240,
    "successful_leads": 60,
    "conversion_rate": "25.00",
    "attempts": 610,
    "talk_time": 48200,
    "pledged_amount": "5400.00",
    "donated_amount": "1250.00",
}
CAMPAIGN = {
    "id": _CAMPAIGN,
    **NEW_CAMPAIGN,
    "status": "active",
    "allowed_statuses": ["paused", "completed"],
    "lease_minutes": 15,
    "currency": "USD",
    **FIGURES,
    "started_at": "2026-11-20T09:30:00Z",
    "completed_at": None,
    "created_by": "Mona Manager",
    "created_at": "2026-11-20T09:00:00Z",
    "updated_at": "2026-11-20T09:30:00Z",
}
ATTACH = {
    "list_id": _LIST,
    "priority": 1,
    "max_attempts_override": 6,
    "filter_criteria": {"quality_rating": ["hot", "warm"]},
}
ATTACHED_CHANGES = {"priority": 2, "is_active": False}
ENROLLED = {"added": 212, "already_in": 34, "excluded": 5}
PREVIEW_REQUEST = {"list_id": _LIST, "filter_criteria": {"quality_rating": ["hot", "warm"]}}
PREVIEW = {
    "total": 251,
    "new": 212,
    "already_in": 34,
    "excluded": 5,
    "do_not_contact": 4,
    "lost": 1,
    "without_phone": 7,
}
ATTACHED_LIST = {
    "list_id": _LIST,
    "name": "Major donors",
    "list_type": "static",
    "priority": 1,
    "max_attempts_override": 6,
    "filter_criteria": {"quality_rating": ["hot", "warm"]},
    "is_active": True,
    **FIGURES,
    "assigned_at": "2026-11-20T09:10:00Z",
    "completed_at": None,
    "updated_at": "2026-11-20T09:10:00Z",
}
MEMBER = {
    **CAMPAIGN_LEAD,
    "lead_number": 1042,
    "name": "Ann Moss",
    "email": "ann.moss@example.com",
    "phone": "+1 800 555 0100",
    "heat_score": 8,
}
STATS = {
    "campaign_id": _CAMPAIGN,
    "currency": "USD",
    "totals": FIGURES,
    "statuses": {
        "new": 0,
        "queued": 828,
        "calling": 2,
        "contacted": 170,
        "converted": 60,
        "failed": 140,
    },
    "lists": [ATTACHED_LIST],
    "outcomes": [
        {"outcome": "", "label": "", "leads": 800, "share": "66.67"},
        {"outcome": "no_answer", "label": "No answer", "leads": 400, "share": "33.33"},
    ],
    "quality": [
        {
            "quality_rating": "hot",
            "count": 300,
            "average_score": "21.40",
            "contacted_leads": 90,
            "successful_leads": 41,
            "conversion_rate": "45.56",
        }
    ],
}
