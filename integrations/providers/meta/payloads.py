"""Leadloop's events in the words of Meta's Conversions API, built with Meta's own classes.

Values are normalised and hashed here: the library's own normaliser disagrees with Meta's documents,
and leaves alone what looks like a SHA-256 already.
Sources: https://developers.facebook.com/docs/marketing-api/conversions-api/conversion-leads-integration
https://developers.facebook.com/docs/marketing-api/conversions-api/parameters
"""

from __future__ import annotations

from typing import Any

from facebook_business.adobjects.serverside.action_source import (
    ActionSource,
)
from facebook_business.adobjects.serverside.custom_data import (
    CustomData,
)
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.event_request import (
    EventRequest,
)
from facebook_business.adobjects.serverside.user_data import (
    UserData,
)

from integrations.contracts import ConversionEvent, Events, PermanentError
from integrations.providers import normalising
from integrations.providers.meta import identifiers
from integrations.providers.normalising import sha256_hex

LEAD_EVENT_SOURCE = "Leadloop"
"""How Meta's Events Manager names the CRM the events come from."""


def event_params(events: Events, *, dataset_id: str, test_event_code: str = "") -> dict[str, Any]:
    """The form fields of `POST /<dataset>/events` for up to 1,000 events.

    Returns:
        {"data": [<JSON text of an event>, ...]} and "test_event_code" when there is one.

    Raises:
        PermanentError: the library refuses a value.
    """
    params: dict[str, Any] = {}
    reason = ""
    try:
        params = EventRequest(
            pixel_id=dataset_id,
            events=[_event(event) for event in events],
            test_event_code=test_event_code or None,
        ).get_params()
    except (TypeError, ValueError) as error:
        reason = type(error).__name__  # the text of the library's error quotes the value
    if reason:
        raise PermanentError(f"Meta's library refused a value ({reason}).", code="bad_value")
    return params


def _event(event: ConversionEvent) -> Event:
    return Event(
        event_name=event.action,
        event_time=int(event.occurred_at.timestamp()),
        event_id=event.event_id,
        action_source=ActionSource.SYSTEM_GENERATED,
        user_data=_user_data(event),
        custom_data=CustomData(
            value=None if event.value is None else float(event.value),
            currency=event.currency if event.value is not None else None,
            custom_properties={"event_source": "crm", "lead_event_source": LEAD_EVENT_SOURCE},
        ),
    )


def _user_data(event: ConversionEvent) -> UserData:
    """Personal data hashed; click identifiers as they are. Empty values are left out."""
    person, click = event.person, event.click
    hashed = {
        "email": normalising.meta_email(person.email),
        "phone": normalising.meta_phone(person.phone_e164, country=person.country),
        "first_name": normalising.meta_name(person.first_name),
        "last_name": normalising.meta_name(person.last_name),
        "city": normalising.meta_city(person.city),
        "state": normalising.meta_city(person.region),
        "zip_code": normalising.meta_postal_code(person.postal_code, country=person.country),
        "country_code": normalising.meta_country(person.country),
        "external_id": event.contact_ref,
    }
    clear = {
        "lead_id": identifiers.lead_id(click),
        "fbc": identifiers.fbc(click),
        "fbp": identifiers.fbp(click),
    }
    given = {name: sha256_hex(value) for name, value in hashed.items() if value}
    return UserData(**given, **{name: value for name, value in clear.items() if value})
