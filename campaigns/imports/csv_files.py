"""Reading delimited text: whatever separates the cells, and in spite of broken quotation marks."""

import csv
from collections import Counter, deque
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from campaigns.imports.decoding import Decoder, encoding_of
from campaigns.imports.limits import (
    LONGEST_LINE,
    MOST_BROKEN,
    MOST_COLUMNS,
    MOST_LINES_OF_A_ROW,
)
from campaigns.imports.tables import Line, Table, Unreadable

DELIMITERS = ",;\t|"
_SNIFFED_LINES = 60


def read(sample: bytes, chunks: Iterable[bytes]) -> Table:
    """The rows of a text file that starts with `sample`; raises `Unreadable`."""
    encoding = encoding_of(sample)
    decoder = Decoder(encoding, sample)
    first = Decoder(encoding, sample).lines([sample])
    shown = [line for line, _number in zip(first, range(_SNIFFED_LINES), strict=False)]
    delimiter, skipped = delimiter_of(shown)
    shown_encoding = "utf-8" if encoding == "utf-8-sig" else encoding
    table = Table(iter(()), {"format": "csv", "encoding": shown_encoding, "delimiter": delimiter})
    table.lines = _rows(decoder, chunks, delimiter, skipped, table)
    return table


def delimiter_of(lines: list[str]) -> tuple[str, int]:
    """What separates the cells, and how many lines before the table only say so (`sep=;`)."""
    if lines and lines[0].strip().lower().startswith("sep=") and len(lines[0].strip()) == 5:
        return lines[0].strip()[4], 1
    best, most = ",", (0, 0)
    for delimiter in DELIMITERS:
        widths = Counter(
            len(cells)
            for cells in csv.reader(lines[:-1] or lines, delimiter=delimiter)
            if len(cells) > 1
        )
        if widths:
            width, rows = widths.most_common(1)[0]
            # Rows of one width speak for it, and of two that agree the one with more columns.
            score = (rows, width)
            if score > most:
                best, most = delimiter, score
    return best, 0


class _Runaway(Exception):
    """A quotation mark was opened and not closed."""


class _Feed:
    """Hands lines to the reader, remembers those of the row under way, and takes them back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self.row: list[str] = []
        self._size = 0
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.row) >= MOST_LINES_OF_A_ROW or self._size > LONGEST_LINE:
            raise _Runaway
        line = self._again.popleft() if self._again else next(self._lines)
        self.row.append(line)
        self._size += len(line)
        self.number += 1
        return line

    def begin(self) -> None:
        self.row, self._size = [], 0

    def take_back(self) -> str:
        """All of the row but its first line is read again."""
        first, *others = self.row
        self._again.extendleft(reversed(others))
        self.number -= len(others)
        self.begin()
        return first


def _rows(
    decoder: Decoder, chunks: Iterable[bytes], delimiter: str, skipped: int, table: Table
) -> Iterator[Line]:
    csv.field_size_limit(2 * LONGEST_LINE)
    feed = _Feed(decoder.lines(chunks))
    for _number in range(skipped):
        next(feed, None)
    width = broken = 0
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        feed.begin()
        started = feed.number + 1
        is_broken = False
        try:
            cells = next(reader)
        except StopIteration:
            break
        except (_Runaway, csv.Error):
            is_broken = True
        # A row over several lines that does not fit the headers swallowed the next ones.
        if is_broken or (len(feed.row) > 1 and len(cells) != width):
            first = feed.take_back()
            reader = csv.reader(feed, delimiter=delimiter, strict=True)
            cells = _leniently(first, delimiter)
            if not cells:
                broken += 1
                if broken > MOST_BROKEN:
                    message = _("The quotation marks of this file are broken, from %(number)d on.")
                    raise Unreadable(message % {"number": started})
                text = first.rstrip("\r\n")
                yield Line(started, text.split(delimiter)[:MOST_COLUMNS], "broken_quotes")
                continue
        if not any(cell.strip() for cell in cells):
            continue
        width = width or len(cells)
        yield Line(started, cells)
    table.facts["mixed_lines"] = decoder.others
    if decoder.others:
        table.facts["second_encoding"] = decoder.second


def _leniently(line: str, delimiter: str) -> list[str]:
    """The cells of a line with marks in odd places (`"Ann" Lee,x`); none when one stays open."""
    try:
        cells = next(csv.reader([line], delimiter=delimiter))
    except csv.Error:
        return []
    return [] if cells and cells[-1].endswith("\n") else cells
