"""Leads, their timeline and their people over REST."""
