"""What the columns of a file are, by their headers and by what stands in them."""

import re
from collections.abc import Mapping, Sequence

from campaigns.imports.fields import ATTR, KNOWN_HEADERS, LEGACY_ONLY, TARGETS, words_of
from leads.fields.custom_kinds import plain_key
from leads.models import CustomField
from leads.people.identity import is_email, phone_e164

_DAY = re.compile(r"\s*(\d{1,2})[./-](\d{1,2})[./-](?:\d{4}|\d{2})\b")
# Countries that write the month first.
_MONTH_FIRST = frozenset({"US", "PH", "PR", "GU"})


def guess(
    headers: Sequence[str],
    samples: Sequence[Sequence[str]],
    own: Mapping[str, CustomField],
    *,
    country: str,
) -> list[str]:
    """A target for each column, "" for none. Each is given once, the best header first."""
    named = [_by_header(header, own) for header in headers]
    is_legacy = "campaign.name" in named and any(
        name in named
        for name in (
            "campaign.attempts",
            "campaign.last_attempt_at",
            "campaign.pledged_amount",
            "campaign.donated_amount",
        )
    )
    taken: set[str] = set()
    found = []
    for name, shown in zip(named, samples, strict=True):
        if name in LEGACY_ONLY and not is_legacy:
            name = ""
        name = name or _by_content(shown, country)
        if name in taken and not (name in TARGETS and TARGETS[name].is_many):
            name = ""
        if name:
            taken.add(name)
        found.append(name)
    return found


def _by_header(header: str, own: Mapping[str, CustomField]) -> str:
    words = words_of(header)
    if words in KNOWN_HEADERS:
        return KNOWN_HEADERS[words]
    key = f"{ATTR}{plain_key(header)}" if header else ""
    if key in own:
        return key
    for name, field in own.items():
        if words and words_of(field.label) == words:
            return name
    return ""


def _by_content(samples: Sequence[str], country: str) -> str:
    """E-mails and phone numbers are known by themselves."""
    if samples and all(is_email(text) for text in samples):
        return "email"
    marked = all(text.lstrip().startswith(("+", "(", "00")) or " " in text for text in samples)
    if samples and marked and all(phone_e164(text, country) for text in samples):
        return "phone"
    return ""


def day_first(samples: Sequence[Sequence[str]], *, country: str) -> bool:
    """Whether 03/04/2026 is in April: as the samples say, else as the country writes."""
    firsts, seconds = [0], [0]
    for shown in samples:
        for text in shown:
            day = _DAY.match(text)
            # Nobody writes 11.21.2026.
            if day and "." not in text[:6]:
                firsts.append(int(day[1]))
                seconds.append(int(day[2]))
    if max(seconds) > 12 >= max(firsts):
        return False
    if max(firsts) > 12:
        return True
    return country.upper() not in _MONTH_FIRST
