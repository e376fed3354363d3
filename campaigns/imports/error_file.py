"""The file of what was not taken: a person's own rows, with the reason beside each."""

import csv
import io
import tempfile
from collections.abc import Iterator

from django.http import FileResponse
from django.utils.translation import gettext as _

from accounts.models import TenantQuerySet
from campaigns.exports.cells import neutral_text
from campaigns.models import Import, ImportResult, ImportRow

_AT_ONCE = 1_000
_BOM = "\ufeff"


def lines(row: Import) -> Iterator[str]:
    """The file, a piece at a time: rows with errors, and skipped ones, in their order."""
    yield _BOM + _written([[_("Row"), _("Reason"), *row.headers]])
    after = 0
    while True:
        found = list(_problems(row).filter(number__gt=after).order_by("number")[:_AT_ONCE])
        if not found:
            return
        numbers = [one.number for one in found]
        rows = ImportRow.objects.in_workspace(row.workspace_id).filter(parent=row)
        cells = dict(rows.filter(number__in=numbers).values_list("number", "cells"))
        yield _written(
            [[str(one.number), reason_of(row, one), *cells.get(one.number, [])] for one in found]
        )
        after = numbers[-1]


def response(row: Import) -> FileResponse:
    """The file as an answer, written aside first: the answer is sent outside of the workspace."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the answer
    for text in lines(row):
        file.write(text.encode())
    file.seek(0)
    name = f"{row.file_name.rpartition('.')[0] or row.file_name}-errors.csv"
    return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv")


def _problems(row: Import) -> TenantQuerySet:
    rows = ImportResult.objects.in_workspace(row.workspace_id).filter(parent=row)
    return rows.filter(
        phase=phase_of(row), outcome__in=[ImportResult.Outcome.ERROR, ImportResult.Outcome.SKIPPED]
    )


def phase_of(row: Import) -> str:
    """What there is to tell of: what was done, else what was tried out."""
    return ImportResult.Phase.RUN if row.started_at else ImportResult.Phase.CHECK


def reason_of(row: Import, result: ImportResult) -> str:
    """Why, in words, each with the column it is about."""
    words = []
    for reason in result.reasons:
        header = header_of(row, reason["field"])
        words.append(f"{header}: {reason['message']}" if header else reason["message"])
    return " ".join(words)


def header_of(row: Import, name: str) -> str:
    """What the file calls the column that fills a field."""
    name = f"attr.{name.removeprefix('custom_fields.')}" if "custom_fields." in name else name
    if name in row.mapping:
        place = row.mapping.index(name)
        return str(row.headers[place]) if place < len(row.headers) else ""
    return ""


def _as_sent(text: str) -> str:
    """A cell as it came, so that the mended file can be sent again, but never a formula."""
    is_number = text.lstrip("+-").replace(" ", "").isdigit()
    return text if is_number else neutral_text(text)


def _written(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(
        [[_as_sent(cell) for cell in row] for row in rows]
    )
    return text.getvalue()
