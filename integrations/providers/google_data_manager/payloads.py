"""Leadloop's events in the words of the Data Manager API, as the JSON form of its messages.

Source: https://developers.google.com/data-manager/api/reference/rest/v1/events/ingest
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from integrations.contracts import Consent, ConversionEvent, Events, Person
from integrations.providers import normalising
from integrations.providers.google_identifiers import (
    click_identifier,
    hashed_email,
    hashed_phone,
)
from integrations.providers.normalising import sha256_hex

_EVENT_SOURCES = {
    "website": "WEB",
    "web": "WEB",
    "phone": "PHONE",
    "sms": "MESSAGE",
    "fb_msg": "MESSAGE",
}
_OTHER_SOURCE = "OTHER"


def ingest_request(
    events: Events, *, customer_id: str, login_customer_id: str = "", validate_only: bool = False
) -> dict[str, Any]:
    """The body of `events:ingest` for up to 2,000 events with up to 10 distinct actions.

    Each action (a conversion action id) becomes a destination; every event names its own, because
    one that names none goes to all of them.

    Args:
        customer_id: the Google Ads account, with or without dashes.
        login_customer_id: the manager account the credentials belong to, if not the same.
    """
    actions = list(dict.fromkeys(event.action for event in events))
    references = {action: f"action-{index}" for index, action in enumerate(actions)}
    accounts = {"operatingAccount": _account(customer_id)}
    if login_customer_id:
        accounts["loginAccount"] = _account(login_customer_id)
    request: dict[str, Any] = {
        "destinations": [
            {"reference": references[action], **accounts, "productDestinationId": action}
            for action in actions
        ],
        "events": [_event(event, references[event.action]) for event in events],
        "encoding": "HEX",
    }
    if validate_only:
        request["validateOnly"] = True
    return request


def has_identifier(event: ConversionEvent) -> bool:
    """Whether the event carries a click id or a user identifier Google could match."""
    return bool(click_identifier(event.click) or _user_identifiers(event.person))


def _account(customer_id: str) -> dict[str, str]:
    return {"accountType": "GOOGLE_ADS", "accountId": customer_id.replace("-", "")}


def _event(event: ConversionEvent, reference: str) -> dict[str, Any]:
    message: dict[str, Any] = {
        "destinationReferences": [reference],
        "transactionId": event.event_id,
        "eventTimestamp": _timestamp(event.occurred_at),
        "eventSource": _EVENT_SOURCES.get(event.source.lower(), _OTHER_SOURCE),
    }
    if identifiers := _user_identifiers(event.person):
        message["userData"] = {"userIdentifiers": identifiers}
    if click := click_identifier(event.click):
        message["adIdentifiers"] = click
    if consent := _consent(event.consent):
        message["consent"] = consent
    if event.value is not None:
        message["conversionValue"] = float(event.value)
        message["currency"] = event.currency.upper()
    return message


def _timestamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _user_identifiers(person: Person) -> list[dict[str, Any]]:
    identifiers: list[dict[str, Any]] = []
    if email := hashed_email(person):
        identifiers.append({"emailAddress": email})
    if phone := hashed_phone(person):
        identifiers.append({"phoneNumber": phone})
    address = {
        "givenName": sha256_hex(normalising.google_name(person.first_name)),
        "familyName": sha256_hex(normalising.google_name(person.last_name)),
        "regionCode": normalising.google_region_code(person.country),
        "postalCode": person.postal_code.strip(),
    }
    if all(address.values()):  # all four are required, and matched together
        identifiers.append({"address": address})
    return identifiers


def _consent(consent: Consent) -> dict[str, str]:
    words = {True: "CONSENT_GRANTED", False: "CONSENT_DENIED"}
    answers = {
        "adUserData": consent.ad_user_data,
        "adPersonalization": consent.ad_personalization,
    }
    return {name: words[answer] for name, answer in answers.items() if answer is not None}
