"""Bodies for the documentation of metrics and ad spend; a test sends and compares them."""

SPEND = {
    "day": "2026-03-09",
    "platform": "google_ads",
    "campaign": "Solar spring",
    "source": "website",
    "amount": "184.20",
    "currency": "USD",
}
SPEND_MADE = {
    "id": "0198f3c7-4e5f-7061-9273-8495a6b7c8d9",
    **SPEND,
    "created_at": "2026-03-10T05:00:00Z",
    "updated_at": "2026-03-10T05:00:00Z",
}
RECORDED = {"created": 1, "replaced": 0, "results": [SPEND_MADE]}

_FUNNEL = {
    "new": 40,
    "enriched": 36,
    "contacted": 34,
    "conversing": 25,
    "qualified": 20,
    "scheduled": 14,
    "completed": 9,
    "converted": 6,
}
_RATES = {
    "contacted": 85.0,
    "qualified": 50.0,
    "scheduled": 35.0,
    "completed": 22.5,
    "converted": 15.0,
}
_CONTACT = {"average": 5400.0, "median": 1260.0, "p90": 14400.0, "n": 32}
_GROUP = {
    "leads": 40,
    "funnel": _FUNNEL,
    "lost": 12,
    "rates": _RATES,
    "time_to_contact": _CONTACT,
}
_PRICE = {"ad_spend": "1800.00", "cpl": "45.00", "cac": "300.00"}
METRICS = {
    "leads": 40,
    "counts": {
        "new": 4,
        "enriched": 2,
        "contacted": 6,
        "conversing": 4,
        "qualified": 3,
        "scheduled": 2,
        "completed": 1,
        "converted": 6,
        "lost": 12,
    },
    "funnel": _FUNNEL,
    "rates": _RATES,
    "time_to_contact": _CONTACT,
    "time_to_qualify": {"average": 172800.0, "median": 90000.0, "p90": 518400.0, "n": 20},
    "time_to_schedule": {"average": 259200.0, "median": 180000.0, "p90": 604800.0, "n": 14},
    "loss_reasons": {"no_contact": 7, "price": 5},
    "unqualified_reasons": {"no_contact": 7},
    "by_source": [{"source": "website", **_GROUP, **_PRICE}],
    "by_owner": [
        {"assigned_to": "0198f3c0-1111-7222-8333-444455556666", "name": "Maya Chen", **_GROUP}
    ],
    **_PRICE,
    "currency": "USD",
    "other_currencies": [],
    "as_of": "2026-03-31T17:04:00Z",
    "exact": True,
}
