"""Isolation and redaction of the base class, on a provider whose platform is a list of answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from integrations.contracts import (
    ConfigurationError,
    ConnectionData,
    ConversionEvent,
    EventResult,
    Events,
    Outcome,
    PermanentError,
    ProviderError,
    Results,
    TemporaryError,
)
from integrations.providers.base import BatchRejectedError, FieldSpec, Provider, RowVerdict
from tests.integrations.providers.conftest import conversion

Answer = ProviderError | Callable[[Events], Results] | None
HIDDEN = "hidden-word-77"


class ScriptedProvider(Provider):
    """Answers each request with the next entry of `answers`; None, and the end, accept."""

    name = "scripted"
    label = "Scripted"
    max_batch = 10
    secret_fields = (FieldSpec("token", "Token", required=True),)

    def __init__(self, *answers: Answer, secrets: dict[str, str] | None = None) -> None:
        super().__init__(ConnectionData("c", self.name, secrets=secrets or {"token": HIDDEN}))
        self.answers = list(answers)
        self.requests: list[list[str]] = []

    def _has_identifier(self, event: ConversionEvent) -> bool:
        return True

    def _preview(self, events: Events) -> dict[str, Any]:
        return {"count": len(events)}

    def _probe(self) -> str:
        raise ConfigurationError(f"Bad token {HIDDEN}")

    def _send(self, events: Events) -> Results:
        self.requests.append([event.event_id for event in events])
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, ProviderError):
            raise answer
        if answer is not None:
            return answer(events)
        return [EventResult(event.event_id, Outcome.ACCEPTED) for event in events]


def events(count: int) -> list[ConversionEvent]:
    return [conversion(number) for number in range(1, count + 1)]


def verdict(outcome: Outcome, retry_after: float | None = None) -> RowVerdict:
    return RowVerdict(outcome, "code", f"because of {HIDDEN}", retry_after)


def outcomes(results: Results) -> list[str]:
    return [str(result.outcome) for result in results]


def test_named_rows_are_decided_and_the_rest_is_sent_again() -> None:
    rejection = BatchRejectedError(
        "no",
        rows={
            0: verdict(Outcome.ACCEPTED),
            1: verdict(Outcome.PERMANENT),
            3: verdict(Outcome.TEMPORARY, 60.0),
        },
    )
    provider = ScriptedProvider(rejection)
    results = provider.upload(events(5))
    assert outcomes(results) == ["accepted", "permanent", "accepted", "temporary", "accepted"]
    assert results[3].retry_after == 60.0
    assert provider.requests == [[f"evt-{n}" for n in range(1, 6)], ["evt-3", "evt-5"]]
    assert HIDDEN not in repr(results)


def test_rows_that_do_not_exist_are_searched_for() -> None:
    rejection = BatchRejectedError("no", rows={9: verdict(Outcome.PERMANENT)})
    provider = ScriptedProvider(rejection)
    assert outcomes(provider.upload(events(3))) == ["accepted"] * 3
    assert [len(request) for request in provider.requests] == [3, 1, 2]


def test_nothing_but_named_rows_needs_no_second_request() -> None:
    rejection = BatchRejectedError("no", rows={0: verdict(Outcome.CONFIGURATION)})
    provider = ScriptedProvider(rejection)
    assert outcomes(provider.upload(events(1))) == ["configuration"]
    assert len(provider.requests) == 1


def test_halves_keep_the_order_of_sending() -> None:
    provider = ScriptedProvider(PermanentError("no"))
    provider.upload(events(4))
    assert provider.requests[1:] == [["evt-1", "evt-2"], ["evt-3", "evt-4"]]


def test_failure_while_searching_keeps_every_verdict() -> None:
    provider = ScriptedProvider(
        PermanentError("no"), None, PermanentError("no"), TemporaryError("busy", retry_after=5.0)
    )
    results = provider.upload(events(4))
    assert outcomes(results) == ["accepted", "accepted", "temporary", "temporary"]
    assert [result.retry_after for result in results[2:]] == [5.0, 5.0]


@pytest.mark.parametrize("failure", [TemporaryError, ConfigurationError])
def test_failure_before_anything_was_decided_is_raised(failure: type[ProviderError]) -> None:
    provider = ScriptedProvider(PermanentError("no"), failure(f"quoting {HIDDEN}", code="x"))
    with pytest.raises(failure) as caught:
        provider.upload(events(4))
    assert str(caught.value) == "quoting [secret]"
    assert caught.value.code == "x"


def test_a_provider_that_loses_a_result_is_caught() -> None:
    provider = ScriptedProvider(lambda sent: [EventResult(sent[0].event_id, Outcome.ACCEPTED)])
    with pytest.raises(ValueError, match="zip"):
        provider.upload(events(2))


def test_secrets_inside_a_json_secret_are_secrets() -> None:
    document = json.dumps({"private_key": "kkkk-1", "client_email": "robot@example.com", "n": 1})
    provider = ScriptedProvider(secrets={"token": "a b/c-d", "key": document, "odd": "{not json"})
    shown = provider.redact(f"{document} kkkk-1 robot@example.com a%20b%2Fc-d {{not json a b/c-d")
    assert shown == "[secret] [secret] [secret] [secret] [secret] [secret]"


def test_preview_shows_the_first_request() -> None:
    assert ScriptedProvider().payload_preview(events(25)) == {"count": 10}


def test_failed_connection_test_hides_the_secret() -> None:
    answer = ScriptedProvider().test()
    assert (answer.ok, answer.explanation) == (False, "Bad token [secret]")
