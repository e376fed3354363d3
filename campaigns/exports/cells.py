"""Values as they may stand in a file for spreadsheets, in which no cell can become a formula."""

import re
from datetime import date, datetime
from decimal import Decimal

# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# What XML cannot hold at all, and no spreadsheet shows.
_UNSEEN = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# "+49 30 1234567": typed as text, as a workbook can say it, it is a formula nowhere.
_PHONE = re.compile(r"\+[0-9 ()./\-]{4,}")

Cell = str | int | float | Decimal | date | datetime | None


def neutral(value: Cell) -> str | int | float | Decimal | date | datetime:
    """A cell as it may stand in a file: text that looks like a formula is quoted."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    text = _UNSEEN.sub("", value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def neutral_text(value: str) -> str:
    """The same of a cell that is marked as text: phone numbers stay as they are."""
    text = _UNSEEN.sub("", value)
    return text if _PHONE.fullmatch(text) else str(neutral(text))
