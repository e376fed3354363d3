"""Files of leads: tried out, taken in with normalising, matching and every index, and undone."""

import time
from collections.abc import Callable, Iterator

from django.db import connection

from accounts.actors import Actor, user_actor
from accounts.models import Membership, User, Workspace
from accounts.permissions import Role
from accounts.tenancy import scope
from benchmarks.results import Result
from campaigns.imports import imports, work
from campaigns.models import Import

ROWS = 20_000
_HEADERS = "First name,Last name,E-mail,Phone,Company,Job title,City,Country,Shirt,Tags"


def measure(workspace: Workspace) -> Iterator[Result]:
    """By one worker; beside a bare COPY of the same rows in the same run."""
    actor = _importer(workspace)
    rows = [_row(number) for number in range(ROWS)]
    content = "\n".join([_HEADERS, *rows]).encode() + b"\n"
    with scope(workspace.pk):
        row = imports.receive(
            [content],
            actor=actor,
            file_name="bench.csv",
            size=len(content),
            settings={"new_list_name": "Bench"},
        )
    work.work_off(slice_seconds=3600)
    least = _bare_copy(rows)
    for what, verb, must in (
        ("tried out", imports.save_mapping, None),
        ("taken in, into a list", imports.run, 5_000),
        ("undone", imports.undo, None),
    ):
        rate = _timed(row, workspace, actor, verb)
        yield Result(
            f"import, {ROWS:,} rows {what}",
            f"{rate:,.0f} rows/s",
            f"≥ {must:,}/s" if must else "",
            holds=rate >= must if must else None,
            beside=f"bare COPY of the same rows: {least:,.0f}/s, {least / rate:,.0f} times as fast",
        )


def _timed(row: Import, workspace: Workspace, actor: Actor, verb: Callable[..., Import]) -> float:
    with scope(workspace.pk):
        verb(row.pk, actor=actor)
    began = time.perf_counter()
    work.work_off(slice_seconds=3600)
    return ROWS / (time.perf_counter() - began)


def _importer(workspace: Workspace) -> Actor:
    user = User.objects.create_user("importer@example.com", name="Importer")
    Membership.objects.create(user=user, workspace=workspace, role=Role.OWNER)
    return user_actor(user, workspace, Role.OWNER, via="page")


def _row(number: int) -> str:
    phone = f"+1 415 {200 + number // 10_000:03} {number % 10_000:04}"
    person = f"First{number},Last{number},import{number}@example{number % 50}.com"
    return f"{person},{phone},Company {number % 500},CEO,Oakland,US,{'SML'[number % 3]},fair"


def _bare_copy(rows: list[str]) -> float:
    columns = ", ".join(f"c{place} text" for place in range(_HEADERS.count(",") + 1))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE bare ({columns})")
        began = time.perf_counter()
        with cursor.copy("COPY bare FROM STDIN (FORMAT csv)") as copy:
            copy.write("\n".join(rows) + "\n")
        took = time.perf_counter() - began
        cursor.execute("DROP TABLE bare")
    return len(rows) / took
