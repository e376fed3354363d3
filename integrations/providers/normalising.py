"""Personal data in the one form a platform can match: normalised, then hashed with SHA-256.

A platform hashes its own users' data and compares; one dot too many and nobody is found, without an
error. The vendors' SDKs disagree with the vendors' documents (Google's sample strips dots for every
mail domain; Meta's SDK keeps a trunk zero and adds no country code), so the rules are written out
here, after the documents, and held by their published known answers.

Every function takes text as a person typed it and returns "" for what cannot be matched. They are
idempotent: normalising twice changes nothing.

Sources: https://developers.google.com/data-manager/api/devguides/concepts/formatting
https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

import phonenumbers

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_GMAIL_DOMAINS = frozenset({"gmail.com", "googlemail.com"})


def sha256_hex(text: str) -> str:
    """The lower-case hex SHA-256 of the UTF-8 text; "" stays "": nothing is not a person."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def phone_e164(text: str, *, country: str = "") -> str:
    """A phone number as "+18005550100", or "" when it cannot be one.

    Args:
        text: as typed; without a leading "+" it is read as a number of `country`.
        country: ISO 3166-1 alpha-2, the workspace's.
    """
    try:
        number = phonenumbers.parse(text, country.upper() or None)
    except phonenumbers.NumberParseException:
        return ""
    # "Possible", not "valid": numbering plans change faster than the library, and a number the
    # platform does not know harms nobody.
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def google_email(text: str) -> str:
    """Trimmed, lower case; for Gmail's domains only, without dots and "+suffix" before the @."""
    email = meta_email(text)
    local, _, domain = email.rpartition("@")
    if domain not in _GMAIL_DOMAINS:
        return email
    local = local.partition("+")[0].replace(".", "")
    return f"{local}@{domain}" if local else ""


def google_phone(text: str, *, country: str = "") -> str:
    """E.164 with the plus sign: "+18005550100"."""
    return phone_e164(text, country=country)


def google_name(text: str) -> str:
    """A given or family name: lower case, trimmed, without punctuation."""
    return _plain_words(text)


def meta_email(text: str) -> str:
    """Trimmed and lower case, nothing more; "" when it has not the shape of an address."""
    email = unicodedata.normalize("NFC", text).strip().lower()
    return email if _EMAIL.fullmatch(email) else ""


def meta_phone(text: str, *, country: str = "") -> str:
    """Digits with the country code and without the plus sign: "16505551212"."""
    return phone_e164(text, country=country).removeprefix("+")


def meta_name(text: str) -> str:
    """A first or last name: lower case, without punctuation; letters of any script stay."""
    return _plain_words(text)


def meta_city(text: str) -> str:
    """Lower case, without punctuation and spaces: "sanfrancisco". Regions follow the same rule."""
    return "".join(_plain_words(text).split())


def meta_postal_code(text: str, *, country: str = "") -> str:
    """Lower case, without spaces and dashes; for the United States the first five digits."""
    code = "".join(text.lower().replace("-", " ").split())
    return code[:5] if country.upper() == "US" else code


def meta_country(text: str) -> str:
    """The lower-case ISO 3166-1 alpha-2 code."""
    return _country(text).lower()


def google_region_code(text: str) -> str:
    """The upper-case ISO 3166-1 alpha-2 code; Google takes it in clear."""
    return _country(text).upper()


def _country(text: str) -> str:
    code = text.strip()
    return code if len(code) == 2 and code.isascii() and code.isalpha() else ""


def _plain_words(text: str) -> str:
    # NFC first: "é" typed as two code points would hash differently from the one everybody sends.
    composed = unicodedata.normalize("NFC", text).lower()
    kept = (sign for sign in composed if unicodedata.category(sign)[0] not in "PSC")
    return " ".join("".join(kept).split())
