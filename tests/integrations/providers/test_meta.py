"""Meta's words: the event as it arrives, unchanged by the library, error codes, the token."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest

from integrations.contracts import (
    Click,
    ConfigurationError,
    Outcome,
    PermanentError,
    Person,
    TemporaryError,
)
from integrations.providers.meta import identifiers
from integrations.providers.meta.failures import from_request_error
from tests.integrations.providers.conftest import SECRET, Platform

KNOWN_EMAIL = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"
KNOWN_PHONE = "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"
KNOWN_FIRST_NAME = "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"
KNOWN_LAST_NAME = "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"
CONTACT = "0b6f1c1e-0000-4000-8000-000000000001"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_event_as_it_arrives(meta: Platform) -> None:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    event = meta.event(
        occurred_at=at,
        person=Person(
            email=" John_Smith@gmail.com",
            phone_e164="+16505551212",
            first_name="Mary",
            last_name="Valéry",
            city="Menlo Park",
            region="CA",
            postal_code="94025-1234",
            country="US",
        ),
        click=Click(
            fbc="fb.1.1700000000000.AbC",
            fbp="fb.1.1700000000000.123.Aa",
            meta_lead_id="1234567890123456",
        ),
        value=Decimal("99.90"),
        currency="EUR",
    )
    meta.provider().upload([event])
    ((key, effect),) = meta.server.effects.items()
    assert key == ("completed", "evt-1")
    assert effect.event == {
        "event_name": "completed",
        "event_time": int(at.timestamp()),
        "event_id": "evt-1",
        "action_source": "system_generated",
        "user_data": {
            "em": [KNOWN_EMAIL],
            "ph": [KNOWN_PHONE],
            "fn": [KNOWN_FIRST_NAME],
            "ln": [KNOWN_LAST_NAME],
            "ct": [sha256("menlopark")],
            "st": [sha256("ca")],
            "zp": [sha256("94025")],
            "country": [sha256("us")],
            "external_id": [sha256(CONTACT)],
            "fbc": "fb.1.1700000000000.AbC",
            "fbp": "fb.1.1700000000000.123.Aa",
            "lead_id": "1234567890123456",
        },
        "custom_data": {
            "event_source": "crm",
            "lead_event_source": "Leadloop",
            "value": 99.9,
            "currency": "eur",
        },
    }


def test_preview_is_the_body(meta: Platform) -> None:
    events = meta.events(3)
    preview = meta.provider(secrets={}).payload_preview(events)
    meta.provider().upload(events)
    (request,) = meta.server.uploads()
    form = parse_qs(request["body"])
    assert preview["body"]["data"] == [json.loads(t) for t in json.loads(form["data"][0])]
    assert request["path"] == "/v26.0/112233445566/events"


def test_test_event_code_goes_along(meta: Platform) -> None:
    provider = meta.provider(settings={**meta.settings, "test_event_code": "TEST123"})
    provider.upload(meta.events(1))
    (request,) = meta.server.uploads()
    assert parse_qs(request["body"])["test_event_code"] == ["TEST123"]
    assert provider.payload_preview(meta.events(1))["body"]["test_event_code"] == "TEST123"


def test_each_connection_calls_with_its_own_token_and_dataset(meta: Platform) -> None:
    first = meta.provider(secrets={"access_token": "token-of-one"})
    second = meta.provider(settings={"dataset_id": "999"}, secrets={"access_token": "token-of-two"})
    first.upload(meta.events(1))
    second.upload(meta.events(1))
    first.upload(meta.events(1))
    calls = [(r["query"]["access_token"], r["path"]) for r in meta.server.uploads()]
    assert calls == [
        ("token-of-one", "/v26.0/112233445566/events"),
        ("token-of-two", "/v26.0/999/events"),
        ("token-of-one", "/v26.0/112233445566/events"),
    ]


def test_app_secret_signs_the_call(meta: Platform) -> None:
    meta.provider().upload(meta.events(1))
    (request,) = meta.server.uploads()
    assert len(request["query"]["appsecret_proof"]) == 64
    assert "app-" + SECRET not in json.dumps(request)


def test_connection_test_reads_the_dataset(meta: Platform) -> None:
    verdict = meta.provider().test()
    assert verdict.ok
    assert "Local dataset" in verdict.explanation
    assert meta.server.requests[0]["method"] == "GET"


def test_access_token_is_required_once_anything_is_given(meta: Platform) -> None:
    provider = meta.provider(secrets={"verify_token": "word"})
    assert provider.is_live
    with pytest.raises(ConfigurationError, match="Access token"):
        provider.upload(meta.events(1))


def test_too_old_event_fails_alone(meta: Platform) -> None:
    events = meta.events(3)
    events[1] = meta.event(2, occurred_at=datetime.now(UTC) - timedelta(days=8))
    results = meta.provider().upload(events)
    assert [result.outcome for result in results] == [
        Outcome.ACCEPTED,
        Outcome.PERMANENT,
        Outcome.ACCEPTED,
    ]
    assert results[1].code == "too_old"


def test_value_the_library_refuses_fails_alone(meta: Platform) -> None:
    events = [meta.event(1), meta.event(2, currency="dollars"), meta.event(3)]
    results = meta.provider().upload(events)
    assert [result.outcome for result in results] == [
        Outcome.ACCEPTED,
        Outcome.PERMANENT,
        Outcome.ACCEPTED,
    ]
    assert results[1].code == "bad_value"


# -- identifiers ----------------------------------------------------------------------------------

CLICKED = datetime(2026, 11, 1, 12, 0, 0, 123000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("click", "expected"),
    [
        (Click(fbc="fb.1.1700000000000.AbC"), "fb.1.1700000000000.AbC"),
        (Click(fbc="fb.2.1700000000000.AbC.Qw"), "fb.2.1700000000000.AbC.Qw"),
        (Click(fbclid="AbC", clicked_at=CLICKED), "fb.1.1793534400123.AbC"),
        (Click(fbc="nonsense", fbclid="AbC", clicked_at=CLICKED), "fb.1.1793534400123.AbC"),
        (Click(fbclid="AbC"), ""),
        (Click(fbc="fb.1.17.a.b.c"), ""),
        (Click(), ""),
    ],
)
def test_click_cookie(click: Click, expected: str) -> None:
    assert identifiers.fbc(click) == expected


@pytest.mark.parametrize(
    ("given", "taken"),
    [("123456789012345", True), ("1234567890123456", True), ("12345", False), ("l:123", False)],
)
def test_lead_id_has_fifteen_or_sixteen_digits(given: str, taken: bool) -> None:
    assert bool(identifiers.lead_id(Click(meta_lead_id=given))) is taken


def test_our_own_id_and_a_name_match_nobody(meta: Platform) -> None:
    event = meta.event(person=Person(first_name="Ada"), click=Click(gclid="g"))
    assert not identifiers.has_identifier(event)
    for click in (Click(fbp="fb.1.1.2"), Click(meta_lead_id="1" * 15)):
        assert identifiers.has_identifier(meta.event(person=Person(), click=click))


# -- error codes ----------------------------------------------------------------------------------


@dataclass
class FakeError:
    """What is read of the library's exception."""

    status: int | None = 400
    code: int | None = None
    subcode: int | None = None
    transient: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    answer: Any = None

    def http_status(self) -> int | None:
        return self.status

    def http_headers(self) -> Mapping[str, str]:
        return self.headers

    def body(self) -> Any:
        return self.answer

    def api_error_code(self) -> int | None:
        return self.code

    def api_error_subcode(self) -> int | None:
        return self.subcode

    def api_error_message(self) -> str | None:
        return None

    def api_transient_error(self) -> bool:
        return self.transient


@pytest.mark.parametrize(
    ("error", "kind", "name"),
    [
        *[(FakeError(code=c), TemporaryError, str(c)) for c in (1, 2, 4, 17, 341, 368, 80005)],
        *[(FakeError(code=c), ConfigurationError, str(c)) for c in (190, 102, 3, 10, 200, 299)],
        (FakeError(code=100), PermanentError, "100"),
        (FakeError(code=100, subcode=2804003), PermanentError, "too_old"),
        (FakeError(code=100, subcode=33), ConfigurationError, "100/33"),
        (FakeError(code=100, transient=True), TemporaryError, "100"),
        (FakeError(code=9999), PermanentError, "9999"),
        (FakeError(status=429, code=100), TemporaryError, "100"),
        (FakeError(status=500), TemporaryError, "http_500"),
        (FakeError(status=503, code=190), TemporaryError, "190"),
        (FakeError(status=401), ConfigurationError, "http_401"),
        (FakeError(status=403), ConfigurationError, "http_403"),
        (FakeError(status=413), PermanentError, "http_413"),
        (FakeError(status=200), TemporaryError, "http_200"),
        (FakeError(status=None), TemporaryError, "http_0"),
    ],
)
def test_answers_by_code(error: FakeError, kind: type[Exception], name: str) -> None:
    translated = from_request_error(error)
    assert type(translated) is kind
    assert translated.code == name


def test_waiting_time_and_the_words_for_people_are_taken_over() -> None:
    answer = {"error": {"error_user_msg": "Please slow down"}}
    error = from_request_error(FakeError(code=4, headers={"Retry-After": "60"}, answer=answer))
    assert isinstance(error, TemporaryError)
    assert error.retry_after == 60.0
    assert "Please slow down" in str(error)
