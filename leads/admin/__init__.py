"""Leads, their contacts and their history in the admin."""

from . import contacts, history, lead_forms, leads, reasons

__all__ = ["contacts", "history", "lead_forms", "leads", "reasons"]
