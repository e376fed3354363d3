"""What fits each kind of custom field, and how it is kept: pure rules, without the database."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from leads.models import CustomField
from leads.models.custom_field import LONGEST_KEY, LONGEST_MATCH, LONGEST_TEXT

Kind = CustomField.Kind

LONGEST_CHOICE = 200
MOST_VALUES = 100
# Beyond this, answers could not carry the number.
LARGEST_NUMBER = 2**63 - 1
LONGEST_NUMBER = 40
LONGEST_URL = 2000


class Unfit(Exception):
    """The value is none of the field's; the message says what is."""

    def __init__(self, message: str, *, code: str = "invalid") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


@dataclass(frozen=True)
class Fitted:
    """One value as it is kept: `text` is what is shown, the others are what is looked through."""

    text: str
    number: float | None = None
    day: date | None = None

    @property
    def match(self) -> str:
        return match_text(self.text)


def match_text(text: str) -> str:
    """What equality compares: one space between words, case folded, and short enough for a btree.

    Of a long text its beginning is kept, with a hash that tells it from others that begin alike.
    """
    plain = " ".join(text.split()).casefold()
    if len(plain) <= LONGEST_MATCH:
        return plain
    digest = hashlib.sha256(plain.encode()).hexdigest()
    return f"{plain[: LONGEST_MATCH - len(digest)]}{digest}"


def plain_key(name: str) -> str:
    """`Budget Range` → `budget_range`; empty for an empty name.

    A name without one Latin letter or digit becomes a key by its hash: no sender is turned away
    for the alphabet it writes in.
    """
    text = unicodedata.normalize("NFKD", name.strip().casefold()).encode("ascii", "ignore").decode()
    key = re.sub(r"[^a-z0-9]+", "_", text).strip("_")
    if not key:
        digest = hashlib.sha256(name.strip().encode()).hexdigest()[:8]
        return f"field_{digest}" if name.strip() else ""
    return (key if key[0].isalpha() else f"field_{key}")[:LONGEST_KEY].rstrip("_")


def is_blank(value: Any) -> bool:
    """Whether the value says nothing: null, no letters, an empty list."""
    if isinstance(value, (list, tuple)):
        return all(is_blank(part) for part in value)
    return value is None or (isinstance(value, str) and not value.strip())


def kind_of(value: Any) -> str:
    """The kind of a field nobody defined, by the first value that came. Raises `Unfit`."""
    if isinstance(value, bool):
        return Kind.BOOLEAN
    if isinstance(value, (int, float)):
        return Kind.NUMBER
    if isinstance(value, (list, tuple)):
        return Kind.MULTI_CHOICE
    if isinstance(value, str):
        return Kind.TEXT
    raise Unfit(_("Send a text, a number, true or false, or a list of texts."), code="not_a_value")


def fitted(field: CustomField, value: Any) -> list[Fitted]:
    """The value as rows of the field, sorted and once each; none for a blank one.

    Raises `Unfit` with a message that says what fits.
    """
    if is_blank(value):
        return []
    if field.kind != Kind.MULTI_CHOICE:
        return [_FITTING[field.kind](field, value)]
    given = value if isinstance(value, (list, tuple)) else [value]
    parts = [part for part in given if not is_blank(part)]
    if len(parts) > MOST_VALUES:
        raise Unfit(_("Choose at most %(count)d.") % {"count": MOST_VALUES}, code="too_many")
    once = {one.match: one for one in (_choice(field, part) for part in parts)}
    return [once[match] for match in sorted(once)]


def shown(kind: str, values: Sequence[Fitted]) -> Any:
    """The JSON form of a field's rows: what the API answers and the copy holds."""
    if kind == Kind.MULTI_CHOICE:
        return [one.text for one in values]
    text = values[0].text
    if kind == Kind.BOOLEAN:
        return text == "true"
    if kind == Kind.NUMBER:
        return int(text) if text.lstrip("-").isdigit() else float(text)
    return text


def _text(_field: CustomField, value: Any) -> Fitted:
    return Fitted(_letters(value, LONGEST_TEXT))


def _letters(value: Any, longest: int) -> str:
    if isinstance(value, bool):
        value = "true" if value else "false"
    if not isinstance(value, (str, int, float)):
        raise Unfit(_("This field takes a text."))
    text = str(value).strip()
    if "\0" in text:
        raise Unfit(_("Leave out the NUL character."))
    if len(text) > longest:
        raise Unfit(
            _("This field takes at most %(count)d characters.") % {"count": longest},
            code="max_length",
        )
    return text


def _number(_field: CustomField, value: Any) -> Fitted:
    refused = Unfit(_("This field takes a number, such as 1200 or 12.5."))
    text = str(value).strip()
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise refused
    if len(text) > LONGEST_NUMBER:
        raise refused
    try:
        exact = Decimal(text)
    except InvalidOperation as error:
        raise refused from error
    if not exact.is_finite():
        raise refused
    if not -LARGEST_NUMBER <= exact <= LARGEST_NUMBER:
        raise Unfit(_("The number is too large."), code="number_too_large")
    if exact == exact.to_integral_value():
        return Fitted(str(int(exact)), number=float(int(exact)))
    # The nearest the column can hold, as text too: what is shown is what is compared.
    number = float(exact)
    return Fitted(str(int(number)) if number.is_integer() else repr(number), number=number)


def _day(_field: CustomField, value: Any) -> Fitted:
    refused = Unfit(_("This field takes a date, such as 2026-11-21."))
    if not isinstance(value, str):
        raise refused
    try:
        day = parse_date(value.strip())
    except ValueError as error:
        raise refused from error
    if day is None:
        raise refused
    return Fitted(day.isoformat(), day=day)


def _boolean(_field: CustomField, value: Any) -> Fitted:
    text = str(value).strip().lower()
    if not isinstance(value, (bool, str)) or text not in ("true", "false"):
        raise Unfit(_("This field takes true or false."))
    return Fitted(text)


def _url(_field: CustomField, value: Any) -> Fitted:
    refused = Unfit(_("This field takes a web address (https://…)."))
    if not isinstance(value, str):
        raise refused
    text = _letters(value, LONGEST_URL)
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError as error:
        raise refused from error
    if not is_address or any(letter.isspace() for letter in text):
        raise refused
    return Fitted(text)


def _choice(field: CustomField, value: Any) -> Fitted:
    """One of the choices, by value or label; anything short where there are none."""
    text = _letters(value, LONGEST_CHOICE)
    if not field.choices:
        return Fitted(text)
    wanted = match_text(text)
    for name in ("value", "label"):
        for choice in field.choices:
            if match_text(choice[name]) == wanted:
                return Fitted(choice["value"])
    known = ", ".join(choice["value"] for choice in field.choices)
    raise Unfit(_("Use one of: %(known)s.") % {"known": known}, code="invalid_choice")


_FITTING: dict[str, Callable[[CustomField, Any], Fitted]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.DATE: _day,
    Kind.CHOICE: _choice,
    Kind.BOOLEAN: _boolean,
    Kind.URL: _url,
}
