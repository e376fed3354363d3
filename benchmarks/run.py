"""`make bench`: what is measured, beside its floor in the same run, into benchmarks/results.md.

    BENCH_LEADS=1000000 make bench

Everything runs on this one machine: PostgreSQL, Valkey, one granian process and the load. Figures
vary between runs and machines; compare the ratios within one.
"""

import os
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django
import orjson

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from accounts.api_keys import create_key  # noqa: E402
from accounts.models import Membership, User, Workspace  # noqa: E402
from accounts.tenancy import scope, system_scope  # noqa: E402
from benchmarks import clients  # noqa: E402
from benchmarks.loading import load, make_workspaces  # noqa: E402
from integrations import outbox  # noqa: E402
from leads import sweeping  # noqa: E402
from leads.models import Contact, Lead  # noqa: E402

HOST = "127.0.0.1"
RESULTS = Path(__file__).with_name("results.md")
LEADS = int(os.environ.get("BENCH_LEADS", "100000"))
DUE = 20_000

Result = tuple[str, str, str, str]
FILTERS = {
    "newest": "",
    "status": "status=qualified,scheduled",
    "hottest": "heat=HOT&ordering=-heat_score",
    "source and status": "source=website&status=new",
    "never contacted": "never_contacted=true",
    "follow-ups due": "follow_up_due=true",
    "rare tag": "tag=rare",
    "common tag": "tag=newsletter",
    "with count": "count=true",
}
SEARCHES = {
    "search by name": "q=greta+haddad",
    "search by part of an e-mail": "q=archer.4242",
    "search by phone": "q=%28312%29+000-4242",
}


def main() -> None:
    call_command("migrate", verbosity=0)
    workspaces = make_workspaces()
    Workspace.objects.update(rate_limit_per_hour=10_000_000)
    began = time.perf_counter()
    load(workspaces, LEADS)
    loaded = time.perf_counter() - began
    results: list[Result] = [
        ("load by COPY, with every index", f"{LEADS / loaded:,.0f} leads/s", "", f"{loaded:.0f} s")
    ]
    with web() as port:
        results += [*lists(port, workspaces[0]), *pages(port, workspaces[0])]
        results += [conversions(port, workspaces[1])]
    results += [*sweep(workspaces[0]), drain()]
    write(results)


@contextmanager
def web() -> Iterator[int]:
    """One granian process on a free port, as `make run` starts it."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    command = ["granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)]
    command += ["--workers", "1", "--blocking-threads", "8", "--log-level", "warning"]
    command += ["config.wsgi:application"]
    # A line a request would measure the terminal too.
    quiet = os.environ | {"LOG_LEVEL": "WARNING"}
    server = subprocess.Popen([sys.executable, "-m", *command], env=quiet)
    try:
        wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_for(port: int) -> None:
    for _try in range(300):
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("The web server did not start.")


def floor(workspace: Workspace) -> float:
    """Milliseconds of the list's bare SQL under the policies: the least any list can take."""
    with scope(workspace.pk), connection.cursor() as cursor:
        times = []
        for _round in range(50):
            began = time.perf_counter()
            cursor.execute(
                "SELECT id FROM leads_lead WHERE workspace_id = %s AND deleted_at IS NULL"
                " ORDER BY created_at DESC, id DESC LIMIT 51",
                [workspace.pk],
            )
            cursor.fetchall()
            times.append((time.perf_counter() - began) * 1000)
    return sorted(times)[len(times) // 2]


def lists(port: int, workspace: Workspace) -> Iterator[Result]:
    _row, key = create_key(
        organization=workspace.organization, workspace=workspace, name="Bench", scopes=["read"]
    )
    headers = {"X-API-Key": key}
    least = floor(workspace)
    must = {4: 50, 16: 150}
    for name, query in FILTERS.items():
        for count, limit in must.items():
            call = clients.get(f"/api/v1/leads/?{query}", headers)
            times = clients.together(HOST, port, call, clients=count, requests=count * 15)
            yield (
                f"lead list, {name}, {count} clients",
                f"p95 {times.p95:.0f} ms",
                f"≤ {limit} ms",
                f"bare SQL {least:.2f} ms; {times.rate:.0f}/s",
            )
    for name, query in SEARCHES.items():
        call = clients.get(f"/api/v1/leads/?{query}", headers)
        times = clients.together(HOST, port, call, clients=1, requests=30)
        yield name, f"p95 {times.p95:.0f} ms", "≤ 60 ms", f"median {times.median:.0f} ms"


def pages(port: int, workspace: Workspace) -> Iterator[Result]:
    user = User.objects.create_user("bench@example.com", "unused-but-long")
    Membership.objects.create(user=user, workspace=workspace, role="manager")
    headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={sign_in(user)}"}
    with scope(workspace.pk):
        number = Lead.objects.order_by("-created_at").values_list("number", flat=True)[0]
    for name, path in {
        "page Leads": "leads/",
        "page Leads, filtered": "leads/?status=qualified&heat=HOT",
        "page Lead": f"leads/{number}/",
        "page Uploads": "uploads/",
    }.items():
        call = clients.get(f"/w/{workspace.slug}/{path}", headers)
        times = clients.together(HOST, port, call, clients=1, requests=30)
        yield name, f"p95 {times.p95:.0f} ms", "≤ 150 ms", f"median {times.median:.0f} ms"


def sign_in(user: User) -> str:
    """A session of that person, as signing in makes it."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def conversions(port: int, workspace: Workspace) -> Result:
    _row, key = create_key(
        organization=workspace.organization, workspace=workspace, name="Bench", scopes=["convert"]
    )
    with scope(workspace.pk):
        contacts = [str(pk) for pk in Contact.objects.values_list("pk", flat=True)[:1500]]

    def body(number: int) -> bytes:
        return orjson.dumps(
            {
                "contact_id": contacts[number],
                "conversion_type": "newsletter",
                "converted_by": "bench",
                "conversion_value": "10.00",
            }
        )

    call = clients.post("/api/v1/conversions/log/", body, {"X-API-Key": key})
    times = clients.together(HOST, port, call, clients=64, requests=len(contacts))
    return (
        "POST conversion, 64 clients",
        f"{times.rate:.0f}/s, p95 {times.p95:.0f} ms",
        "≥ 150/s",
        f"{len(contacts)} acknowledged",
    )


def sweep(workspace: Workspace) -> Iterator[Result]:
    began = time.perf_counter()
    sweeping.close_overdue()
    nothing = (time.perf_counter() - began) * 1000
    yield "timer sweep, nothing due", f"{nothing:.0f} ms", "≤ 50 ms", ""
    due = min(DUE, LEADS // 10)
    with system_scope():
        waiting = Lead.objects.in_workspace(workspace.pk).filter(status="new")
        chosen = list(waiting.values_list("pk", flat=True)[:due])
        Lead.objects.filter(pk__in=chosen).update(
            auto_close_alarm_at=datetime.now(UTC) - timedelta(minutes=1)
        )
    began = time.perf_counter()
    closed = sweeping.close_overdue()
    took = time.perf_counter() - began
    yield (
        f"timer sweep, {due:,} due",
        f"{took:.1f} s",
        "20,000 in 60 s",
        f"{closed / took:,.0f}/s",
    )


def drain() -> Result:
    began = time.perf_counter()
    done = 0
    while done < 5000 and (taken := outbox.drain()):
        done += taken
    took = time.perf_counter() - began
    return "outbox, events handed on by one worker", f"{done / took:,.0f}/s", "≥ 500/s", f"{done}"


def write(results: list[Result]) -> None:
    """The table, with the machine it was seen on."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
    lines = [
        "# Benchmark",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {LEADS:,} leads over three workspaces (60/30/10 %),",
        f"{os.cpu_count()} cores, Python {platform.python_version()}, PostgreSQL {version};",
        "database, web and load on the one machine. Made by `make bench`.",
        "",
        "| what | seen | must | beside it |",
        "|---|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in results),
        "",
    ]
    RESULTS.write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
