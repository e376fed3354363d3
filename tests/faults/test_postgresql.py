"""PostgreSQL killed in the middle of everything: what was acknowledged is there, once."""

import time

import pytest

from tests.concurrency import eventually
from tests.faults import audit

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

RECOVERY_SECONDS = 30


def test_killed_under_load_it_loses_nothing_acknowledged_and_all_comes_back_by_itself(
    site, ledger, abroad
):
    before = site.pids()
    with ledger.under_load(clients=8) as load, abroad.under_load(clients=2):
        load.more(20)
        for _time in range(2):
            site.kill_postgresql()
            assert ledger.call("GET", "leads/").status in (0, 503)
            site.bring_postgresql_back()
            assert load.more(1, RECOVERY_SECONDS) < RECOVERY_SECONDS
            load.more(15)
        delivered_before = len(site.google.effects)
        began = time.monotonic()
        eventually(
            lambda: len(site.google.effects) > delivered_before, "worker and beat at work again", 30
        )
        assert time.monotonic() - began < RECOVERY_SECONDS
    site.settle()
    assert 503 in ledger.statuses, "nobody was writing when it was killed"
    assert not [status for status in ledger.statuses if status >= 500 and status != 503]
    assert len(ledger.acknowledged("conversion")) >= 50
    assert site.pids() == before, "something had to be started again"
    audit.check(site, ledger, abroad)
