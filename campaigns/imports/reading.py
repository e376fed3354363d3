"""Reading an uploaded file into rows, whatever format it has: once, in bounded memory."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from django.utils.translation import gettext as _

from accounts.bulk import insert_rows
from campaigns.errors import UnreadableFile
from campaigns.imports import limited, xlsx_files
from campaigns.imports.limits import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS
from campaigns.imports.tables import Line, Table
from campaigns.models import Import, ImportRow

_ROWS_AT_ONCE = 2_000
SAMPLES = 5
LONGEST_SAMPLE = 80


def read_into_rows(row: Import, chunks: Iterable[bytes]) -> None:
    """Read the file into `ImportRow`s, in the caller's transaction; the import is not saved."""
    with limited.open_table(chunks) as table:
        _store_table(row, table)


def _store_table(row: Import, table: Table) -> None:
    lines = iter(table.lines)
    headers = next(lines, None)
    if headers is None:
        raise UnreadableFile(_("The file has no rows."))
    if len(headers.cells) > MOST_COLUMNS:
        raise UnreadableFile(xlsx_files.too_wide(len(headers.cells)))
    width = max((place + 1 for place, text in enumerate(headers.cells) if text.strip()), default=0)
    if headers.problem or not width:
        raise UnreadableFile(
            _("The first line must name the columns; its quotation marks are broken.")
        )
    store(row, [_clean(text) for text in headers.cells[:width]], lines)
    row.file_facts = table.facts


def store(row: Import, headers: Sequence[str], lines: Iterable[Line]) -> None:
    """Write the rows beneath these headers, and keep samples of each column."""
    row.headers = list(headers)
    samples: list[list[str]] = [[] for _header in headers]
    total = 0
    fitted = (_fitted(line, len(headers)) for line in lines)
    while batch := list(islice(fitted, _ROWS_AT_ONCE)):
        total += len(batch)
        if total > MOST_ROWS:
            message = _("The file has more than %(count)d rows. Send it in parts.")
            raise UnreadableFile(message % {"count": MOST_ROWS})
        _sample(samples, batch)
        insert_rows(
            [
                ImportRow.unsaved(
                    workspace_id=row.workspace_id,
                    parent_id=row.pk,
                    number=line.number,
                    cells=line.cells,
                    problem=line.problem,
                )
                for line in batch
            ]
        )
    if not total:
        raise UnreadableFile(_("The file has a line with headers, and no rows beneath it."))
    row.samples = samples
    row.total = total


def _sample(samples: list[list[str]], batch: Sequence[Line]) -> None:
    for place, shown in enumerate(samples):
        if len(shown) == SAMPLES:
            continue
        for line in batch:
            text = line.cells[place] if place < len(line.cells) else ""
            if text and not line.problem and text[:LONGEST_SAMPLE] not in shown:
                shown.append(text[:LONGEST_SAMPLE])
                if len(shown) == SAMPLES:
                    break


def _clean(text: str) -> str:
    return " ".join(text.split())[:200]


def _fitted(line: Line, width: int) -> Line:
    """As wide as the headers; what does not fit in is a problem, never lost."""
    cells = [cell.strip().replace("\0", "") for cell in line.cells]
    problem = line.problem
    while len(cells) > width and not cells[-1]:
        cells.pop()
    if len(cells) > width and not problem:
        problem = "too_many_cells"
    if any(len(cell) > LONGEST_CELL for cell in cells):
        problem = problem or "cell_too_long"
        cells = [cell[:LONGEST_CELL] for cell in cells]
    return Line(line.number, cells[:MOST_COLUMNS], problem)


def chunks_of(row: Import) -> Iterator[bytes]:
    """The uploaded file, a piece at a time."""
    pieces = row.chunks.order_by("number")
    for number in pieces.values_list("number", flat=True):
        yield bytes(pieces.values_list("data", flat=True).get(number=number))
