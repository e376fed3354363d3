"""Writing rows as CSV or as a workbook, piece by piece, so that another worker can go on."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Protocol
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _

from campaigns.errors import CampaignError
from campaigns.exports.cells import Cell, neutral, neutral_text
from campaigns.exports.zips import TooLarge, ZipWriter

State = dict[str, Any]


class FileTooLarge(CampaignError):
    """More than a workbook can hold."""

    code = "too_many_rows"

    def __init__(self) -> None:
        super().__init__(
            _("A workbook holds at most 1,048,575 leads. Narrow the filter, or take CSV.")
        )


class Writer(Protocol):
    """`state` is what the next one needs to go on behind the last piece."""

    media_type: str
    state: State

    def begin(self, header: Sequence[str]) -> bytes: ...
    def add(self, rows: Iterable[Sequence[Cell]]) -> bytes: ...
    def end(self) -> bytes: ...


class CsvWriter:
    """Comma-separated, in UTF-8 with a byte order mark, so that spreadsheets read it as such."""

    media_type = "text/csv; charset=utf-8"

    def __init__(self, state: State | None = None) -> None:
        self.state: State = state or {}

    def begin(self, header: Sequence[str]) -> bytes:
        return b"\xef\xbb\xbf" + self.add([header])

    def add(self, rows: Iterable[Sequence[Cell]]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text).writerows([_as_text(cell) for cell in row] for row in rows)
        return text.getvalue().encode()

    def end(self) -> bytes:
        return b""


def _as_text(cell: Cell) -> Any:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    return neutral(cell)


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MOMENT, _DAY, _HEAD, _TEXT = 1, 2, 3, 4
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Leads" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2"'
        f' Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    # Times, days, the head, and text that stays text when somebody edits it.
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="2">'
        '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>'
        '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        '</cellStyleXfs><cellXfs count="5">'
        '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
        '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"'
        ' applyNumberFormat="1"/></cellXfs></styleSheet>'
    ),
}
# Before it, a workbook counts days as nobody else.
_FIRST_DAY, _DAY_ZERO = date(1900, 3, 1), datetime(1899, 12, 30)  # noqa: DTZ001 - a day's number
_EXACT = 10**15
_LONGEST_CELL = 32_767
MOST_ROWS = 1_048_576


class XlsxWriter:
    """One sheet with a bold, fixed head. Texts stand in their cells, so nothing is kept of them."""

    media_type = f"{_TYPES}.sheet"

    def __init__(self, state: State | None = None) -> None:
        self.state: State = state or {"row": 0, "zip": None}
        self._zip = ZipWriter(self.state["zip"])
        self.state["zip"] = self._zip.state

    def begin(self, header: Sequence[str]) -> bytes:
        parts = []
        for name, text in _PARTS.items():
            parts += [self._zip.begin(name), self._zip.add((_XML + text).encode()), self._zip.end()]
        sheet = (
            f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
            '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
            "</sheetView></sheetViews><cols>"
            f'<col min="1" max="{len(header)}" width="20" customWidth="1"/></cols><sheetData>'
        )
        head = self._row(header, _HEAD)
        parts.append(self._zip.begin("xl/worksheets/sheet1.xml"))
        parts.append(self._zip.add((sheet + head).encode()))
        return b"".join(parts)

    def add(self, rows: Iterable[Sequence[Cell]]) -> bytes:
        text = "".join([self._row(row) for row in rows])
        try:
            return self._zip.add(text.encode()) if text else b""
        except TooLarge as error:
            raise FileTooLarge from error

    def end(self) -> bytes:
        last = self._zip.add(b"</sheetData></worksheet>")
        return last + self._zip.end() + self._zip.finish()

    def _row(self, cells: Sequence[Cell], style: int | None = None) -> str:
        self.state["row"] += 1
        number = self.state["row"]
        if number > MOST_ROWS:
            raise FileTooLarge
        made = [
            f'<c r="{_letters(place)}{number}"{_content(cell, style)}</c>'
            for place, cell in enumerate(cells)
            if cell is not None and cell != ""
        ]
        return f'<row r="{number}">{"".join(made)}</row>'


@cache
def _letters(place: int) -> str:
    """What a workbook calls its columns: A to Z, AA, AB, and so on."""
    before, last = divmod(place, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + last)


def _content(cell: Cell, style: int | None) -> str:
    """The rest of a cell's tag, and what stands in it."""
    if cell is None or isinstance(cell, str):
        return _inline(cell or "", style)
    if isinstance(cell, datetime):
        if cell.date() < _FIRST_DAY:
            return _inline(f"{cell:%Y-%m-%d %H:%M:%S}")
        days = (cell.replace(microsecond=0) - _DAY_ZERO).total_seconds() / 86400
        return f' s="{_MOMENT}"><v>{days!r}</v>'
    if isinstance(cell, date):
        if cell < _FIRST_DAY:
            return _inline(cell.isoformat())
        return f' s="{_DAY}"><v>{(cell - _DAY_ZERO.date()).days}</v>'
    return _number(cell)


def _number(number: int | float | Decimal) -> str:
    """Beyond fifteen digits a workbook would round it."""
    if not math.isfinite(number) or not -_EXACT < number < _EXACT:
        return _inline(str(number))
    return f"><v>{number}</v>"


def _inline(value: str, style: int | None = None) -> str:
    text = neutral_text(value)[:_LONGEST_CELL]
    if style is None:
        style = _TEXT if text.startswith(("'", "+")) else 0
    return f' t="inlineStr" s="{style}"><is><t xml:space="preserve">{escape(text)}</t></is>'


WRITERS: dict[str, type[CsvWriter] | type[XlsxWriter]] = {"csv": CsvWriter, "xlsx": XlsxWriter}
