"""Where a contact is, and which territory that is in."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from phonenumbers import NumberParseException, region_code_for_number
from phonenumbers import parse as parse_number

from leads.models import Contact, Territory

_COUNTRY = re.compile(r"[A-Z]{2}")
_QUALIFIED = re.compile(r"([A-Za-z]{2})-(.+)")
LONGEST_REGION = 100
LONGEST_POSTAL = 20
MOST_PLACES = 2000


@dataclass(frozen=True)
class Place:
    """Where somebody is, as far as known, in the letters that territories are written in."""

    country: str = ""
    region: str = ""
    postal_code: str = ""


def place_of(contact: Contact, *, country: str) -> Place:
    """From the address; without a country there, the phone's, else the workspace's `country`.

    Nothing is guessed for who has neither an address nor a phone.
    """
    address = contact.address if isinstance(contact.address, dict) else {}
    region = _plain(address.get("region"))
    postal_code = _squeezed(address.get("postal_code"))
    named = str(address.get("country") or "").strip().upper()
    own = named if _COUNTRY.fullmatch(named) else _country_of(contact.phone_e164)
    if not own and (region or postal_code):
        own = country
    return Place(own, region, postal_code)


def _country_of(phone_e164: str) -> str:
    if not phone_e164:
        return ""
    try:
        return region_code_for_number(parse_number(phone_e164)) or ""
    except NumberParseException:
        return ""


def covers(territory: Territory, place: Place) -> bool:
    """Whether one of the territory's countries, regions or postal prefixes is the place's."""
    if not place.country:
        return False
    if place.country in territory.countries:
        return True
    if place.region and f"{place.country}-{place.region}" in territory.regions:
        return True
    code = f"{place.country}-{place.postal_code}"
    return bool(place.postal_code) and code.startswith(tuple(territory.postal_prefixes))


def _plain(text: object) -> str:
    return " ".join(str(text or "").split()).casefold()


def _squeezed(text: object) -> str:
    return "".join(str(text or "").split()).upper()


def clean_countries(given: Iterable[str]) -> list[str]:
    """Two-letter codes, each once; raises `ValueError` with what a person should know."""
    codes = _once(text.strip().upper() for text in given)
    for code in codes:
        if not _COUNTRY.fullmatch(code):
            raise ValueError(_("“%(text)s” is not a two-letter country code.") % {"text": code})
    return codes


def clean_regions(given: Iterable[str], *, country: str) -> list[str]:
    """``US-ca``: without a country in front, the workspace's."""
    return _qualified(given, country, LONGEST_REGION, _plain)


def clean_postal_prefixes(given: Iterable[str], *, country: str) -> list[str]:
    """``DE-80``: without a country in front, the workspace's."""
    return _qualified(given, country, LONGEST_POSTAL, _squeezed)


def _qualified(
    given: Iterable[str], country: str, longest: int, tidy: Callable[[object], str]
) -> list[str]:
    found = []
    for text in given:
        match = _QUALIFIED.fullmatch(text.strip())
        own, rest = (match[1].upper(), match[2]) if match else (country, text)
        rest = tidy(rest)
        if not rest:
            continue
        if len(rest) > longest:
            raise ValueError(_("“%(text)s” is too long.") % {"text": rest[:30]})
        found.append(f"{own}-{rest}")
    return _once(found)


def _once(texts: Iterable[str]) -> list[str]:
    rows = list(dict.fromkeys(text for text in texts if text))
    if len(rows) > MOST_PLACES:
        raise ValueError(_("Name at most %(count)d places.") % {"count": MOST_PLACES})
    return rows


def sentence(territory: Territory) -> str:
    """What is in it, for a line of a table."""
    places: Sequence[str] = [
        *territory.countries,
        *(region.upper() if len(region) < 7 else region for region in territory.regions),
        *(f"{prefix}…" for prefix in territory.postal_prefixes),
    ]
    return ", ".join(places)
