"""Lists, campaigns and their queue, files of leads in and out."""

import csv
import http.client
import io
import statistics
import time
from collections.abc import Iterator
from uuid import uuid4

import orjson
from django.db import connection, transaction

from accounts.actors import Actor, key_actor
from accounts.api_keys import create_key
from accounts.models import Workspace
from accounts.permissions import Scope
from accounts.tenancy import scope
from benchmarks import clients, loading
from benchmarks.results import Result
from campaigns import criteria, enrolment, lists, membership, running, smart_lists
from campaigns.exports import exports, making
from campaigns.imports import imports, work
from campaigns.models import Campaign, Export, Import, LeadList
from leads.models import Lead

# As `design/quality.md` asks; with fewer leads, a part of them.
ATTACHED, IMPORTED, EXPORTED = 100_000, 50_000, 100_000
CALLERS, CALLS = 50, 2_000
EVALUATED = 300_000
RULES = {
    "open ones of two sources": {"open": ["true"], "source": ["website", "referral"]},
    "hot or asked for": {"heat": ["HOT"], "status": ["qualified", "scheduled"]},
    "quiet for 30 days": {"open": ["true"], "last_contacted_before": ["30d"]},
    "a tag": {"tag": ["newsletter"]},
    "a custom field": {"attr.segment": ["common"]},
}
ROUNDS = 5
MANY_AT_ONCE = 5_000
HEADER = ["First name", "Last name", "E-mail", "Phone", "Company", "Source", "Notes"]


def measure(port: int, workspaces: list[Workspace], *, leads: int) -> Iterator[Result]:
    """Lists of the second workspace, all else of the first."""
    row, key = create_key(
        organization=workspaces[0].organization,
        workspace=workspaces[0],
        name="Bench campaigns",
        scopes=tuple(Scope),
    )
    actor = key_actor(row, workspaces[0])
    yield from _evaluation(workspaces[1])
    yield from _rebuild(actor)
    number = min(ATTACHED, leads // 10)
    campaign, attached = _attach(actor, number)
    yield attached
    yield _next(port, campaign, {"X-API-Key": key}, min(CALLS, number))
    yield from _import(actor, min(IMPORTED, leads // 10))
    yield from _export(actor, min(EXPORTED, leads // 10))


def _evaluation(workspace: Workspace) -> Iterator[Result]:
    """Whom a rule finds, all of them: what a dynamic list asks each time."""
    with scope(workspace.pk):
        everybody = Lead.objects.in_workspace(workspace.pk).count()
        bare = _median(lambda: Lead.objects.in_workspace(workspace.pk).alive().count())
    for what, rule in RULES.items():
        with scope(workspace.pk):
            found = criteria.leads_of(rule, workspace=workspace).order_by()
            number = found.count()
            took = _median(found.count)
        limit = 300 * max(1.0, everybody / EVALUATED)
        yield Result(
            f"list evaluation, {what}, {everybody:,} leads",
            f"{took:.0f} ms",
            f"≤ {limit:.0f} ms",
            holds=took <= limit,
            beside=f"{number:,} found; all counted, bare {bare:.0f} ms",
        )


def _median(run: object) -> float:
    times = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        run()  # type: ignore[operator]
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def _rebuild(actor: Actor) -> Iterator[Result]:
    """A smart list of half the workspace: filled, and gone through when nothing has changed."""
    workspace = actor.own_workspace
    with scope(workspace.pk):
        everybody = Lead.objects.in_workspace(workspace.pk).count()
        values = {"name": "Bench open", "list_type": "smart", "criteria": {"open": ["true"]}}
        row = lists.create(actor=actor, values=values)
    for what in ("full rebuild of a smart list, from nothing", "the same, nothing changed"):
        began = time.perf_counter()
        smart_lists.rebuild(row)
        took = time.perf_counter() - began
        with scope(workspace.pk):
            row = LeadList.objects.get(pk=row.pk)
        yield Result(
            f"{what}, {everybody:,} leads",
            f"{took:.1f} s",
            beside=f"{row.lead_count:,} in the list; {everybody / took:,.0f} leads/s",
        )
    with scope(workspace.pk):
        # What is measured after this would feed it.
        lists.change(row, actor=actor, changes={"is_archived": True})


def _attach(actor: Actor, number: int) -> tuple[Campaign, Result]:
    workspace = actor.own_workspace
    with scope(workspace.pk):
        group = lists.create(actor=actor, values={"name": "Bench callers"})
        ids = list(
            Lead.objects.in_workspace(workspace.pk)
            .open()
            .order_by("pk")
            .values_list("pk", flat=True)[:number]
        )
    began = time.perf_counter()
    for start in range(0, len(ids), MANY_AT_ONCE):
        with scope(workspace.pk):
            membership.add(group, ids[start : start + MANY_AT_ONCE], actor=actor)
    added = time.perf_counter() - began
    with scope(workspace.pk):
        campaign = running.create(actor=actor, values={"name": "Bench", "calling_hours": None})
    began = time.perf_counter()
    with scope(workspace.pk):
        done = enrolment.attach(campaign, group, actor=actor)
    took = time.perf_counter() - began
    with scope(workspace.pk):
        running.start(campaign, actor=actor)
    limit = 10 * len(ids) / ATTACHED
    return campaign, Result(
        f"attaching a list of {len(ids):,}",
        f"{took:.1f} s",
        f"≤ {limit:.1f} s",
        holds=took <= limit,
        beside=f"{done.added:,} enrolled; putting them into the list {added:.1f} s",
    )


def _next(port: int, campaign: Campaign, headers: dict[str, str], calls: int) -> Result:
    """Callers that ask at once; each answer names another lead."""
    handed: list[str] = []

    def call(connection: http.client.HTTPConnection, _number: int) -> int:
        connection.request("POST", f"/api/v1/campaigns/{campaign.pk}/next/", headers=headers)
        response = connection.getresponse()
        body = response.read()
        if response.status == 200:
            handed.append(orjson.loads(body)["id"])
        return response.status

    # Each connection plans once; what is measured is the hours after that.
    clients.together(port, call, clients=CALLERS, requests=2 * CALLERS)
    times = clients.together(port, call, clients=CALLERS, requests=calls)
    twice = len(handed) - len(set(handed))
    return Result(
        f"next call, {CALLERS} callers at once",
        f"p95 {times.p95:.0f} ms",
        "≤ 100 ms, none twice",
        holds=times.p95 <= 100 and twice == 0,
        beside=f"{twice} twice; median {times.median:.0f} ms; {times.rate:.0f}/s",
    )


def _import(actor: Actor, number: int) -> Iterator[Result]:
    """A file with a tenth of people who are known, tried out, taken in and undone."""
    workspace = actor.own_workspace
    data = _file(actor, number)
    least = _copied(data)
    with scope(workspace.pk):
        row = imports.receive(
            [data],
            actor=actor,
            file_name="bench.csv",
            size=len(data),
            settings={"duplicates": "fill", "new_list_name": "Bench import"},
        )
    reading = _worked()
    with scope(workspace.pk):
        imports.save_mapping(row.pk, actor=actor)
    trying = _worked()
    with scope(workspace.pk):
        imports.run(row.pk, actor=actor)
    taking = _worked()
    with scope(workspace.pk):
        row = Import.objects.get(pk=row.pk)
    rate = number / (reading + taking)
    yield Result(
        f"CSV import with normalising, matching and every index, {number:,} rows",
        f"{rate:,.0f} rows/s",
        "≥ 5,000/s",
        holds=rate >= 5_000 and row.status == Import.Status.COMPLETED,
        beside=(
            f"{rate / least:.1%} of raw COPY ({least:,.0f} rows/s); read {reading:.1f} s, taken in"
            f" {taking:.1f} s; dry run {number / trying:,.0f} rows/s; {row.created:,} new,"
            f" {row.updated:,} updated, {row.skipped:,} skipped, {row.failed:,} refused"
        ),
    )
    with scope(workspace.pk):
        imports.undo(row.pk, actor=actor)
    undoing = _worked()
    with scope(workspace.pk):
        row = Import.objects.get(pk=row.pk)
    yield Result(
        "undoing that import",
        f"{number / undoing:,.0f} rows/s",
        beside=f"{undoing:.1f} s; {row.status}",
    )


def _worked() -> float:
    """Seconds until a worker has nothing to do."""
    began = time.perf_counter()
    work.work_off()
    return time.perf_counter() - began


def _file(actor: Actor, number: int) -> bytes:
    workspace = actor.own_workspace
    with scope(workspace.pk):
        known = list(
            Lead.objects.in_workspace(workspace.pk)
            .exclude(contact__email="")
            .order_by("-pk")
            .values_list("contact__email", flat=True)[: number // 10]
        )
    mark = uuid4().hex[:6]
    text = io.StringIO(newline="")
    out = csv.writer(text)
    out.writerow(HEADER)
    for n in range(number):
        first, last = loading.name(n)
        email = (
            known[n // 10] if n % 10 == 0 and n // 10 < len(known) else f"{mark}.{n}@example.org"
        )
        phone = f"({212 + n % 600}) {200 + n // 1000 % 700}-{n % 10_000:04}"
        out.writerow([first, last, email, phone, f"Firm {n % 997}", "website", "Met at the fair"])
    return text.getvalue().encode()


def _copied(data: bytes) -> float:
    """Rows a second of the same file by COPY, into a table of texts without an index."""
    columns = ", ".join(f"c{n} text" for n in range(len(HEADER)))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE bench_raw ({columns}) ON COMMIT DROP")
        began = time.perf_counter()
        with cursor.copy("COPY bench_raw FROM STDIN (FORMAT csv, HEADER)") as copy:
            copy.write(data)
        took = time.perf_counter() - began
    return data.count(b"\n") / took


def _export(actor: Actor, number: int) -> Iterator[Result]:
    """Both kinds of file, by a worker."""
    workspace = actor.own_workspace
    for kind in Export.Format:
        with scope(workspace.pk):
            asked = exports.question(actor=actor, filter={"open": ["true"]})
            row = exports.ask(asked, actor=actor, file_format=kind.value)
        began, written = time.perf_counter(), 0
        while written < number:
            # A slice at a time: the file may be larger than what is measured.
            some = making.work_off(slice_seconds=0.5, until=0)
            written += some
            if not some:
                break
        took = time.perf_counter() - began
        with scope(workspace.pk):
            row = exports.discard(row, actor=actor)
        yield Result(
            f"export in the background, {kind.label}",
            f"{written / took:,.0f} rows/s",
            beside=f"{written:,} rows, {row.file_size / 1e6:.1f} MB",
        )
