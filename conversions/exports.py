"""Files for spreadsheets, in which no cell can become a formula."""

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpResponse

# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

Cell = str | int | float | Decimal | None


def neutral(value: Cell) -> str | int | float | Decimal:
    """A cell as it may stand in a file: text that looks like a formula is quoted."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    text = value.replace("\0", "")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def csv_file(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponse:
    """The rows as a download; with a byte order mark, so that spreadsheets read it as UTF-8."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response.write("\ufeff")
    writer: Any = csv.writer(response)
    for row in (header, *rows):
        writer.writerow([neutral(cell) for cell in row])
    return response
