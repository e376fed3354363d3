"""Leads, their contacts and their history in the admin."""

from . import (
    assignment,
    companies,
    contacts,
    custom_fields,
    heat,
    history,
    jobs,
    lead_forms,
    leads,
    merges,
    messages,
    reasons,
    saved_views,
    tasks,
)

__all__ = [
    "assignment",
    "companies",
    "contacts",
    "custom_fields",
    "heat",
    "history",
    "jobs",
    "lead_forms",
    "leads",
    "merges",
    "messages",
    "reasons",
    "saved_views",
    "tasks",
]
