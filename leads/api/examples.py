"""The bodies the documentation shows; tests hold that they are taken, and complete."""

from typing import Any

from leads.models import ATTRIBUTION_FIELDS

NEW_LEAD = {
    "first_name": "Ann",
    "last_name": "Moss",
    "email": "ann.moss@example.com",
    "phone": "+1 800 555 0100",
    "source": "website",
    "external_id": "form-8841",
    "tags": ["kitchen"],
    "attribution": {
        "gclid": "Cj0KCQiA-example",
        "utm_source": "google",
        "landing_page": "https://example.com/kitchens",
    },
    "custom_fields": {"budget": 12500, "interests": ["kitchen", "worktop"]},
    "consent": {"ad_user_data": True, "ad_personalization": True, "email": True},
}
CHANGES = {
    "job_title": "Head of purchasing",
    "quality_rating": "hot",
    "tags": ["kitchen", "vip"],
    "custom_fields": {"budget": 14000, "interests": None},
}
ENRICHMENT = {"enrichment_data": {"job_title": "Head of purchasing", "employees": 120}}
MOVE = {"at": "2026-03-02T10:15:00Z", "notes": "Budget confirmed."}
CONTACTED = {"method": "call", "notes": "Left a message."}
ATTEMPT = {"method": "email", "direction": "outbound", "subject": "Your kitchen", "notes": "Quote."}
SCHEDULE = {
    "appointment": {
        "scheduled_for": "2026-03-09T14:00:00Z",
        "location": "Showroom 2",
        "external_ref": "booking-501",
    }
}
LOSE = {"loss_reason": "price", "unqualified_reason": "no_budget"}
ASSIGN = {"user_id": "0198f3c2-7d4e-7b10-9a53-3f1d2c6b8e90"}
INTERACTION = {"type": "price_quote", "platform": "website", "payload": {"amount": "12400.00"}}
APPOINTMENT = {"scheduled_for": "2026-03-09T14:00:00Z", "location": "Showroom 2"}
ATTENDED = {"status": "attended"}
NEW_FIELD = {
    "label": "Interests",
    "key": "interests",
    "subject": "contact",
    "kind": "multi_choice",
    "choices": [
        {"value": "kitchen", "label": "Kitchens"},
        {"value": "worktop", "label": "Worktops"},
    ],
}
FIELD_CHANGES = {"label": "Interested in", "position": 2}
CONTACT_CHANGES = {"phone": "+1 800 555 0101", "consent": {"ad_user_data": True}}

ASSIGNED = {
    "id": "0198f3c2-6a10-7c55-8d0e-5b7f1e2a9c44",
    "assigned_to_user_id": "0198f3c2-7d4e-7b10-9a53-3f1d2c6b8e90",
    "assigned_at": "2026-03-02T10:15:00Z",
}
MEMBER = {
    "id": "0198f3c2-7d4e-7b10-9a53-3f1d2c6b8e90",
    "name": "Rita Rep",
    "email": "rita@example.com",
    "role": "rep",
    "on_duty": True,
    "load": 12,
    "cap": 40,
}
DASHBOARD = {
    "my_leads": 12,
    "ready_for_outreach": 3,
    "in_conversation": 4,
    "follow_ups_due": 2,
}
FIELD = {
    "id": "0198f3c2-8e5f-7a21-8b64-4a2e3d7c9f01",
    **NEW_FIELD,
    "position": 0,
    "is_archived": False,
    "created_at": "2026-03-02T09:00:00Z",
    "updated_at": "2026-03-02T09:00:00Z",
}
COMPANY_CHANGES = {"name": "Moss Kitchens Ltd", "website": "https://moss.example"}
COMPANY = {
    "id": "0198f3c2-9a6b-7c32-8d75-5b3f4e8da012",
    **COMPANY_CHANGES,
    "contacts": 3,
    "open_leads": 1,
    "created_at": "2026-03-02T09:00:00Z",
    "updated_at": "2026-03-02T10:15:00Z",
}
REASON = {"kind": "loss", "code": "price", "label": "Price too high"}

_PERSON: dict[str, Any] = {
    "first_name": "Ann",
    "last_name": "Moss",
    "display_name": "",
    "email": "ann.moss@example.com",
    "phone": "+1 800 555 0100",
    "phone_e164": "+18005550100",
    "company": "Moss Kitchens",
    "job_title": "Head of purchasing",
    "linkedin_url": "",
    "social_profiles": [],
    "address": {},
    "consent": {"ad_user_data": True, "ad_personalization": True, "email": True},
    "do_not_contact": {},
    "tags": ["kitchen"],
    "custom_fields": {"budget": 12500, "interests": ["kitchen", "worktop"]},
}
LEAD: dict[str, Any] = {
    "id": "0198f3c2-6a11-7f02-9b1c-0c2d3e4f5a6b",
    "number": 1042,
    "contact_id": "0198f3c2-6a10-7c55-8d0e-5b7f1e2a9c44",
    "status": "qualified",
    **_PERSON,
    "assigned_to_user_id": "0198f3c2-7d4e-7b10-9a53-3f1d2c6b8e90",
    "assigned_to_name": "Rita Rep",
    "assigned_at": "2026-03-02T09:10:00Z",
    "source": "website",
    "source_workflow": "",
    "external_id": "form-8841",
    "source_id": "form-8841",
    "attribution": dict.fromkeys(ATTRIBUTION_FIELDS, "")
    | {"gclid": "Cj0KCQiA-example", "utm_source": "google"},
    "enrichment_data": {"employees": 120},
    "attributes": {},
    "platform_ref": {},
    "notes": "",
    "heat": "WARM",
    "heat_score": 8,
    "score": 8,
    "lead_score": 8,
    "quality_rating": "unrated",
    "first_contacted_at": "2026-03-02T09:30:00Z",
    "contacted_at": "2026-03-02T09:30:00Z",
    "last_contacted_at": "2026-03-02T09:30:00Z",
    "last_contact_method": "call",
    "contact_count": 1,
    "last_response_at": None,
    "response_count": 0,
    "status_changed_at": "2026-03-02T10:15:00Z",
    "enriched_at": None,
    "qualified_at": "2026-03-02T10:15:00Z",
    "scheduled_at": None,
    "completed_at": None,
    "converted_at": None,
    "lost_at": None,
    "loss_reason": "",
    "unqualified_reason": "",
    "last_activity_at": "2026-03-02T10:15:00Z",
    "next_task_at": "2026-03-04T15:00:00Z",
    "first_response_due_at": "2026-03-02T10:00:00Z",
    "auto_close_alarm_at": "2026-04-01T10:15:00Z",
    "conversion_id": None,
    "conversion_metadata": {},
    "created_by": "Website",
    "created_at": "2026-03-02T09:00:00Z",
    "updated_at": "2026-03-02T10:15:00Z",
}
RECEIVED = LEAD | {"deduplicated": False, "notices": []}
VISIT = {
    "id": "0198f3c8-1c2d-7e3f-8a4b-5c6d7e8f9a0b",
    "lead_id": LEAD["id"],
    "scheduled_for": "2026-03-09T14:00:00Z",
    "status": "scheduled",
    "matched_via": "manual",
    "external_ref": "booking-501",
    "location": "Showroom 2",
    "created_at": "2026-03-02T10:20:00Z",
    "updated_at": "2026-03-02T10:20:00Z",
}
HAPPENED = {
    "id": "0198f3c7-0a1b-7c2d-9e3f-4a5b6c7d8e9f",
    "lead_id": LEAD["id"],
    "type": "price_quote",
    "platform": "website",
    "direction": "",
    "at": "2026-03-02T09:05:00Z",
    "by": "Website",
    "user_id": None,
    "via": "api",
    "payload": {"amount": "12400.00"},
    "created_at": "2026-03-02T09:05:00Z",
}
NEW_TASK = {
    "title": "Send the plans",
    "notes": "She wants the oak fronts.",
    "due_at": "2026-03-04T15:00:00Z",
    "reminder_at": "2026-03-04T14:30:00Z",
    "owner_user_id": "0198f3c2-7d4e-7b10-9a53-3f1d2c6b8e90",
}
TASK_CHANGES = {"due_at": "2026-03-05T15:00:00Z", "done": True}
TASK = {
    "id": "0198f3c9-2d3e-7f40-8b5c-6d7e8f9a0b1c",
    "lead_id": LEAD["id"],
    **NEW_TASK,
    "owner_name": "Rita Rep",
    "done": False,
    "done_at": None,
    "done_by": "",
    "closed_with_lead": False,
    "created_by": "Rita Rep",
    "created_at": "2026-03-02T10:20:00Z",
    "updated_at": "2026-03-02T10:20:00Z",
}
LEAD_DETAIL = LEAD | {
    "appointments": [],
    "interactions": [HAPPENED],
    "tasks": [TASK],
    "heat_explanation": {
        "score": 8,
        "heat": "WARM",
        "points_to_next": 8,
        "next_level": "HOT",
        "half_life_days": None,
        "points": [
            {
                "type": "price_quote",
                "count": 1,
                "points": 8,
                "weight": 8,
                "cap": None,
                "is_capped": False,
                "first_at": "2026-03-02T09:05:00Z",
                "last_at": "2026-03-02T09:05:00Z",
            }
        ],
        "trend": {"last_7_days": 8, "previous_7_days": 0, "change": 8},
    },
    "allowed_transitions": ["schedule", "complete", "convert", "lose"],
}
CONTACT = {
    "id": LEAD["contact_id"],
    "number": 1041,
    **_PERSON,
    "time_zone": "",
    "custom_metadata": {},
    "lifetime_value": "12400.00",
    "conversion_count": 1,
    "conversion_status": "converted",
    "converted_at": "2026-03-09T15:30:00Z",
    "converted_by": "shop",
    "sent_from_workspace": "",
    "converted_from_workspace": "kitchens-berlin",
    "created_at": "2026-03-02T09:00:00Z",
    "updated_at": "2026-03-09T15:30:01Z",
}
QUALITY = {
    "quality_rating": {
        "hot": {"count": 12, "average_score": 17.4},
        "warm": {"count": 30, "average_score": 9.1},
        "cold": {"count": 41, "average_score": 2.6},
        "unrated": {"count": 117, "average_score": 5.0},
    },
    "heat": {
        "COLD": {"count": 131, "average_score": 1.9},
        "WARM": {"count": 52, "average_score": 9.3},
        "HOT": {"count": 17, "average_score": 20.5},
    },
}
_LIKES = {"count": 30, "count_before": 24, "change": 25.0}
_QUOTES = {"count": 12, "count_before": 0, "change": None}
ENGAGEMENT = {
    "from": "2026-02-01T00:00:00Z",
    "to": "2026-03-01T00:00:00Z",
    "total": {"count": 42, "count_before": 24, "change": 75.0},
    "by_platform": [{"platform": "facebook", **_LIKES}, {"platform": "website", **_QUOTES}],
    "by_type": [{"type": "social_like", **_LIKES}, {"type": "price_quote", **_QUOTES}],
    "results": [
        {"platform": "facebook", "type": "social_like", **_LIKES},
        {"platform": "website", "type": "price_quote", **_QUOTES},
    ],
}
NEW_VIEW = {
    "name": "Hot in Chicago",
    "is_shared": True,
    "filters": {"heat": ["HOT", "WARM"], "attr.city": "Chicago", "last_contacted_before": "30d"},
    "ordering": "-heat_score",
    "columns": ["status", "heat", "owner", "attr.city"],
}
VIEW_CHANGES = {"name": "Hot in Illinois", "filters": {"heat": ["HOT"], "attr.state": "IL"}}
VIEW = {
    "id": "0198f3d4-5e6f-7a80-9b1c-2d3e4f5a6b7c",
    "name": NEW_VIEW["name"],
    "is_shared": True,
    "is_pinned": False,
    "owner_user_id": None,
    "filters": {
        "attr.city": ["Chicago"],
        "heat": ["HOT", "WARM"],
        "last_contacted_before": ["30d"],
    },
    "ordering": "-heat_score",
    "columns": NEW_VIEW["columns"],
    "query": (
        "attr.city=Chicago&heat=HOT&heat=WARM&last_contacted_before=30d&ordering=-heat_score"
    ),
    "created_by": "Mona Manager",
    "created_at": "2026-03-02T10:20:00Z",
    "updated_at": "2026-03-02T10:20:00Z",
}
