"""Requests and answers for the documentation of calling."""

from leads.api import examples

_ID = "0199f3a2-5c10-7a4e-9d3f-2b8c6e1f0a11"
_LEASE = "5b0f2c9e-6a34-4f0b-8f3e-1d2c3b4a5968"

CAMPAIGN_LEAD = {
    "id": _ID,
    "campaign_id": "0199f3a2-5c10-7a4e-9d3f-2b8c6e1f0a12",
    "lead_id": "0199f3a2-5c10-7a4e-9d3f-2b8c6e1f0a13",
    "lead_list_id": "0199f3a2-5c10-7a4e-9d3f-2b8c6e1f0a14",
    "status": "calling",
    "outcome": "",
    "attempts": 0,
    "last_attempt_at": None,
    "next_attempt_at": None,
    "callback_at": None,
    "contacted_at": None,
    "succeeded_at": None,
    "pledged_amount": "0.00",
    "donated_amount": "0.00",
    "total_talk_time": 0,
    "last_call_duration": 0,
    "leased_by_user_id": "0199f3a2-5c10-7a4e-9d3f-2b8c6e1f0a15",
    "lease_expires_at": "2026-11-21T14:20:00Z",
    "notes": "",
    "created_at": "2026-11-20T09:00:00Z",
    "updated_at": "2026-11-21T14:05:00Z",
}
LEASED = {
    **CAMPAIGN_LEAD,
    "lease_token": _LEASE,
    "script": "Hello, this is … from …. Thank you for your gift last year.",
    "lead": examples.LEAD,
}
ATTEMPT = {
    "outcome": "callback",
    "duration": 95,
    "notes": "In a meeting; asked for tomorrow after lunch.",
    "callback_at": "2026-11-22T13:30:00Z",
    "lease_token": _LEASE,
}
AFTER = {
    **CAMPAIGN_LEAD,
    "status": "queued",
    "outcome": "callback",
    "attempts": 1,
    "last_attempt_at": "2026-11-21T14:07:00Z",
    "next_attempt_at": "2026-11-22T13:30:00Z",
    "callback_at": "2026-11-22T13:30:00Z",
    "contacted_at": "2026-11-21T14:07:00Z",
    "total_talk_time": 95,
    "last_call_duration": 95,
    "leased_by_user_id": None,
    "lease_expires_at": None,
}
CALL = {
    "id": "0199f3a2-5c10-7a4e-9d3f-2b8c6e1f0a16",
    "campaign_id": CAMPAIGN_LEAD["campaign_id"],
    "campaign_lead_id": _ID,
    "at": "2026-11-21T14:07:00Z",
    "by": "Ann Example",
    "user_id": CAMPAIGN_LEAD["leased_by_user_id"],
    "outcome": "callback",
    "duration": 95,
    "notes": ATTEMPT["notes"],
    "callback_at": ATTEMPT["callback_at"],
    "pledged_amount": "0.00",
    "donated_amount": "0.00",
    "interaction_id": "0199f3a2-5c10-7a4e-9d3f-2b8c6e1f0a17",
    "created_at": "2026-11-21T14:07:00Z",
}
RECORDED = {**CALL, "campaign_lead": AFTER}
OUTCOME = {
    "code": "sent_brochure",
    "label": "Wants the brochure",
    "status": "queued",
    "delay_minutes": 4320,
    "is_reached": True,
}
OUTCOME_CHANGES = {"delay_minutes": 2880}
OUTCOME_MADE = {
    "id": "0199f3a2-5c10-7a4e-9d3f-2b8c6e1f0a18",
    **OUTCOME,
    "is_successful": False,
    "position": 100,
    "is_active": True,
    "created_at": "2026-11-21T14:07:00Z",
    "updated_at": "2026-11-21T14:07:00Z",
}
