"""Rows of the benchmark's table, and the page they are written to."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection

PAGE = Path(__file__).with_name("results.md")


@dataclass(frozen=True)
class Result:
    """What was measured, what was seen, what must be, and the floor or rate beside it."""

    what: str
    seen: str
    must: str = ""
    holds: bool | None = None
    beside: str = ""

    @property
    def line(self) -> str:
        holds = {None: "", True: "yes", False: "**no**"}[self.holds]
        return f"| {self.what} | {self.seen} | {self.must} | {holds} | {self.beside} |"


def write(results: Sequence[Result], *, leads: int) -> None:
    """The table, with the machine it was seen on."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
    missed = sum(row.holds is False for row in results)
    lines = [
        "# Benchmark",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {leads:,} leads over three workspaces (60/30/10 %),",
        f"{os.cpu_count()} cores, Python {platform.python_version()}, PostgreSQL {version};",
        "database, web (two processes) and load on the one machine. Made by `make bench`.",
        "Figures vary between runs and machines: compare what stands beside each other.",
        "",
        f"What must hold and does not: {missed or 'nothing'}.",
        "",
        "| what | seen | must | holds | beside it |",
        "|---|---|---|---|---|",
        *(row.line for row in results),
        "",
    ]
    PAGE.write_text("\n".join(lines))
