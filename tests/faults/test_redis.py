"""Redis gone, and Redis full: whoever calls does not notice, and the backlog drains by itself."""

import pytest

from tests.concurrency import eventually
from tests.faults import audit

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]


def failures(ledger):
    return {status for status in ledger.statuses if status >= 500 or status == 0}


def test_without_redis_the_api_accepts_and_the_backlog_drains_when_it_is_back(site, ledger):
    before = site.pids()
    with site.without_redis(), ledger.under_load(clients=4) as load:
        load.more(10)
        allowed = [
            int(ledger.call("GET", "leads/").headers["ratelimit-remaining"]) for _call in "ab"
        ]
        assert allowed[0] > allowed[1], "the web process counts by itself"
    assert not failures(ledger)
    delivered = len(site.google.effects)
    eventually(lambda: len(site.google.effects) > delivered, "deliveries going on", 30)
    site.settle()
    assert site.pids() == before, "something had to be started again"
    audit.check(site, ledger)


def test_a_full_redis_refuses_nobody_and_the_backlog_drains_once_there_is_room(site, ledger):
    before = site.pids()
    with site.full_redis(), ledger.under_load(clients=4) as load:
        load.more(10)
    assert not failures(ledger)
    delivered = len(site.google.effects)
    eventually(lambda: len(site.google.effects) > delivered, "deliveries going on", 30)
    site.settle()
    assert site.pids() == before, "something had to be started again"
    audit.check(site, ledger)
