"""Blanks what looks like a person's address or number, or like a secret, in any text."""

import re

MASK = "[masked]"
_TRACEBACK = "Traceback (most recent call last)"

_SENSITIVE_NAMES = (
    "access_token|refresh_token|id_token|token|client_secret|appsecret_proof|secret|password"
    "|passwd|api_key|apikey|x-api-key|authorization|sessionid|csrftoken"
)
# In this order: what names a secret goes before what only looks like one.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # user:password@ of an address
    (re.compile(r"://[^/\s@\"']{1,256}@"), f"://{MASK}@"),
    (re.compile(r"\b(Bearer|Basic)\s+[^\s\"',]+", re.IGNORECASE), rf"\1 {MASK}"),
    (
        re.compile(rf"\b({_SENSITIVE_NAMES})([\"']?\s?[=:]\s?[\"']?)[^\s&\"',;}}]+", re.IGNORECASE),
        rf"\1\2{MASK}",
    ),
    # the links of a forgotten password and of a confirmed address
    (re.compile(r"(/reset/key/|/confirm-email/)[^/\s]+"), rf"\1{MASK}"),
    # our keys, signed tokens, Google's and Meta's
    (re.compile(r"\bll_[\w-]{4,}"), MASK),
    (re.compile(r"\beyJ[\w-]{6,}(?:\.[\w-]*)*"), MASK),
    (re.compile(r"\b(?:ya29\.|1//|EAA)[\w.-]{16,}"), MASK),
    (
        re.compile(r"[\w.!#$%&'*+=?^`{|}~-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63})+"),
        MASK,
    ),
)
# Seven digits and more, with what people write between them. Dates, UUIDs and addresses of
# machines look like that too, and stay.
_NUMBER = re.compile(
    r"(?P<kept>(?<!\w)(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?"
    r"|\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?)(?!\w))"
    r"|(?<![0-9A-Za-z])(?:\+|%2B)?\(?\d(?:[^\S\n]?[().\-/]?[^\S\n]?\d){6,}(?![0-9A-Za-z])",
    re.IGNORECASE,
)


def mask(text: str) -> str:
    """The text with `[masked]` in the place of what must not be in a log."""
    # A traceback inside a message quotes the exception, which may hold anything.
    text = text.partition(_TRACEBACK)[0]
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return _NUMBER.sub(lambda found: found["kept"] or MASK, text)
