"""Reading ad spend from a CSV file, as ad platforms and spreadsheets write them."""

import csv
import io
import re
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from conversions.ad_spend import MOST_ROWS, Spend
from conversions.errors import ConversionError

MOST_BYTES = 2 * 1024 * 1024
# What a column may be called → what it is.
_COLUMNS = {
    "day": "day",
    "date": "day",
    "reporting starts": "day",
    "platform": "platform",
    "campaign": "campaign",
    "campaign name": "campaign",
    "source": "source",
    "amount": "amount",
    "cost": "amount",
    "spend": "amount",
    "amount spent": "amount",
    "currency": "currency",
    "currency code": "currency",
}
_NEEDED = {"day", "platform", "amount"}
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?")


def read_csv(content: bytes, *, platform: str = "") -> list[Spend]:
    """The rows of a file; `platform` is for files without such a column.

    Raises `ConversionError` that names the line.
    """
    if len(content) > MOST_BYTES:
        raise ConversionError(_("The file is larger than 2 MB. Send it in parts."))
    text = _decoded(content)
    separator = max(",;\t", key=text.partition("\n")[0].count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        header = [_COLUMNS.get(_plain(name), "") for name in next(lines, [])]
        missing = _NEEDED - set(header) - ({"platform"} if platform else set())
        if missing:
            message = _("The first line must name the columns day, platform and amount.")
            raise ConversionError(message)
        rows: list[Spend] = []
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if len(rows) == MOST_ROWS:
                raise ConversionError(_("Send at most %(n)d rows at once.") % {"n": MOST_ROWS})
            given = dict(zip(header, (cell.strip() for cell in cells), strict=False))
            rows.append(_spend(given, lines.line_num, platform, decimal_comma=separator == ";"))
    except csv.Error as error:
        raise ConversionError(_("This is not a CSV file.")) from error
    if not rows:
        raise ConversionError(_("The file has no rows."))
    return rows


def _decoded(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise ConversionError(_("This is not a CSV file."))
    return text


def _plain(name: str) -> str:
    return re.sub(r"\(.*\)", "", name).replace("_", " ").strip().lower()


def _spend(given: dict[str, str], line: int, platform: str, *, decimal_comma: bool) -> Spend:
    def refused(message: str) -> ConversionError:
        return ConversionError(_("Line %(line)d: %(message)s") % {"line": line, "message": message})

    try:
        day = date.fromisoformat(given.get("day", ""))
    except ValueError as error:
        raise refused(_("Write days as 2026-11-21.")) from error
    amount = given.get("amount", "")
    if decimal_comma:
        amount = amount.replace(".", "").replace(",", ".") if "," in amount else amount
    elif _THOUSANDS.fullmatch(amount):
        amount = amount.replace(",", "")
    try:
        value = Decimal(amount)
    except InvalidOperation as error:
        raise refused(_("“%(text)s” is no amount.") % {"text": amount[:40]}) from error
    return Spend(
        day=day,
        platform=given.get("platform") or platform,
        amount=value,
        campaign=given.get("campaign", ""),
        source=given.get("source", "").lower(),
        currency=given.get("currency", ""),
    )
