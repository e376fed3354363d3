"""Platforms and rows that fail, seen from a running site: each failure stays with its own."""

import json
import subprocess
import sys

import pytest

from tests.concurrency import eventually
from tests.faults import audit
from tests.faults.processes import ROOT

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

MOST_TRIES = 8


def completed(ledger):
    lead = ledger.lead()
    ledger.move(lead, "qualify")
    ledger.move(lead, "complete")
    return lead


def upload(site, lead):
    """(status, attempts, event id) of the upload that tells of its completion, once it is there."""
    rows = site.rows(
        "SELECT status, attempts, event_id FROM conversions_upload"
        " WHERE lead_id = %s AND trigger = 'completed'",
        lead["id"],
    )
    return rows[0] if rows else ("", 0, "")


def becomes(site, lead, status, *, attempts=0, seconds=40):
    def is_there():
        now, tries, _event_id = upload(site, lead)
        return now == status and tries >= attempts

    eventually(is_there, f"an upload {status} after {attempts} attempts", seconds)


@pytest.mark.parametrize("trouble", ["lose", "reset", "half"])
def test_a_lost_answer_is_asked_for_again_under_the_same_id_with_one_effect(site, ledger, trouble):
    site.google.behave(trouble, seconds=0)
    lead = completed(ledger)
    becomes(site, lead, "retrying")
    event_id = upload(site, lead)[2]
    site.hurry()
    becomes(site, lead, "accepted", attempts=2)
    assert upload(site, lead)[2] == event_id
    (effect,) = [e for key, e in site.google.effects.items() if event_id in key]
    assert effect.received == (1 if trouble == "reset" else 2)
    site.settle()
    audit.check(site, ledger)


def test_a_platform_that_is_slow_or_down_delays_no_other_workspace(site, ledger, abroad):
    site.google.behave("slow", seconds=10)
    slow = completed(ledger)
    eventually(lambda: upload(site, slow)[0] == "sending", "the slow call")
    becomes(site, completed(abroad), "accepted", seconds=9)
    assert upload(site, slow)[0] == "sending"
    becomes(site, slow, "accepted")

    site.google.behave("fail", times=0, status=503)
    down = completed(ledger)
    for attempt in range(1, 6):
        becomes(site, down, "retrying", attempts=attempt)
        if attempt < 5:
            site.hurry()
            completed(ledger)
    paused = "SELECT paused_until > now() FROM integrations_connection WHERE provider = %s"
    assert site.value(paused, "google_data_manager") is True
    becomes(site, completed(abroad), "accepted", seconds=15)
    assert not site.value(paused, "meta")
    site.google.behave_normally()
    site.hurry()
    site.settle()
    audit.check(site, ledger, abroad)


def test_too_many_requests_are_not_repeated_before_the_platform_said_so(site, ledger):
    site.google.behave("throttle", retry_after=9)
    lead = completed(ledger)
    becomes(site, lead, "retrying")
    becomes(site, lead, "accepted", attempts=2)
    refused, taken = [call["at"] for call in site.google.uploads()[-2:]]
    assert taken - refused >= 9
    site.settle()
    audit.check(site, ledger)


def test_a_bad_row_is_refused_alone_and_goes_when_it_is_mended(site, ledger):
    site.google.behave("fail")
    bad = completed(ledger)
    becomes(site, bad, "retrying")
    site.google.bad = {upload(site, bad)[2]}
    good = [completed(ledger) for _lead in range(3)]
    site.hurry()
    becomes(site, bad, "failed")
    for lead in good:
        becomes(site, lead, "accepted")
    site.google.behave_normally()
    (upload_id,) = site.rows(
        "SELECT id FROM conversions_upload WHERE event_id = %s", upload(site, bad)[2]
    )[0]
    assert ledger.call("POST", f"uploads/{upload_id}/retry/").is_acknowledged
    becomes(site, bad, "accepted")
    site.settle()
    audit.check(site, ledger)


def test_news_nobody_can_read_is_set_aside_while_the_queue_goes_on_and_is_replayed(site, ledger):
    lead = ledger.lead()
    site.settle()
    poison = (
        "UPDATE integrations_outboxevent SET processed_at = NULL, attempts = 0,"
        " payload = jsonb_set(payload, '{change}', %s::jsonb)"
        " WHERE subject_id = %s AND type = 'lead.created'"
    )
    site.tell(poison, json.dumps({"move": "complete", "at": "never"}), lead["id"])
    state = (
        "SELECT attempts, set_aside_at IS NOT NULL, last_error, id::text"
        " FROM integrations_outboxevent WHERE subject_id = %s AND type = 'lead.created'"
    )
    for attempt in range(1, MOST_TRIES + 1):
        others = completed(ledger)
        eventually(lambda n=attempt: site.rows(state, lead["id"])[0][0] >= n, f"try {attempt}")
        becomes(site, others, "accepted")
        site.hurry()
    attempts, is_set_aside, error, event_id = site.rows(state, lead["id"])[0]
    assert (attempts, is_set_aside) == (MOST_TRIES, True)
    assert "never" in error
    assert "leadloop_outbox_set_aside 1.0" in site.page("/metrics")
    site.tell(poison, json.dumps({"status": "new"}), lead["id"])
    replay(site, event_id)
    site.settle()
    assert site.rows(state, lead["id"])[0][:2] == (1, False)
    audit.check(site, ledger)


def replay(site, event_id):
    """As the admin's button does."""
    subprocess.run(
        [
            *(sys.executable, "manage.py", "shell", "-v", "0", "-c"),
            "from accounts.tenancy import system_scope\n"
            "from integrations import outbox\n"
            "from integrations.models import OutboxEvent\n"
            "with system_scope():\n"
            f"    outbox.replay(OutboxEvent.objects.get(pk='{event_id}'))",
        ],
        cwd=ROOT,
        env=site.environment,
        check=True,
        timeout=60,
    )


def test_an_upload_that_breaks_our_own_code_is_set_aside_while_the_queue_goes_on(site, ledger):
    site.google.behave("fail")
    poison = completed(ledger)
    becomes(site, poison, "retrying")
    mend = "UPDATE leads_contact SET address = %s::jsonb WHERE id = %s"
    site.tell(mend, '["no", "object"]', poison["contact_id"])
    for attempt in range(2, MOST_TRIES + 1):
        site.hurry()
        good = completed(ledger)
        eventually(
            lambda n=attempt: upload(site, poison)[1] >= n and upload(site, poison)[0] != "sending",
            f"attempt {attempt}",
        )
        becomes(site, good, "accepted")
    assert upload(site, poison)[:2] == ("failed", MOST_TRIES)
    assert 'leadloop_uploads{status="failed"} 1.0' in site.page("/metrics")
    site.tell(mend, "{}", poison["contact_id"])
    (upload_id,) = site.rows(
        "SELECT id FROM conversions_upload WHERE event_id = %s", upload(site, poison)[2]
    )[0]
    assert ledger.call("POST", f"uploads/{upload_id}/retry/").is_acknowledged
    becomes(site, poison, "accepted")
    site.settle()
    audit.check(site, ledger)
