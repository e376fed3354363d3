"""Counting contact attempts and replies on a lead (seed 001)."""

from datetime import datetime

from django.utils.translation import gettext as _

from leads.errors import LeadError
from leads.models import InteractionType, Lead, Platform

METHODS = ("email", "linkedin", "call", "sms", "other")

_BY_METHOD = {
    "email": (InteractionType.EMAIL, Platform.EMAIL),
    "linkedin": (InteractionType.LINKEDIN_MSG, Platform.LINKEDIN),
    "sms": (InteractionType.SMS, Platform.SMS),
    "other": (InteractionType.CONTACT_OTHER, Platform.OTHER),
}

# Which recorded touchpoints are a contact: type → (method, direction when none is given).
# Messages say in which direction they went; without that they are only recorded.
CONTACT_TYPES: dict[str, tuple[str, str]] = {
    InteractionType.CALL_OUTBOUND: ("call", "outbound"),
    InteractionType.CALL_INBOUND: ("call", "inbound"),
    InteractionType.EMAIL: ("email", ""),
    InteractionType.SMS: ("sms", ""),
    InteractionType.LINKEDIN_MSG: ("linkedin", ""),
    InteractionType.FB_MSG: ("other", ""),
    InteractionType.IG_MSG: ("other", ""),
}


def check_method(method: str) -> None:
    """Raise unless `method` is one of `METHODS`."""
    if method not in METHODS:
        message = _("Use one of: %(methods)s.") % {"methods": ", ".join(METHODS)}
        raise LeadError(message, errors=[("method", "invalid_choice", message)])


def interaction_for(method: str, direction: str) -> tuple[str, str]:
    """The timeline's type and platform of a logged contact."""
    if method == "call":
        inbound = direction == "inbound"
        kind = InteractionType.CALL_INBOUND if inbound else InteractionType.CALL_OUTBOUND
        return kind, Platform.PHONE
    return _BY_METHOD[method]


def count_attempt(lead: Lead, *, method: str, at: datetime) -> None:
    """One more attempt to reach the person."""
    lead.contact_count += 1
    lead.first_contacted_at = min(filter(None, [lead.first_contacted_at, at]))
    if lead.last_contacted_at is None or at >= lead.last_contacted_at:
        lead.last_contacted_at = at
        lead.last_contact_method = method


def count_response(lead: Lead, at: datetime) -> None:
    """The person answered, or wrote or called by themselves."""
    lead.response_count += 1
    lead.last_response_at = max(filter(None, [lead.last_response_at, at]))
