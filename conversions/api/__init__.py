"""Conversions, rules and uploads over REST."""
