"""Leadloop's events in the words of the Google Ads API, as the JSON form of its messages.

Source: https://developers.google.com/google-ads/api/reference/rpc/v26/ClickConversion
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from integrations.contracts import Consent, ConversionEvent, Events, Person
from integrations.providers.google_identifiers import (
    click_identifier,
    hashed_email,
    hashed_phone,
)


def upload_request(
    events: Events, *, customer_id: str, validate_only: bool = False
) -> dict[str, Any]:
    """The body of `UploadClickConversions` for up to 2,000 events.

    Each event's action is the id of a conversion action; without one the conversion names none.

    Args:
        customer_id: the Google Ads account, with or without dashes.
    """
    account = digits(customer_id)
    request: dict[str, Any] = {
        "customerId": account,
        "conversions": [_conversion(event, account) for event in events],
        "partialFailure": True,  # Google takes nothing else
    }
    if validate_only:
        request["validateOnly"] = True
    return request


def has_identifier(event: ConversionEvent) -> bool:
    """Whether the event carries a click id, an e-mail address or a phone number."""
    return bool(click_identifier(event.click) or _user_identifiers(event.person))


def digits(customer_id: str) -> str:
    """An account's id as the API takes it: "123-456-7890" is 1234567890."""
    return customer_id.replace("-", "")


def _conversion(event: ConversionEvent, account: str) -> dict[str, Any]:
    click = click_identifier(event.click)
    conversion: dict[str, Any] = {
        **click,
        "orderId": event.event_id,
        "conversionDateTime": _date_time(event.occurred_at),
    }
    if event.action:
        conversion["conversionAction"] = f"customers/{account}/conversionActions/{event.action}"
    # Google refuses user identifiers beside a gbraid or wbraid (VALUE_MUST_BE_UNSET), and the click
    # says more; beside a gclid they are the enhanced conversion for leads.
    if not click or "gclid" in click:
        conversion["userIdentifiers"] = _user_identifiers(event.person)
    if consent := _consent(event.consent):
        conversion["consent"] = consent
    if event.value is not None:
        conversion["conversionValue"] = float(event.value)
        conversion["currencyCode"] = event.currency.upper()
    return conversion


def _date_time(at: datetime) -> str:
    """ "yyyy-mm-dd hh:mm:ss+hh:mm"; whole seconds, in UTC."""
    return at.astimezone(UTC).isoformat(sep=" ", timespec="seconds")


def _user_identifiers(person: Person) -> list[dict[str, str]]:
    identifiers = [
        {"hashedEmail": hashed_email(person)},
        {"hashedPhoneNumber": hashed_phone(person)},
    ]
    return [identifier for identifier in identifiers if all(identifier.values())]


def _consent(consent: Consent) -> dict[str, str]:
    # Of the two answers this service takes only the one on data; the other one it rejects.
    words = {True: "GRANTED", False: "DENIED"}
    answer = consent.ad_user_data
    return {} if answer is None else {"adUserData": words[answer]}
