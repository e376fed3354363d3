"""`make bench`: what is measured, beside its floor in the same run, into benchmarks/results.md.

    BENCH_LEADS=1000000 make bench

Everything runs on this one machine: PostgreSQL, Valkey, two granian processes and the load. Figures
vary between runs and machines; compare the ratios within one.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from accounts.models import Workspace  # noqa: E402
from benchmarks import assigning, campaigns, imports, jobs, pages, reads, results, writes  # noqa: E402
from benchmarks.clients import HOST  # noqa: E402
from benchmarks.loading import load, make_workspaces  # noqa: E402

LEADS = int(os.environ.get("BENCH_LEADS", "100000"))
# As the operators' page has it for two cores.
WEB_PROCESSES = 2


def main() -> None:
    call_command("migrate", verbosity=0)
    workspaces = make_workspaces()
    Workspace.objects.update(rate_limit_per_hour=10_000_000)
    began = time.perf_counter()
    load(workspaces, LEADS)
    took = time.perf_counter() - began
    loaded = results.Result(
        "load by COPY, with every index", f"{LEADS / took:,.0f} leads/s", beside=f"{took:.0f} s"
    )
    table = [*said([loaded])]
    try:
        table.extend(said(measured(workspaces)))
    finally:
        # What was seen before something broke is not lost.
        results.write(table, leads=LEADS)


def measured(workspaces: list[Workspace]) -> Iterator[results.Result]:
    with web() as port:
        yield from reads.measure(port, workspaces[0])
        yield from pages.measure(port, workspaces[0])
        yield from writes.measure(port, workspaces[1])
        yield from campaigns.measure(port, workspaces, leads=LEADS)
    yield from jobs.measure(workspaces[0], leads=LEADS)
    yield from assigning.measure(workspaces[2])
    yield from imports.measure(workspaces[1])


def said(rows: Iterable[results.Result]) -> Iterator[results.Result]:
    """Each on the terminal as it comes: a million leads take half an hour."""
    for row in rows:
        print(row.line, flush=True)
        yield row


@contextmanager
def web() -> Iterator[int]:
    """The web server on a free port, as the operators' page starts it."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    command = ["granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)]
    command += ["--workers", str(WEB_PROCESSES), "--blocking-threads", "16"]
    command += ["--blocking-threads-idle-timeout", "600"]
    command += ["--log-level", "error", "config.wsgi:application"]
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


if __name__ == "__main__":
    main()
