"""What every provider keeps, tried over the whole registry with the real client libraries."""

from __future__ import annotations

import json
import logging
import os
import socket
import traceback
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from integrations.contracts import (
    Click,
    ConfigurationError,
    Consent,
    Outcome,
    Person,
    ProviderError,
    RefusalKind,
    TemporaryError,
)
from integrations.registry import PROVIDERS
from tests.integrations.providers.conftest import KINDS, PERSONAL_TEXTS, SECRET, Platform
from tests.servers.google_ads import GoogleAdsServer
from tests.servers.google_data_manager import GoogleDataManagerServer


def test_every_registered_provider_is_tried_here() -> None:
    assert set(KINDS) == set(PROVIDERS)


# -- results --------------------------------------------------------------------------------------


def test_one_result_for_each_event_in_order(platform: Platform) -> None:
    events = platform.events(7)
    results = platform.provider().upload(events)
    assert [result.event_id for result in results] == [event.event_id for event in events]
    assert {result.outcome for result in results} == {Outcome.ACCEPTED}
    assert all(result.platform_ref for result in results)
    assert platform.effect_ids() == sorted(event.event_id for event in events)
    assert len(platform.server.uploads()) == 1


def test_no_events_call_nobody(platform: Platform) -> None:
    assert platform.provider().upload([]) == []
    assert platform.server.requests == []


def test_more_than_a_batch_goes_in_several_requests(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PROVIDERS[platform.name], "max_batch", 2)
    results = platform.provider().upload(platform.events(5))
    assert [result.event_id for result in results] == [f"evt-{n}" for n in range(1, 6)]
    assert len(platform.server.uploads()) == 3


@pytest.mark.parametrize("bad", ["evt-1", "evt-3", "evt-5"])
def test_one_bad_row_in_a_batch_of_five(platform: Platform, bad: str) -> None:
    platform.server.bad = {bad}
    results = platform.provider().upload(platform.events(5))
    outcomes = {result.event_id: result.outcome for result in results}
    assert outcomes.pop(bad) is Outcome.PERMANENT
    assert set(outcomes.values()) == {Outcome.ACCEPTED}
    assert platform.effect_ids() == sorted(outcomes)
    (refused,) = [result for result in results if result.event_id == bad]
    assert refused.code
    assert refused.explanation


def test_batch_rejected_without_a_row_is_halved(platform: Platform) -> None:
    if isinstance(platform.server, GoogleDataManagerServer | GoogleAdsServer):
        platform.server.names_rows = False
    platform.server.bad = {"evt-2", "evt-5"}
    results = platform.provider().upload(platform.events(5))
    assert [result.outcome is Outcome.ACCEPTED for result in results] == [
        True,
        False,
        True,
        True,
        False,
    ]
    assert platform.effect_ids() == ["evt-1", "evt-3", "evt-4"]


def test_wholly_rejected_batch_gives_every_row_up(platform: Platform) -> None:
    platform.server.behave("reject", times=0)
    results = platform.provider().upload(platform.events(5))
    assert [result.outcome for result in results] == [Outcome.PERMANENT] * 5
    assert platform.server.effects == {}


def test_search_for_bad_rows_has_an_end(platform: Platform) -> None:
    platform.server.behave("reject", times=0)
    results = platform.provider().upload(platform.events(200))
    assert len(results) == 200
    assert len(platform.server.uploads()) == 64
    assert {result.outcome for result in results} == {Outcome.PERMANENT, Outcome.TEMPORARY}


def test_failure_in_the_middle_keeps_what_was_accepted(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PROVIDERS[platform.name], "max_batch", 2)
    platform.server.behave("succeed")
    platform.server.behave("throttle", retry_after=30)
    results = platform.provider().upload(platform.events(5))
    assert [result.outcome for result in results] == [Outcome.ACCEPTED] * 2 + [
        Outcome.TEMPORARY
    ] * 3
    assert [result.retry_after for result in results] == [None, None, 30.0, 30.0, 30.0]
    assert platform.effect_ids() == ["evt-1", "evt-2"]


def test_expiry_in_the_middle_keeps_what_was_accepted(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PROVIDERS[platform.name], "max_batch", 2)
    platform.server.behave("succeed")
    platform.server.behave("expire")
    results = platform.provider().upload(platform.events(3))
    assert [result.outcome for result in results] == [
        Outcome.ACCEPTED,
        Outcome.ACCEPTED,
        Outcome.CONFIGURATION,
    ]


# -- failures of the whole call -------------------------------------------------------------------


def test_throttled_with_seconds_to_wait(platform: Platform) -> None:
    platform.server.behave("throttle", retry_after=17)
    with pytest.raises(TemporaryError) as caught:
        platform.provider().upload(platform.events(2))
    assert caught.value.retry_after == 17.0
    assert len(platform.server.uploads()) == 1  # one attempt: the caller owns the retry


def test_throttled_without_a_word_on_when(platform: Platform) -> None:
    platform.server.behave("throttle")
    with pytest.raises(TemporaryError) as caught:
        platform.provider().upload(platform.events(1))
    assert caught.value.retry_after is None


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_errors_are_temporary(platform: Platform, status: int) -> None:
    platform.server.behave("fail", status=status)
    with pytest.raises(TemporaryError):
        platform.provider().upload(platform.events(2))
    assert len(platform.server.uploads()) == 1


@pytest.mark.parametrize("behaviour", ["reset", "half", "blank", "garble", "page", "lose"])
def test_broken_answers_are_temporary_and_the_retry_counts_once(
    platform: Platform, behaviour: str
) -> None:
    events = platform.events(3)
    platform.server.behave(behaviour)
    with pytest.raises(TemporaryError):
        platform.provider().upload(events)
    assert len(platform.server.uploads()) == 1
    results = platform.provider().upload(events)
    assert [result.outcome for result in results] == [Outcome.ACCEPTED] * 3
    assert platform.effect_ids() == ["evt-1", "evt-2", "evt-3"]


def test_timeout_after_acceptance_then_retry_is_one_effect(platform: Platform) -> None:
    events = platform.events(2)
    platform.server.behave("lose")
    with pytest.raises(TemporaryError) as caught:
        platform.provider().upload(events)
    assert caught.value.code == "timeout"
    assert platform.effect_ids() == ["evt-1", "evt-2"]  # taken, though nobody said so
    platform.provider().upload(events)
    assert platform.effect_ids() == ["evt-1", "evt-2"]
    assert {effect.received for effect in platform.server.effects.values()} == {2}


def test_nobody_listening_is_temporary(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv(platform.variable, f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(TemporaryError):
            platform.provider().upload(platform.events(1))


def test_expired_credentials_need_a_person(platform: Platform) -> None:
    platform.server.behave("expire")
    with pytest.raises(ConfigurationError):
        platform.provider().upload(platform.events(2))
    assert platform.server.effects == {}


def test_slow_answer_within_the_timeout_is_an_answer(platform: Platform) -> None:
    platform.server.behave("slow", seconds=0.1)
    (result,) = platform.provider().upload(platform.events(1))
    assert result.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    "behaviour", ["expire", "fail", "throttle", "reset", "half", "garble", "page", "lose"]
)
def test_no_secret_in_any_failure(
    platform: Platform, behaviour: str, caplog: pytest.LogCaptureFixture
) -> None:
    platform.server.behave(behaviour)
    provider = platform.provider()
    with caplog.at_level(logging.INFO), pytest.raises(ProviderError) as caught:
        provider.upload(platform.events(1))
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text
    shown += repr(caught.value) + repr(provider) + repr(platform.connection())
    shown += provider.test().explanation
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    for secret in platform.secrets.values():
        assert len(secret) < 5 or secret not in shown
    for text in PERSONAL_TEXTS:
        assert text not in shown


def test_secret_quoted_by_the_platform_is_blanked(platform: Platform) -> None:
    assert SECRET not in platform.provider().redact(f"Malformed access token {SECRET}!")
    assert len(platform.provider().redact("x" * 5000)) < 600


# -- dry runs and configuration -------------------------------------------------------------------


def test_without_secrets_it_is_a_dry_run(platform: Platform) -> None:
    provider = platform.provider(secrets={"refresh_token": "", "access_token": ""})
    assert not provider.is_live
    with pytest.raises(ConfigurationError):
        provider.upload(platform.events(1))
    assert not provider.test().ok
    assert provider.payload_preview(platform.events(1))["body"]
    assert platform.server.requests == []


def test_preview_is_what_arrives_and_shows_nobody(platform: Platform) -> None:
    events = platform.events(2)
    preview = platform.provider(secrets={}).payload_preview(events)
    shown = json.dumps(preview)
    for text in PERSONAL_TEXTS:
        assert text.lower() not in shown.lower()
    assert SECRET not in json.dumps(platform.provider().payload_preview(events))
    platform.provider().upload(events)
    (request,) = platform.server.uploads()
    assert preview["method"] == request["method"]
    assert preview["url"] == platform.server.url + request["path"]


def test_no_personal_data_in_clear_on_the_wire(platform: Platform) -> None:
    platform.provider().upload(platform.events(1))
    (request,) = platform.server.uploads()
    for text in PERSONAL_TEXTS:
        assert text.lower() not in (request["body"] + request["path"]).lower()


def test_missing_settings_are_named(platform: Platform) -> None:
    provider = platform.provider(settings={})
    required = next(field for field in provider.settings_fields if field.required)
    for attempt in (provider.upload, provider.payload_preview):
        with pytest.raises(ConfigurationError, match=required.label):
            attempt(platform.events(1))
    assert platform.server.requests == []


def test_missing_secrets_are_named(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(platform.variable)
    provider = platform.provider(secrets={"something_else": "partial"})
    assert provider.is_live
    with pytest.raises(ConfigurationError, match="lacks"):
        provider.upload(platform.events(1))


@pytest.mark.parametrize("url", ["http://example.com", "https://127.0.0.1:1", "http://10.1.2.3:80"])
def test_only_this_machine_may_stand_in_for_the_platform(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv(platform.variable, url)
    with pytest.raises(ConfigurationError, match=platform.variable):
        platform.provider().upload(platform.events(1))


def test_the_address_is_read_at_the_call(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = os.environ[platform.variable]
    monkeypatch.delenv(platform.variable)
    provider = platform.provider()
    monkeypatch.setenv(platform.variable, url)
    assert provider.upload(platform.events(1))[0].outcome is Outcome.ACCEPTED


def test_connection_test_calls_and_counts_nothing(platform: Platform) -> None:
    verdict = platform.provider().test()
    assert verdict.ok, verdict.explanation
    assert len(platform.server.requests) == 1
    assert platform.server.effects == {}


def test_connection_test_reports_what_is_wrong(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not platform.provider(settings={}).test().ok
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv(platform.variable, f"http://127.0.0.1:{unused.getsockname()[1]}")
        verdict = platform.provider().test()
    assert not verdict.ok
    assert "connection" in verdict.explanation


# -- refusals -------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_good_event_is_not_refused(platform: Platform) -> None:
    assert platform.provider().refusal(platform.event(occurred_at=NOW), NOW) is None
    worthless = platform.event(occurred_at=NOW, value=None, currency="")
    assert platform.provider().refusal(worthless, NOW) is None


def test_event_without_identifiers_is_skipped(platform: Platform) -> None:
    event = platform.event(
        occurred_at=NOW, person=Person(first_name="Ada", email="not an address"), click=Click()
    )
    refusal = platform.provider().refusal(event, NOW)
    assert refusal is not None
    assert (refusal.kind, refusal.code) == (RefusalKind.SKIPPED, "no_identifier")


def test_denied_consent_is_skipped(platform: Platform) -> None:
    event = platform.event(occurred_at=NOW, consent=Consent(ad_user_data=False))
    refusal = platform.provider().refusal(event, NOW)
    assert refusal is not None
    assert (refusal.kind, refusal.code) == (RefusalKind.SKIPPED, "consent_denied")


def test_unknown_consent_is_skipped_only_where_it_is_required(platform: Platform) -> None:
    event = platform.event(occurred_at=NOW, consent=Consent())
    assert platform.provider().refusal(event, NOW) is None
    strict = platform.provider(settings={**platform.settings, "require_consent": True})
    refusal = strict.refusal(event, NOW)
    assert refusal is not None
    assert (refusal.kind, refusal.code) == (RefusalKind.SKIPPED, "consent_missing")


def test_event_past_the_platforms_age_is_expired(platform: Platform) -> None:
    provider = platform.provider()
    assert provider.max_age is not None
    just_in_time = platform.event(occurred_at=NOW - provider.max_age)
    too_late = platform.event(occurred_at=NOW - provider.max_age - timedelta(seconds=1))
    assert provider.refusal(just_in_time, NOW) is None
    refusal = provider.refusal(too_late, NOW)
    assert refusal is not None
    assert (refusal.kind, refusal.code) == (RefusalKind.EXPIRED, "too_old")


@pytest.mark.parametrize(
    ("currency", "code"), [("", "value_without_currency"), ("dollars", "bad_currency")]
)
def test_value_needs_a_currency(platform: Platform, currency: str, code: str) -> None:
    event = platform.event(occurred_at=NOW, value=Decimal("1"), currency=currency)
    refusal = platform.provider().refusal(event, NOW)
    assert refusal is not None
    assert (refusal.kind, refusal.code) == (RefusalKind.FAILED, code)


def test_event_without_value_is_sent_without_one(platform: Platform) -> None:
    event = platform.event(value=None, currency="")
    assert platform.provider().upload([event])[0].outcome is Outcome.ACCEPTED
    (effect,) = platform.server.effects.values()
    assert "value" not in json.dumps(effect.event).lower()
