"""The loop closed: from a move to exactly one effect at the platform, whatever goes wrong."""

from datetime import timedelta

import pytest
from django.db import connection as database
from django.utils import timezone

from accounts.permissions import PermissionRefused
from conversions import delivery
from conversions.errors import Conflict, NotFound
from conversions.models import Upload
from integrations.contracts import ConnectionData
from integrations.models import Connection
from integrations.registry import provider_for
from leads import lifecycle
from leads.models import Contact


def test_a_completed_lead_is_told_once_and_accepted(platform):
    lead = platform.complete(platform.lead())
    platform.run()
    upload = platform.upload()
    assert (upload.status, upload.attempts, upload.error_kind) == ("accepted", 1, "")
    assert upload.lead_id == lead.pk
    assert upload.accepted_at
    assert [row.outcome for row in upload.attempt_log.all()] == ["accepted"]
    (effect,) = platform.server.effects
    assert upload.event_id in str(effect)
    platform.run()
    assert len(platform.server.effects) == len(platform.server.uploads()) == 1


def test_losing_reopening_and_completing_again_sends_nothing_twice(platform):
    actor = platform.world.actor()
    lead = platform.lead()
    platform.connect("meta", "qualified")
    for _round in range(2):
        with platform.world.scope():
            lifecycle.qualify(lead, actor=actor)
            lifecycle.lose(lead, actor=actor, loss_reason="price")
            lifecycle.reopen(lead, actor=actor)
        platform.run()
    with platform.world.scope():
        lifecycle.complete(lead, actor=actor)
    platform.run()
    assert [row.status for row in platform.uploads()] == ["accepted", "accepted"]
    assert sorted(row.trigger for row in platform.uploads()) == ["completed", "qualified"]


def test_without_secrets_everything_is_done_but_the_call(loop):
    loop.connect("google_data_manager", "completed", live=False)
    loop.complete(loop.lead())
    loop.run()
    upload = loop.upload()
    assert (upload.status, upload.error_kind) == ("dry_run", "")
    assert "secrets" in upload.explanation
    assert loop.servers["google_data_manager"].uploads() == []


def test_nobody_to_match_is_skipped_with_the_reason(platform):
    with platform.world.scope():
        lead = platform.lead()
        lead.contact.email = lead.contact.email_normalized = ""
        lead.contact.save()
        lead.gclid = ""
        lead.save()
    platform.complete(lead)
    platform.run()
    upload = platform.upload()
    assert (upload.status, upload.error_code) == ("skipped", "no_identifier")
    assert platform.server.uploads() == []


def test_denied_consent_is_skipped(platform):
    platform.complete(platform.lead(consent={"ad_user_data": False}))
    platform.run()
    assert (platform.upload().status, platform.upload().error_code) == (
        "skipped",
        "consent_denied",
    )


def test_one_bad_row_fails_alone(platform):
    for number in range(5):
        platform.complete(platform.lead(f"ann{number}@example.com"))
    platform.fan_out()
    bad = platform.uploads()[2]
    platform.server.bad = {bad.event_id}
    platform.deliver()
    statuses = [row.status for row in platform.uploads()]
    assert statuses == ["accepted", "accepted", "failed", "accepted", "accepted"]
    assert platform.uploads()[2].explanation
    assert len(platform.server.effects) == 4


def test_an_upload_that_breaks_our_own_code_breaks_it_for_itself(platform):
    for number in range(5):
        platform.complete(platform.lead(f"ann{number}@example.com"))
    platform.fan_out()
    poison = platform.uploads()[2]
    with platform.world.scope():
        Contact.objects.filter(pk=poison.contact_id).update(address=["no", "object"])
    platform.deliver()
    assert [row.status for row in platform.uploads()] == ["accepted"] * 2 + ["retrying"] + [
        "accepted"
    ] * 2
    for _try in range(7):
        platform.make_due()
        platform.deliver()
    row = platform.uploads()[2]
    assert (row.status, row.error_kind, row.attempts) == ("failed", "internal", 8)
    assert len(platform.server.effects) == 4
    with platform.world.scope():
        Contact.objects.filter(pk=poison.contact_id).update(address={})
        delivery.retry(poison.pk, actor=platform.world.actor("manager"))
    platform.deliver()
    assert platform.uploads()[2].status == "accepted"
    assert len(platform.server.effects) == 5


def test_a_fault_within_the_call_is_narrowed_down_to_its_upload(platform, monkeypatch):
    for number in range(5):
        platform.complete(platform.lead(f"ann{number}@example.com"))
    platform.fan_out()
    poison = platform.uploads()[3].event_id
    provider = type(provider_for(ConnectionData("1", platform.connection.provider, {}, {})))
    real = provider.upload

    def upload(self, events):
        if any(event.event_id == poison for event in events):
            raise RecursionError
        return real(self, events)

    monkeypatch.setattr(provider, "upload", upload)
    platform.deliver()
    statuses = [row.status for row in platform.uploads()]
    assert statuses == ["accepted", "accepted", "accepted", "retrying", "accepted"]
    assert platform.uploads()[3].error_code == "RecursionError"


def test_too_many_requests_waits_as_long_as_the_platform_says(platform):
    platform.server.behave("throttle", retry_after=90)
    platform.complete(platform.lead())
    platform.run()
    upload = platform.upload()
    wait = upload.next_attempt_at - timezone.now()
    assert upload.status == "retrying"
    assert upload.error_kind == "temporary"
    assert timedelta(seconds=80) < wait <= timedelta(seconds=91)
    with platform.world.scope():
        assert Connection.objects.get(pk=platform.connection.pk).paused_until
    platform.run()
    assert len(platform.server.uploads()) == 1
    platform.make_due()
    platform.run()
    assert platform.upload().status == "accepted"


@pytest.mark.parametrize("trouble", ["fail", "lose", "reset", "half"])
def test_after_trouble_the_retry_carries_the_same_id_and_has_one_effect(platform, trouble):
    platform.server.behave(trouble, times=1)
    platform.complete(platform.lead())
    platform.run()
    assert platform.upload().status == "retrying"
    event_id = platform.upload().event_id
    platform.make_due()
    platform.run()
    upload = platform.upload()
    assert (upload.status, upload.attempts, upload.event_id) == ("accepted", 2, event_id)
    assert [row.outcome for row in upload.attempt_log.all()] == ["temporary", "accepted"]
    assert len(platform.server.effects) == 1


def test_an_expired_token_holds_the_upload_until_somebody_mends_the_connection(platform):
    platform.server.behave("expire", times=1)
    platform.complete(platform.lead())
    platform.run()
    upload = platform.upload()
    assert (upload.status, upload.error_kind) == ("held", "configuration")
    assert upload.next_attempt_at is None
    platform.run()
    assert platform.upload().status == "held"
    with platform.world.scope():
        assert delivery.release_held(platform.connection) == 1
    platform.run()
    assert platform.upload().status == "accepted"


def test_a_switched_off_connection_holds_what_is_due(platform):
    with platform.world.scope():
        Connection.objects.update(is_active=False)
    platform.complete(platform.lead())
    platform.run()
    upload = platform.upload()
    assert (upload.status, upload.error_code) == ("held", "connection_off")
    assert platform.server.uploads() == []


def test_a_lease_that_expired_is_taken_up_again_and_the_late_worker_changes_nothing(platform):
    platform.complete(platform.lead())
    platform.fan_out()
    connection, token, uploads = delivery._claim(platform.connection.pk)
    started = timezone.now()
    assert delivery._claim(platform.connection.pk) is None
    platform.make_due()
    platform.run()
    upload = platform.upload()
    assert (upload.status, upload.attempts) == ("accepted", 2)
    assert [row.outcome for row in upload.attempt_log.all()] == ["interrupted", "accepted"]
    failed = delivery.Verdict("failed", "permanent", "late", "too late")
    delivery._record(connection, token, uploads, {uploads[0].event_id: failed}, started=started)
    assert platform.upload().status == "accepted"


def test_no_transaction_is_open_while_the_platform_is_called(committed_world, monkeypatch):
    from tests.loop import Loop
    from tests.servers.meta import MetaServer

    with MetaServer() as meta:
        monkeypatch.setenv("META_GRAPH_URL", meta.url)
        loop = Loop(committed_world, {"meta": meta})
        loop.connect("meta", "completed")
        loop.complete(loop.lead())
        loop.fan_out()
        seen = []
        real = delivery.send

        def send(*args, **kwargs):
            seen.append(database.in_atomic_block)
            return real(*args, **kwargs)

        monkeypatch.setattr(delivery, "send", send)
        loop.deliver()
        assert seen == [False]
        assert loop.upload().status == "accepted"


def test_failures_in_a_row_open_the_breaker_for_this_connection_only(platform):
    other = "meta" if platform.connection.provider != "meta" else "google_data_manager"
    platform.connect(other, "completed")
    platform.server.behave("fail", times=0)
    platform.complete(platform.lead())
    platform.fan_out()
    for _try in range(6):
        platform.make_due()
        platform.deliver()
    with platform.world.scope():
        row = Connection.objects.get(pk=platform.connection.pk)
    assert row.consecutive_failures == 6
    assert row.paused_until > timezone.now() + timedelta(seconds=50)
    calls = len(platform.server.uploads())
    with platform.world.scope():
        Upload.objects.filter(status="retrying").update(next_attempt_at=timezone.now())
    platform.deliver()
    assert len(platform.server.uploads()) == calls
    assert {row.status for row in platform.uploads()} == {"retrying", "accepted"}


def test_retry_is_for_managers_and_never_for_what_was_accepted(platform):
    platform.server.behave("expire", times=1)
    platform.complete(platform.lead())
    platform.run()
    upload = platform.upload()
    world = platform.world
    with world.scope():
        with pytest.raises(PermissionRefused):
            delivery.retry(upload.pk, actor=world.actor("rep"))
        with pytest.raises(NotFound):
            delivery.retry(upload.pk, actor=world.stranger_actor())
        assert Upload.objects.get().status == "held"
        Upload.objects.update(status="sending")
        with pytest.raises(Conflict) as busy:
            delivery.retry(upload.pk, actor=world.actor("manager"))
        assert busy.value.code == "in_progress"
        Upload.objects.update(status="held")
        delivery.retry(upload.pk, actor=world.actor("manager"))
    platform.run()
    assert platform.upload().status == "accepted"
    with world.scope(), pytest.raises(Conflict) as refused:
        delivery.retry(upload.pk, actor=world.actor("manager"))
    assert refused.value.code == "already_accepted"


def test_waiting_times_double_to_an_hour_and_keep_the_platforms_word():
    seconds = [delivery.backoff(n, None).total_seconds() for n in (1, 2, 3, 30)]
    assert 8 <= seconds[0] <= 12
    assert 16 <= seconds[1] <= 24
    assert 32 <= seconds[2] <= 48
    assert 2880 <= seconds[3] <= 4320
    assert delivery.backoff(1, 7200).total_seconds() == 7200
