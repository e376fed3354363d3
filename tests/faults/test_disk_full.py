"""A disk without room: 503 and no false acknowledgement, and all goes on once there is room."""

import os
import subprocess
from pathlib import Path

import psycopg
import pytest

from tests.concurrency import eventually
from tests.faults import audit
from tests.faults.ledger import Ledger
from tests.faults.site import running_site

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

DISK = "256m"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, which can be filled without harm to others."""
    disk = Path(tmp_path) / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=755", "tmpfs", str(disk)],
        capture_output=True,
        text=True,
    )
    if mounted.returncode != 0:
        pytest.skip(f"mounting is not allowed here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(ballast: Path) -> None:
    """Take all the room there is."""
    with ballast.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")
def test_a_full_disk_refuses_and_acknowledges_nothing_it_has_not_stored(small_disk):
    with running_site(small_disk / "data") as site:
        ledger = Ledger(site.ports["web"], site.known["home"])
        before = site.pids()
        ballast = small_disk / "ballast"
        with ledger.under_load(clients=4) as load:
            load.more(5)
            fill(ballast)
            eventually(lambda: 503 in ledger.statuses, "the first refusal", 60)
            ballast.unlink()
            if site.servers.processes[0].ended():
                # Without room for its log it stops rather than lose something; supervisors restart.
                site.servers.processes[0].spawn()
            load.more(5)
        site.settle()
        assert {status for status in ledger.statuses if status >= 500} == {503}
        assert site.pids() == before
        audit.check(site, ledger)
        with psycopg.connect(site.database_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
