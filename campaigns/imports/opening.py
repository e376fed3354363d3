"""What kind of table a file is. Like the readers it leads to, it knows neither models nor database.

It runs in a process of its own (`campaigns.imports.child`).
"""

from functools import partial
from typing import IO

from django.utils.translation import gettext as _

from campaigns.imports import csv_files, xlsx_files
from campaigns.imports.limits import CHUNK, SAMPLE
from campaigns.imports.tables import Table, Unreadable

# What other files start with, and what to do about them.
_OTHERS = (
    (b"\xd0\xcf\x11\xe0", "xls"),
    (b"%PDF", "other"),
    (b"\x1f\x8b", "packed"),
    (b"7z\xbc\xaf", "packed"),
    (b"Rar!", "packed"),
    (b"\x89PNG", "other"),
    (b"\xff\xd8\xff", "other"),
)


def open_table(file: IO[bytes]) -> Table:
    """The table in a file that can be sought in; raises `Unreadable` with what to do instead."""
    sample = file.read(SAMPLE)
    if not sample.strip():
        raise Unreadable(_("The file is empty."))
    for start, kind in _OTHERS:
        if sample.startswith(start):
            raise Unreadable(_instead(kind))
    file.seek(0)
    if sample.startswith(b"PK"):
        return xlsx_files.read(file)
    return csv_files.read(sample, iter(partial(file.read, CHUNK), b""))


def _instead(kind: str) -> str:
    if kind == "xls":
        return _("This is a workbook of the old kind, or one with a password. Save it as .xlsx.")
    if kind == "packed":
        return _("This file is packed. Unpack it, and send the table in it.")
    return _("This is not a table. Send CSV, or an Excel workbook (.xlsx).")
