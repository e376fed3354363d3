"""A live loop on the tests' own servers, and a site with servers that may be killed."""

import os
import uuid
from collections.abc import Iterator

import pytest
import redis

from tests.faults.ledger import Ledger
from tests.faults.processes import Background, test_database_url
from tests.faults.site import Site, running_site
from tests.loop import Loop
from tests.servers.google_data_manager import GoogleDataManagerServer


@pytest.fixture
def loop(committed_world, monkeypatch):
    with GoogleDataManagerServer() as google:
        monkeypatch.setenv("GOOGLE_DATA_MANAGER_URL", google.url)
        loop = Loop(committed_world, {"google_data_manager": google})
        loop.connection = loop.connect("google_data_manager", "completed")
        loop.server = google
        yield loop


@pytest.fixture
def broker():
    """The test's Redis, emptied before and after: a queue outlives the database of its test."""
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    client.flushall()
    yield client
    client.flushall()


@pytest.fixture
def start(tmp_path, loop, broker):
    """Start `worker` or `beat` on this test's database; all are ended with the test."""
    running = []

    def begin(role: str) -> Background:
        env = {"DATABASE_URL": test_database_url(), "UPLOAD_LEASE_SECONDS": "4"}
        log = tmp_path / f"{role}-{uuid.uuid4().hex[:6]}.log"
        arguments = {
            "worker": ["celery", "-A", "config", "worker", "-c", "2", "-l", "INFO"],
            "beat": ["celery", "-A", "config", "beat", "-s", str(tmp_path / "schedule")],
        }[role]
        process = Background(*arguments, log=log, env=env)
        running.append(process)
        if role == "worker":
            process.wait_for_line("ready.")
        return process

    yield begin
    for process in running:
        process.kill()


@pytest.fixture(scope="session")
def whole_site() -> Iterator[Site]:
    """Started once for all tests: what one leaves behind must not trouble the next."""
    with running_site() as site:
        yield site


@pytest.fixture
def site(whole_site: Site) -> Site:
    """The site, with platforms that behave and nothing under way."""
    whole_site.google.behave_normally()
    whole_site.meta.behave_normally()
    whole_site.mend()
    whole_site.settle()
    return whole_site


@pytest.fixture
def ledger(site: Site) -> Ledger:
    return Ledger(site.ports["web"], site.known["home"])


@pytest.fixture
def abroad(site: Site) -> Ledger:
    """The ledger of another organization, whose platform is another one too."""
    return Ledger(site.ports["web"], site.known["abroad"])
