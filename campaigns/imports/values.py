"""What the cells of a row say: an arrival, what was left out of it, and what is wrong with it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from campaigns.imports.fields import ATTR, LONGEST_TAG, TARGETS
from leads.fields.custom_kinds import Kind
from leads.intake import SOURCE_ALIASES, LeadInput
from leads.models import ATTRIBUTION_FIELDS, CustomField, Source
from leads.people.identity import is_email

Reason = tuple[str, str, str]

_ADDRESS_IN = re.compile(r"<\s*([^<>\s]+@[^<>\s]+)\s*>")
_SPLIT = re.compile(r"[,;|]")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_NUMBERS = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_WORDS = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[. -]*([^\W\d]{3,})\.?,?[ -]*(\d{4}|\d{2})")
_WORDS_US = re.compile(r"([^\W\d]{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_TIME = re.compile(r"[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan ene",
            "feb fév",
            "mar mär mrz",
            "apr avr abr",
            "may mai",
            "jun juin",
            "jul juil",
            "aug aoû ago",
            "sep",
            "oct okt",
            "nov",
            "dec dez déc dic",
        ),
        1,
    )
    for name in names.split()
}
_YES = frozenset({"yes", "y", "true", "1", "x", "ja", "oui", "si", "sí"})
_NO = frozenset({"no", "n", "false", "0", "nein", "non"})
_EXPONENT = re.compile(r"\d[.,]\d+[eE]\+?\d+")
_TWO_DIGIT_PIVOT = 69
# An enumeration makes its list anew for each who asks.
_SOURCES = frozenset(Source.values)


@dataclass
class Understood:
    """The arrival in a row. `left_out` are cells that were not taken, `errors` refuse the row."""

    data: LeadInput | None = None
    left_out: list[Reason] = field(default_factory=list)
    errors: list[Reason] = field(default_factory=list)
    campaign: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Columns:
    """A mapping, made ready for thousands of rows."""

    targets: Sequence[str]
    own: Mapping[str, CustomField]
    day_first: bool
    source: str = Source.IMPORT


def understand(cells: Sequence[str], mapping: Columns) -> Understood:
    """Read one row."""
    told = Understood()
    texts: dict[str, list[str]] = {}
    own: dict[str, str] = {}
    for name, cell in zip(mapping.targets, cells, strict=False):
        if not name or not cell:
            continue
        if name.startswith(ATTR):
            own[name.removeprefix(ATTR)] = _own_value(cell, mapping.own.get(name), mapping)
            continue
        longest = TARGETS[name].longest
        if len(cell) > longest:
            message = _("%(count)d characters; at most %(most)d are taken.")
            told.errors.append(
                (name, "max_length", message % {"count": len(cell), "most": longest})
            )
            continue
        texts.setdefault(name, []).append(cell)
    if not texts and not own:
        told.errors.append(("", "empty", _("Nothing in this row is mapped to a field.")))
        return told
    told.campaign = {
        name.removeprefix("campaign."): values[0]
        for name, values in texts.items()
        if name.startswith("campaign.")
    }
    told.data = _arrival(texts, own, mapping, told)
    return told


def _arrival(
    texts: Mapping[str, list[str]], own: dict[str, str], mapping: Columns, told: Understood
) -> LeadInput:
    def text(name: str) -> str:
        return " ".join(texts[name][0].split()) if name in texts else ""

    return LeadInput(
        first_name=text("first_name"),
        last_name=text("last_name"),
        display_name=text("display_name"),
        email=_email(text("email"), told),
        phone=_phone(text("phone"), told),
        company=text("company"),
        job_title=text("job_title"),
        linkedin_url=text("linkedin_url"),
        address={
            part: text(f"address.{part}")
            for part in ("street", "postal_code", "city", "region", "country")
            if f"address.{part}" in texts
        },
        source=_source(text("source"), mapping, told),
        source_workflow=text("source_workflow"),
        notes="\n".join(texts.get("notes", ())),
        tags=_tags(texts.get("tags", ()), told),
        custom_fields=own,
        attribution={name: text(name) for name in ATTRIBUTION_FIELDS if name in texts},
        external_id=text("external_id"),
    )


def _email(text: str, told: Understood) -> str:
    """The address in `Ann <ann@example.com>`, and the first of several."""
    if not text:
        return ""
    text = text.removeprefix("mailto:").strip("'\" ")
    if within := _ADDRESS_IN.search(text):
        return within[1]
    parts = [part.strip() for part in _SPLIT.split(text) if part.strip()]
    if len(parts) > 1 and is_email(parts[0]):
        message = _("Only the first address was taken, not “%(rest)s”.")
        rest = ", ".join(parts[1:])
        told.left_out.append(("email", "left_out", message % {"rest": rest[:200]}))
        return parts[0]
    return text


def _phone(text: str, told: Understood) -> str:
    """As it was typed, but for the ways in which spreadsheets spoil numbers."""
    if not text:
        return ""
    text = text.strip("'\" ")
    if _EXPONENT.fullmatch(text):
        message = _("“%(text)s” lost its digits in a spreadsheet; it was left out.")
        told.left_out.append(("phone", "left_out", message % {"text": text}))
        return ""
    plain = text.removesuffix(".0")
    return "+" + plain[2:] if plain.startswith("00") and plain[2:3] not in ("", "0") else plain


def _source(text: str, mapping: Columns, told: Understood) -> str:
    if not text:
        return mapping.source
    plain = "_".join(text.casefold().split())
    source = SOURCE_ALIASES.get(plain, plain)
    if source in _SOURCES:
        return source
    for value, label in Source.choices:
        if str(label).casefold() == text.casefold():
            return value
    message = _("“%(text)s” is no source of ours; the lead has “%(source)s”.")
    told.left_out.append(
        ("source", "left_out", message % {"text": text[:60], "source": mapping.source})
    )
    return mapping.source


def _tags(cells: Sequence[str], told: Understood) -> list[str]:
    tags = []
    for cell in cells:
        for one in _SPLIT.split(cell):
            tag = " ".join(one.split())
            if len(tag) > LONGEST_TAG:
                message = _("“%(tag)s…” is longer than %(count)d characters.")
                told.left_out.append(
                    ("tags", "left_out", message % {"tag": tag[:30], "count": LONGEST_TAG})
                )
            elif tag:
                tags.append(tag)
    return list(dict.fromkeys(tags))


def _own_value(cell: str, row: CustomField | None, mapping: Columns) -> Any:
    """In the form that the field's kind takes; what does not fit is for the kind to refuse."""
    if row is None:
        return cell
    if row.kind == Kind.DATE:
        day = day_of(cell, day_first=mapping.day_first)
        return day.isoformat() if day else cell
    if row.kind == Kind.NUMBER:
        number = number_of(cell)
        return str(number) if number is not None else cell
    if row.kind == Kind.BOOLEAN:
        word = cell.casefold()
        return "true" if word in _YES else "false" if word in _NO else cell
    if row.kind == Kind.MULTI_CHOICE:
        return [part.strip() for part in _SPLIT.split(cell) if part.strip()]
    if row.kind == Kind.URL and "://" not in cell:
        return f"https://{cell}"
    return cell


def day_of(text: str, *, day_first: bool) -> date | None:
    """2026-11-21, 21.11.2026, 21/11/26, 11/21/2026, 20261121, 21 Nov 2026, Nov 21, 2026."""
    text = text.strip()
    if found := _ISO.match(text):
        return _date(int(found[1]), int(found[2]), int(found[3]))
    if found := _NUMBERS.match(text):
        first, second, year = int(found[1]), int(found[2]), _year(found[3])
        # With points the day is always first, and nothing has more than twelve months.
        if second > 12 or not (day_first or "." in found[0] or first > 12):
            first, second = second, first
        return _date(year, second, first)
    if found := _COMPACT.fullmatch(text):
        return _date(int(found[1]), int(found[2]), int(found[3]))
    if found := _WORDS.match(text):
        return _date(_year(found[3]), _month(found[2]), int(found[1]))
    if found := _WORDS_US.match(text):
        return _date(int(found[3]), _month(found[1]), int(found[2]))
    return None


def moment_of(text: str, *, day_first: bool) -> datetime | None:
    """The day with the time behind it, without a zone."""
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        pass
    day = day_of(text, day_first=day_first)
    if day is None:
        return None
    time = _TIME.search(text)
    hour, minute = (int(time[1]), int(time[2])) if time else (12, 0)
    if hour > 23 or minute > 59:
        return None
    return datetime.fromisoformat(f"{day.isoformat()}T{hour:02}:{minute:02}")


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < _TWO_DIGIT_PIVOT else 1900)


def _month(word: str) -> int:
    word = word.casefold()
    return next((number for name, number in _MONTHS.items() if word.startswith(name)), 0)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def number_of(text: str) -> Decimal | None:
    """1,234.50 and 1.234,50 and 1'234.50 and $1234: a number, or None."""
    plain = re.sub(r"[^\d,.\-]", "", text)
    if not re.search(r"\d", plain) or re.search(r"[A-Za-z]{4,}", text):
        return None
    comma, point = plain.rfind(","), plain.rfind(".")
    if comma > point:
        is_decimal = point >= 0 or (plain.count(",") == 1 and len(plain) - comma != 4)
        plain = plain.replace(".", "")
        plain = plain.replace(",", ".") if is_decimal else plain.replace(",", "")
    else:
        plain = plain.replace(",", "")
        if plain.count(".") > 1:
            plain = plain.replace(".", "")
    try:
        return Decimal(plain)
    except InvalidOperation:
        return None
