"""Conversions coming in over HTTP: one by one from many clients, and in batches."""

import threading
import time
from collections.abc import Iterator

import orjson
from django.db import connection, connections

from accounts.api_keys import create_key
from accounts.bulk import insert_rows
from accounts.models import Workspace
from accounts.tenancy import scope
from benchmarks import clients
from benchmarks.results import Result
from conversions.models import Conversion
from leads.models import Contact

SINGLE_CLIENTS = 64
SINGLES = 3000
# Two for each web process: of two alone, both are often taken by the same one.
BATCH_CLIENTS = 4
BATCH = 1000
BATCHES = 12


def measure(port: int, workspace: Workspace) -> Iterator[Result]:
    """Each conversion is of a contact of its own with an open or closed lead."""
    _row, key = create_key(
        organization=workspace.organization, workspace=workspace, name="Bench", scopes=["convert"]
    )
    headers = {"X-API-Key": key}
    needed = SINGLES + BATCH * BATCHES
    with scope(workspace.pk):
        contacts = list(Contact.objects.values_list("pk", flat=True)[:needed])
    least = _bare_inserts(workspace, contacts[:SINGLES])
    call = clients.post("/api/v1/conversions/log/", _single(contacts), headers)
    times = clients.together(port, call, clients=SINGLE_CLIENTS, requests=SINGLES)
    stored = _stored(workspace)
    yield Result(
        f"POST conversion, {SINGLE_CLIENTS} clients",
        f"{times.rate:.0f}/s, p95 {times.p95:.0f} ms, {SINGLES - stored} lost",
        "≥ 150/s, 0 lost",
        holds=times.rate >= 150 and stored == SINGLES,
        beside=f"one bare INSERT a transaction, 8 connections: {least:,.0f}/s",
    )
    least = _bare_bulk(workspace, contacts[:BATCH])
    body = _batch(contacts[SINGLES:])
    call = clients.post("/api/v1/conversions/batch/", body, headers)
    times = clients.together(port, call, clients=BATCH_CLIENTS, requests=BATCHES)
    rate = times.rate * BATCH
    stored = _stored(workspace) - SINGLES
    yield Result(
        f"POST batch of {BATCH:,} conversions, {BATCH_CLIENTS} clients",
        f"{rate:,.0f} rows/s, {BATCH * BATCHES - stored} lost",
        "≥ 3,000 rows/s",
        holds=rate >= 3000 and stored == BATCH * BATCHES,
        beside=f"bare INSERT of the conversions alone: {least:,.0f} rows/s",
    )


def _row(contact_id: object) -> dict[str, str]:
    return {
        "contact_id": str(contact_id),
        "conversion_type": "newsletter",
        "converted_by": "bench",
        "conversion_value": "10.00",
    }


def _single(contacts: list[object]) -> clients.Body:
    return lambda number: orjson.dumps(_row(contacts[number]))


def _batch(contacts: list[object]) -> clients.Body:
    def body(number: int) -> bytes:
        some = contacts[number * BATCH : (number + 1) * BATCH]
        return orjson.dumps({"conversions": [_row(contact_id) for contact_id in some]})

    return body


def _stored(workspace: Workspace) -> int:
    with scope(workspace.pk):
        return Conversion.objects.in_workspace(workspace.pk).filter(converted_by="bench").count()


def _conversion(workspace: Workspace, contact_id: object) -> Conversion:
    return Conversion(
        workspace=workspace,
        contact_id=contact_id,
        type="floor",
        converted_by="floor",
        converted_at=workspace.created_at,
    )


def _bare_inserts(workspace: Workspace, contacts: list[object]) -> float:
    """Rows a second that PostgreSQL commits one by one, for the same rows without all the rest."""
    waiting = list(contacts)

    def run() -> None:
        while True:
            try:
                contact_id = waiting.pop()
            except IndexError:
                break
            with scope(workspace.pk):
                insert_rows([_conversion(workspace, contact_id)])
        connections.close_all()

    threads = [threading.Thread(target=run) for _connection in range(8)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(contacts) / (time.perf_counter() - began)


def _bare_bulk(workspace: Workspace, contacts: list[object]) -> float:
    rows = [_conversion(workspace, contact_id) for contact_id in contacts]
    began = time.perf_counter()
    with scope(workspace.pk):
        insert_rows(rows)
    took = time.perf_counter() - began
    connection.close()
    return len(rows) / took
