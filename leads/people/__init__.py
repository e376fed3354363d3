"""Contacts and companies, and what makes two of them the same."""
