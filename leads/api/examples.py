"""The bodies the documentation shows; a test holds that each is accepted."""

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
    "consent": {"ad_user_data": True, "ad_personalization": True, "email": True},
}
CHANGES = {"job_title": "Head of purchasing", "quality_rating": "hot", "tags": ["kitchen", "vip"]}
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
}
REASON = {"kind": "loss", "code": "price", "label": "Price too high"}
