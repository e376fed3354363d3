"""What Meta could recognise a person or a click by, checked before anything is sent.

Source: https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/fbp-and-fbc
"""

from __future__ import annotations

import re

from integrations.contracts import Click, ConversionEvent
from integrations.providers import normalising

_LEAD_ID = re.compile(r"\d{15,16}")
_BROWSER_ID = re.compile(r"fb\.\d\.\d+\.[^.\s]+(\.[^.\s]+)?")  # 4 segments, newer ones 5
_SUBDOMAIN_INDEX = 1  # "example.com"; what the pixel writes for a cookie of the registered domain


def lead_id(click: Click) -> str:
    """The id of a lead-form answer, 15 or 16 digits, never hashed; "" for anything else."""
    return click.meta_lead_id if _LEAD_ID.fullmatch(click.meta_lead_id) else ""


def fbc(click: Click) -> str:
    """The click cookie, or the one the pixel would have written for the click id.

    It is "fb.<subdomain index>.<milliseconds>.<fbclid>"; a click without a moment has none.
    """
    if _BROWSER_ID.fullmatch(click.fbc):
        return click.fbc
    if click.fbclid and click.clicked_at is not None:
        milliseconds = int(click.clicked_at.timestamp() * 1000)
        return f"fb.{_SUBDOMAIN_INDEX}.{milliseconds}.{click.fbclid}"
    return ""


def fbp(click: Click) -> str:
    """The browser cookie, when it has the right form."""
    return click.fbp if _BROWSER_ID.fullmatch(click.fbp) else ""


def has_identifier(event: ConversionEvent) -> bool:
    """Whether Meta could match the event. Names and our own contact id alone match nobody."""
    return bool(
        lead_id(event.click)
        or fbc(event.click)
        or fbp(event.click)
        or normalising.meta_email(event.person.email)
        or normalising.meta_phone(event.person.phone_e164, country=event.person.country)
    )
