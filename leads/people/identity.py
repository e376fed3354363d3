"""What makes two ways of writing an e-mail address or a phone number the same person's."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, is_possible_number
from phonenumbers import parse as parse_number

LONGEST_E164 = 16  # a plus sign and fifteen digits


def normalize_email(typed: str) -> str:
    """Trimmed and lower case; raises `ValidationError` for what is not an address."""
    text = typed.strip().lower()
    if text:
        validate_email(text)
    return text


def is_email(typed: str) -> bool:
    try:
        normalize_email(typed)
    except ValidationError:
        return False
    return bool(typed.strip())


def is_web_address(typed: str) -> bool:
    """Whether a link may be made of it: http, https, or no scheme ("linkedin.com/in/ann")."""
    scheme, colon, _rest = typed.strip().partition(":")
    return not colon or scheme.lower() in ("http", "https") or "." in scheme or "/" in scheme


def phone_e164(typed: str, country: str) -> str:
    """``+18005550100``, read with the workspace's country; empty for what is not a number."""
    try:
        number = parse_number(typed, country)
    except NumberParseException:
        return ""
    text = format_number(number, PhoneNumberFormat.E164) if is_possible_number(number) else ""
    # Some plans allow more digits than E.164 does; such a number cannot be dialled from abroad.
    return text if len(text) <= LONGEST_E164 else ""


def normalize_name(typed: str) -> str:
    """For comparing company names: one space between words, case folded."""
    return " ".join(typed.split()).casefold()
