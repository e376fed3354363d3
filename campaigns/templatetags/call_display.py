"""Calls in words."""

from django import template

register = template.Library()


@register.filter
def talk_time(seconds: int) -> str:
    """1:05:09 for hours, 5:09 below."""
    minutes, rest = divmod(int(seconds or 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
