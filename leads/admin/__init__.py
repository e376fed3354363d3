"""Leads, their contacts and their history in the admin."""

from . import contacts, history, leads, reasons

__all__ = ["contacts", "history", "leads", "reasons"]
