"""Lists, campaigns, calls, imports and exports in the admin."""

from . import calls, campaigns, files, lists

__all__ = ["calls", "campaigns", "files", "lists"]
