"""Processes that die between the commit and the hint to a worker: beat finds what was missed."""

import time

import pytest

from tests.concurrency import eventually
from tests.faults import audit
from tests.faults.ledger import Ledger

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

FAILPOINT = {"LEADLOOP_FAILPOINT": "after-commit-before-nudge"}
# Beat looks every 5 s; the rest is for a busy machine.
SWEEP_SECONDS = 20


def is_told(site, lead):
    """Whether the platform has accepted that this lead was completed."""
    status = "SELECT status FROM conversions_upload WHERE lead_id = %s AND trigger = 'completed'"
    return site.rows(status, lead["id"]) == [("accepted",)]


def test_web_dies_after_the_commit_and_the_effect_comes_with_the_next_sweep(site, ledger):
    doomed = Ledger(site.start_web("doomed", **FAILPOINT), ledger.api_key)
    lead = ledger.lead()
    ledger.move(lead, "qualify")
    site.settle()
    entry = doomed.enter("complete", f"leads/{lead['id']}/complete/")
    body = {"notes": entry.key}
    assert doomed.once(entry, body).status == 0
    eventually(lambda: site.processes["doomed"].ended(), "the web server dying", 20)
    site.end("doomed")
    assert site.value("SELECT status FROM leads_lead WHERE id = %s", lead["id"]) == "completed"
    began = time.monotonic()
    eventually(lambda: is_told(site, lead), "the platform being told", SWEEP_SECONDS)
    assert time.monotonic() - began < SWEEP_SECONDS
    # Another web server gives the answer that the first could not, and does nothing twice.
    doomed.port = ledger.port
    assert doomed.once(entry, body).headers["idempotent-replayed"] == "true"
    site.settle()
    audit.check(site, ledger, doomed)


def test_a_worker_dies_after_the_commit_and_the_effect_comes_with_the_next_sweep(site, ledger):
    lead = ledger.lead()
    ledger.move(lead, "qualify")
    site.settle()
    site.end("worker")
    site.start_worker("doomed", **FAILPOINT)
    try:
        ledger.move(lead, "complete")
        eventually(lambda: "WorkerLostError" in site.log("doomed"), "the worker dying", 30)
    finally:
        site.end("doomed")
        site.start_worker("worker")
    eventually(lambda: is_told(site, lead), "the platform being told", SWEEP_SECONDS)
    site.settle()
    audit.check(site, ledger)
