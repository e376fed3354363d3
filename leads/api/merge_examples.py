"""The bodies about merging that the documentation shows."""

from typing import Any

NEW_MERGE: dict[str, Any] = {
    "keep": "0198f3c2-6a10-7c55-8d0e-5b7f1e2a9c01",
    "merge": 1057,
    "fields": {"phone": "merge", "custom_fields.budget": "merge"},
}
MERGE: dict[str, Any] = {
    "id": "0198f3c2-9f00-7a31-8c2d-1e5f7a9b3c01",
    "contact_id": "0198f3c2-6a10-7c55-8d0e-5b7f1e2a9c01",
    "contact_number": 1042,
    "lost_contact_id": "0198f3c2-6a10-7c55-8d0e-5b7f1e2a9c02",
    "lost_contact_number": 1057,
    "lead_id": "0198f3c2-6a10-7c55-8d0e-5b7f1e2a9c44",
    "lost_lead_id": "0198f3c2-6a10-7c55-8d0e-5b7f1e2a9c45",
    "choices": {"first_name": "keep", "phone": "merge", "custom_fields.budget": "merge"},
    "moved": {"leads.lead": 2, "leads.interaction": 14},
    "merged_by": "Maria Manager",
    "created_at": "2026-03-02T10:15:00Z",
    "undone_at": None,
    "undone_by": "",
}
UNDONE = MERGE | {"undone_at": "2026-03-02T10:20:00Z", "undone_by": "Maria Manager"}
DUPLICATE: dict[str, Any] = {
    "id": "0198f3c2-9f00-7a31-8c2d-1e5f7a9b3c02",
    "reasons": ["phone"],
    "contacts": [
        {
            "id": "0198f3c2-6a10-7c55-8d0e-5b7f1e2a9c01",
            "number": 1042,
            "name": "Ann Moss",
            "email": "ann.moss@example.com",
            "phone": "+1 800 555 0100",
            "company": "Moss Ltd",
        },
        {
            "id": "0198f3c2-6a10-7c55-8d0e-5b7f1e2a9c02",
            "number": 1057,
            "name": "Anne Moss",
            "email": "",
            "phone": "800 555 0100",
            "company": "",
        },
    ],
    "created_at": "2026-03-02T09:00:00Z",
    "dismissed_at": None,
    "dismissed_by": "",
}
DISMISSED = DUPLICATE | {
    "dismissed_at": "2026-03-02T10:15:00Z",
    "dismissed_by": "Maria Manager",
}
