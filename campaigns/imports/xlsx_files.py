"""Reading Excel workbooks as a stream: the first sheet with rows, its values as texts.

A workbook is XML in a zip. It is unpacked and parsed piece by piece, so that neither a small file
that unpacks to gigabytes nor a sheet with one cell in its last corner fills the memory.
"""

import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import PurePosixPath
from typing import IO, Any
from xml.parsers import expat

from django.utils.translation import gettext as _

from campaigns.imports.limits import (
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_ENTRIES,
    MOST_TEXTS,
    MOST_UNPACKED,
)
from campaigns.imports.tables import Line, Table, Unreadable

_PIECE = 64 * 1024
# Days are counted from here, in no zone; workbooks of old Macs have the other.
_SINCE_1900, _SINCE_1904 = map(datetime.fromisoformat, ("1899-12-30", "1904-01-01"))
# Built-in number formats that show a day or a time.
_DATE_FORMATS = {*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)}
_DATE_LETTERS = re.compile(r"[ymdhs]", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|General|Standard', re.IGNORECASE)


def read(file: IO[bytes]) -> Table:
    """The rows of a workbook; raises `Unreadable`."""
    try:
        book = _Workbook(zipfile.ZipFile(file))
    except (zipfile.BadZipFile, KeyError, expat.ExpatError, NotImplementedError) as error:
        raise _unreadable() from error
    table = Table(iter(()), {"format": "xlsx"})
    table.lines = _rows(book, table)
    return table


def _unreadable() -> Unreadable:
    return Unreadable(
        _("This workbook cannot be read. Save it as .xlsx or CSV again, without a password.")
    )


def _rows(book: "_Workbook", table: Table) -> Iterator[Line]:
    try:
        for name, path in book.sheets:
            table.facts["sheet"] = name
            any_row = False
            for line in book.rows(path):
                any_row = True
                yield line
            if any_row:
                return
    except (zipfile.BadZipFile, KeyError, expat.ExpatError, EOFError, NotImplementedError) as error:
        raise _unreadable() from error
    except RuntimeError as error:
        # Encrypted.
        raise _unreadable() from error


class _Workbook:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        entries = archive.infolist()
        unpacked = sum(entry.file_size for entry in entries if entry.filename.endswith(".xml"))
        if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED:
            message = _("This workbook unpacks to more than %(count)d MB. Send it in parts.")
            raise Unreadable(message % {"count": MOST_UNPACKED // 1024 // 1024})
        self._archive = archive
        self._names = {entry.filename for entry in entries}
        self._left = MOST_UNPACKED
        self.starts = _SINCE_1900
        self.sheets: list[tuple[str, str]] = []
        self._read_book()
        self._texts = self._read_texts()
        self._dates = self._read_styles()

    def _parse(
        self,
        path: str,
        *,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> Iterator[None]:
        """Parse an entry piece by piece; yields after each."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, attributes: start(_local(name), attributes)
        if end is not None:
            parser.EndElementHandler = lambda name: end(_local(name))
        if text is not None:
            parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        with self._archive.open(path) as entry:
            while piece := entry.read(_PIECE):
                self._left -= len(piece)
                if self._left < 0:
                    raise _unreadable()
                parser.Parse(piece, False)
                yield
        parser.Parse(b"", True)
        yield

    def _all(self, path: str, **handlers: Any) -> None:
        for _piece in self._parse(path, **handlers):
            pass

    def _read_book(self) -> None:
        targets: dict[str, str] = {}

        def relation(name: str, attributes: dict[str, str]) -> None:
            if name == "Relationship":
                target = attributes.get("Target", "")
                path = PurePosixPath(target.lstrip("/"))
                if not target.startswith("/"):
                    path = PurePosixPath("xl") / path
                targets[attributes.get("Id", "")] = str(path)

        def sheet(name: str, attributes: dict[str, str]) -> None:
            if name == "workbookPr" and attributes.get("date1904") in ("1", "true"):
                self.starts = _SINCE_1904
            if name == "sheet" and attributes.get("state", "visible") == "visible":
                ids = [value for key, value in attributes.items() if key.endswith(" id")]
                path = targets.get(ids[0], "") if ids else ""
                if path in self._names:
                    self.sheets.append((attributes.get("name", ""), path))

        self._all("xl/_rels/workbook.xml.rels", start=relation)
        self._all("xl/workbook.xml", start=sheet)

    def _read_texts(self) -> list[str]:
        """The texts that cells refer to by number."""
        if "xl/sharedStrings.xml" not in self._names:
            return []
        texts: list[str] = []
        parts: list[str] = []
        state = {"in": False, "phonetic": False, "size": 0}

        def start(name: str, _attributes: dict[str, str]) -> None:
            if name == "si":
                parts.clear()
            elif name == "rPh":
                state["phonetic"] = True
            state["in"] = name == "t" and not state["phonetic"]

        def end(name: str) -> None:
            if name == "si":
                text = "".join(parts)[: LONGEST_CELL + 1]
                state["size"] += len(text) + 50
                if state["size"] > MOST_TEXTS:
                    raise Unreadable(_("This workbook has too much text. Send it in parts."))
                texts.append(text)
            elif name == "rPh":
                state["phonetic"] = False
            state["in"] = False

        def text(data: str) -> None:
            if state["in"]:
                parts.append(data)

        self._all("xl/sharedStrings.xml", start=start, end=end, text=text)
        return texts

    def _read_styles(self) -> list[bool]:
        """Of each style of cells whether it shows numbers as days or times."""
        if "xl/styles.xml" not in self._names:
            return []
        formats: dict[int, bool] = {}
        dates: list[bool] = []
        state = {"in": False}

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == "numFmt":
                plain = _QUOTED.sub("", attributes.get("formatCode", ""))
                is_date = bool(_DATE_LETTERS.search(plain))
                formats[int(attributes.get("numFmtId", "0"))] = is_date
            elif name == "cellXfs":
                state["in"] = True
            elif name == "xf" and state["in"]:
                number = int(attributes.get("numFmtId", "0"))
                dates.append(formats.get(number, number in _DATE_FORMATS))

        def end(name: str) -> None:
            if name == "cellXfs":
                state["in"] = False

        self._all("xl/styles.xml", start=start, end=end)
        return dates

    def rows(self, path: str) -> Iterator[Line]:
        """The rows of a sheet that have anything in them."""
        sheet = _Sheet(self._texts, self._dates, self.starts)
        for _piece in self._parse(path, start=sheet.start, end=sheet.end, text=sheet.text):
            yield from sheet.done
            sheet.done.clear()


class _Sheet:
    """Gathers cells and rows from what the parser reads."""

    def __init__(self, texts: list[str], dates: list[bool], starts: datetime) -> None:
        self._texts, self._dates, self._starts = texts, dates, starts
        self.done: list[Line] = []
        self._number = 0
        self._cells: list[str] = []
        self._column = 0
        self._kind = ""
        self._style = 0
        self._parts: list[str] = []
        self._size = 0
        self._reads = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._column = _column(attributes.get("r", ""), len(self._cells))
            if self._column >= MOST_COLUMNS:
                raise Unreadable(too_wide(self._column + 1))
            self._kind = attributes.get("t", "n")
            self._style = int(attributes.get("s", "0"))
            self._parts, self._size = [], 0
        elif name in ("v", "t"):
            self._reads = True
        elif name == "row":
            self._number = int(attributes.get("r", self._number + 1))
            self._cells = []

    def text(self, data: str) -> None:
        if self._reads and self._size <= LONGEST_CELL:
            self._parts.append(data)
            self._size += len(data)

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._reads = False
        elif name == "c":
            text = self._value("".join(self._parts))
            if text:
                self._cells += [""] * (self._column + 1 - len(self._cells))
                self._cells[self._column] = text
        elif name == "row" and any(cell.strip() for cell in self._cells):
            self.done.append(Line(self._number, self._cells))

    def _value(self, text: str) -> str:
        if self._kind == "s":
            place = int(text) if text.isdigit() else -1
            return self._texts[place] if 0 <= place < len(self._texts) else ""
        if self._kind == "b":
            return "true" if text == "1" else "false"
        if self._kind == "e":
            return ""
        if self._kind == "n" and text:
            is_date = self._style < len(self._dates) and self._dates[self._style]
            return self._day(text) if is_date else _number(text)
        return text.replace("\0", "")

    def _day(self, text: str) -> str:
        try:
            at = self._starts + timedelta(days=float(text))
        except (ValueError, OverflowError):
            return text
        at = (at + timedelta(milliseconds=500)).replace(microsecond=0)
        return at.date().isoformat() if at.time().isoformat() == "00:00:00" else at.isoformat(" ")


def too_wide(columns: int) -> str:
    """What to say of more columns than are taken."""
    message = _("The file has %(count)d columns or more; at most %(most)d are taken.")
    return message % {"count": columns, "most": MOST_COLUMNS}


def _refuse_doctype(*_declared: Any) -> None:
    raise _unreadable()


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _column(reference: str, following: int) -> int:
    """`AB12` → 27; a cell without a reference follows the last."""
    column = 0
    for letter in reference[:4]:
        if not "A" <= letter <= "Z":
            break
        column = column * 26 + ord(letter) - 64
    return column - 1 if column else following


def _number(text: str) -> str:
    """As a person would write it: 41446681800, not 4.14466818E10."""
    if text.isdigit():
        return text
    try:
        number = Decimal(repr(float(text)))
    except (InvalidOperation, ValueError, OverflowError):
        return text
    if not number.is_finite() or abs(number.adjusted()) > 30:
        return text
    plain = format(number, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
