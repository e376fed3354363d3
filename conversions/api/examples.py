"""The bodies the documentation shows; a test holds that each is accepted."""

CONVERSION = {
    "contact_id": 1041,
    "converted_by": "shop",
    "conversion_type": "sale",
    "conversion_value": "12400.00",
    "currency": "USD",
    "external_ref": "order-7731",
}
BATCH = {"conversions": [CONVERSION, CONVERSION | {"external_ref": "order-7732"}]}
LOGGED = {
    "id": "0198f3d0-1111-7a22-8b33-4c445d556e66",
    "contact_id": "0198f3c2-6a10-7c55-8d0e-5b7f1e2a9c44",
    "lead_id": "0198f3c2-6a11-7f02-9b1c-0c2d3e4f5a6b",
    "workspace_id": "kitchens-berlin",
    "conversion_type": "sale",
    "conversion_value": "12400.00",
    "currency": "USD",
    "converted_by": "shop",
    "converted_at": "2026-03-09T15:30:00Z",
    "external_ref": "order-7731",
    "conversion_source": "call",
    "custom_data": {},
    "created_at": "2026-03-09T15:30:01Z",
    "deduplicated": False,
}
BATCH_ANSWER = {
    "results": [
        {"index": 0, "status": 201, "conversion": LOGGED},
        {
            "index": 1,
            "status": 404,
            "problem": {
                "type": "about:blank",
                "title": "Not found",
                "status": 404,
                "detail": "There is no contact with that id here.",
                "code": "not_found",
            },
        },
    ],
    "created": 1,
    "deduplicated": 0,
    "failed": 1,
}
CONTACT_CONVERSION = {"conversion_status": "converted", "converted_by": "Rita Rep"}
RULE = {
    "trigger": "completed",
    "connection": "0198f3c5-2b1d-7e77-8a90-1f2e3d4c5b6a",
    "external_action": "987654321",
    "value": {"strategy": "fixed", "amount": "150.00", "currency": "USD"},
}
RULE_CHANGES = {"value": {"strategy": "none"}, "is_active": False}
UPLOAD = {
    "id": "0198f3d1-9c10-7b21-8f3e-7a6b5c4d3e2f",
    "lead_id": "0198f3c2-6a11-7f02-9b1c-0c2d3e4f5a6b",
    "contact_id": "0198f3c2-6a10-7c55-8d0e-5b7f1e2a9c44",
    "conversion_id": None,
    "connection": "0198f3c5-2b1d-7e77-8a90-1f2e3d4c5b6a",
    "provider": "google_data_manager",
    "event": "completed",
    "external_action": "987654321",
    "status": "accepted",
    "attempts": 1,
    "next_attempt_at": None,
    "event_id": "ll-0198f3d1-9c10-7b21-8f3e-7a6b5c4d3e2f",
    "error": None,
    "value": "150.00",
    "currency": "USD",
    "occurred_at": "2026-03-09T15:00:00Z",
    "accepted_at": "2026-03-09T15:00:04Z",
    "platform_ref": "req-41",
    "created_at": "2026-03-09T15:00:01Z",
}
STORED = {name: value for name, value in LOGGED.items() if name != "deduplicated"}
RULE_MADE = {
    "id": "0198f3c6-3d4e-7f50-8162-738495a6b7c8",
    **RULE,
    "value": {"strategy": "fixed", "amount": "150.00", "share": None, "currency": "USD"},
    "is_active": True,
    "created_at": "2026-01-05T09:05:00Z",
    "updated_at": "2026-01-05T09:05:00Z",
}
UPLOAD_DETAIL = UPLOAD | {
    "attempt_log": [
        {
            "number": 1,
            "started_at": "2026-03-09T15:00:03Z",
            "finished_at": "2026-03-09T15:00:04Z",
            "outcome": "accepted",
            "code": "",
            "explanation": "",
        }
    ]
}
