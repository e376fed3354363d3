"""The identifiers all of Google's destinations match by, one form for each."""

from __future__ import annotations

from integrations.contracts import Click, Person
from integrations.providers import normalising
from integrations.providers.normalising import sha256_hex


def click_identifier(click: Click) -> dict[str, str]:
    """The click as {"gclid" | "gbraid" | "wbraid": value}; empty where there is none.

    One is enough, and the most precise wins: the legacy API rejects gbraid together with wbraid,
    and that the Data Manager takes several at once is not verified.
    """
    for name, value in (("gclid", click.gclid), ("gbraid", click.gbraid), ("wbraid", click.wbraid)):
        if value:
            return {name: value}
    return {}


def hashed_email(person: Person) -> str:
    """SHA-256 of the normalised address; "" when there is none."""
    return sha256_hex(normalising.google_email(person.email))


def hashed_phone(person: Person) -> str:
    """SHA-256 of the number in E.164; "" when there is none."""
    return sha256_hex(normalising.google_phone(person.phone_e164, country=person.country))
