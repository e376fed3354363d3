"""Files for spreadsheets, in which no cell can become a formula."""

import csv
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse

from campaigns.exports.cells import Cell, neutral


def csv_file(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponse:
    """The rows as a download; with a byte order mark, so that spreadsheets read it as UTF-8."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response.write("\ufeff")
    writer: Any = csv.writer(response)
    for row in (header, *rows):
        writer.writerow([neutral(cell) for cell in row])
    return response
