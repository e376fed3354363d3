"""Leads, their contacts and their history in the admin."""

from . import (
    assignment,
    contacts,
    custom_fields,
    heat,
    history,
    lead_forms,
    leads,
    reasons,
    tasks,
)

__all__ = [
    "assignment",
    "contacts",
    "custom_fields",
    "heat",
    "history",
    "lead_forms",
    "leads",
    "reasons",
    "tasks",
]
