"""Leads, their contacts and their history in the admin."""

from . import contacts, custom_fields, history, lead_forms, leads, reasons

__all__ = ["contacts", "custom_fields", "history", "lead_forms", "leads", "reasons"]
