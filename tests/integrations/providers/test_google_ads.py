"""The legacy upload: the payload as it arrives, rows that fail alone, credentials."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from integrations.contracts import (
    Click,
    ConfigurationError,
    Consent,
    Outcome,
    Person,
    TemporaryError,
)
from integrations.providers import google_sign_in
from integrations.providers.google_ads import payloads
from integrations.providers.google_ads.provider import GoogleAdsProvider
from tests.integrations.providers.conftest import SECRET, Platform, body, google_ads_server

KNOWN_EMAIL = "223ebda6f6889b1494551ba902d9d381daf2f642bae055888e96343d53e9f9c4"
KNOWN_PHONE = "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30"
ACTION = "customers/1234567890/conversionActions/987654321"


# -- payload --------------------------------------------------------------------------------------


def test_request_as_it_arrives(google_ads: Platform) -> None:
    event = google_ads.event(
        occurred_at=datetime(
            2026, 11, 20, 10, 30, 15, 250000, tzinfo=timezone(timedelta(hours=-8))
        ),
        person=Person(
            email="cloudy.sanfrancisco+shopping@gmail.com",
            phone_e164="+18005550100",
            first_name="Given",
        ),
        click=Click(gclid="TeSt-Gclid", wbraid="other"),
        value=Decimal("1200.50"),
        currency="usd",
    )
    google_ads.provider().upload([event])
    (request,) = google_ads.server.uploads()
    assert body(request) == {
        "customerId": "1234567890",
        "conversions": [
            {
                "gclid": "TeSt-Gclid",
                "orderId": "evt-1",
                "conversionAction": ACTION,
                "conversionDateTime": "2026-11-20 18:30:15+00:00",
                "conversionValue": 1200.5,
                "currencyCode": "USD",
                "userIdentifiers": [
                    {"hashedEmail": KNOWN_EMAIL},
                    {"hashedPhoneNumber": KNOWN_PHONE},
                ],
                "consent": {"adUserData": "GRANTED"},
            }
        ],
        "partialFailure": True,
    }


def test_headers_name_the_developer_and_the_manager(google_ads: Platform) -> None:
    google_ads.provider().upload(google_ads.events(1))
    (headers,) = google_ads_server(google_ads).headers
    assert headers["developer-token"] == "dev-" + SECRET
    assert headers["login-customer-id"] == "1112223333"
    settings = {"customer_id": "123-456-7890"}
    google_ads.provider(settings=settings, secrets={"refresh_token": SECRET}).upload(
        google_ads.events(1)
    )
    assert "login-customer-id" not in google_ads_server(google_ads).headers[1]
    assert "developer-token" not in google_ads_server(google_ads).headers[1]


@pytest.mark.parametrize(
    ("click", "sent", "with_person"),
    [
        (Click(gclid="g", gbraid="b", wbraid="w"), {"gclid": "g"}, True),
        (Click(gbraid="b", wbraid="w"), {"gbraid": "b"}, False),
        (Click(wbraid="w"), {"wbraid": "w"}, False),
        (Click(fbclid="f"), {}, True),
    ],
)
def test_one_click_identifier_and_people_only_where_google_takes_them(
    google_ads: Platform, click: Click, sent: dict[str, str], with_person: bool
) -> None:
    event = google_ads.event(click=click)
    (conversion,) = payloads.upload_request([event], customer_id="1")["conversions"]
    clicks = {
        name: conversion[name] for name in conversion if name in ("gclid", "gbraid", "wbraid")
    }
    assert clicks == sent
    assert bool(conversion.get("userIdentifiers")) is with_person
    assert google_ads.provider().upload([event])[0].outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("person", "click", "enough"),
    [
        (Person(), Click(wbraid="w"), True),
        (Person(email="ada@example.com"), Click(), True),
        (Person(phone_e164="+18005550100"), Click(), True),
        (Person(first_name="A", last_name="L", country="US", postal_code="1"), Click(), False),
        (Person(), Click(fbclid="f"), False),
    ],
)
def test_click_or_email_or_phone_is_needed(
    google_ads: Platform, person: Person, click: Click, enough: bool
) -> None:
    assert payloads.has_identifier(google_ads.event(person=person, click=click)) is enough


@pytest.mark.parametrize(
    ("consent", "sent"),
    [
        (Consent(True, False), {"adUserData": "GRANTED"}),
        (Consent(False, True), {"adUserData": "DENIED"}),
        (Consent(None, True), None),
    ],
)
def test_consent_to_the_data_only(
    google_ads: Platform, consent: Consent, sent: dict[str, str] | None
) -> None:
    request = payloads.upload_request([google_ads.event(consent=consent)], customer_id="1")
    assert request["conversions"][0].get("consent") == sent


def test_preview_is_the_body(google_ads: Platform) -> None:
    events = google_ads.events(2)
    preview = google_ads.provider(secrets={}).payload_preview(events)
    google_ads.provider().upload(events)
    (request,) = google_ads.server.uploads()
    assert preview["body"] == body(request)


def test_effects_by_action_and_order_id(google_ads: Platform) -> None:
    events = [google_ads.event(n, action=str(n % 2 + 1)) for n in range(4)]
    google_ads.provider().upload(events)
    prefix = "customers/1234567890/conversionActions"
    assert set(google_ads.server.effects) == {
        (f"{prefix}/{n % 2 + 1}", f"evt-{n}") for n in range(4)
    }


def test_platform_ref_is_the_job_id(google_ads: Platform) -> None:
    (result,) = google_ads.provider().upload(google_ads.events(1))
    assert result.platform_ref.isdigit()


# -- rows -----------------------------------------------------------------------------------------


def test_bad_row_fails_alone_in_one_request(google_ads: Platform) -> None:
    google_ads.server.bad = {"evt-3"}
    results = google_ads.provider().upload(google_ads.events(5))
    assert len(google_ads.server.uploads()) == 1
    assert [result.outcome is Outcome.ACCEPTED for result in results] == [True] * 2 + [False] + [
        True
    ] * 2
    assert (results[2].outcome, results[2].code) == (Outcome.PERMANENT, "EVENT_NOT_FOUND")
    assert "EVENT_NOT_FOUND" in results[2].explanation


def test_unnamed_error_is_about_the_rows_without_result(google_ads: Platform) -> None:
    google_ads_server(google_ads).names_rows = False
    google_ads.server.bad = {"evt-2"}
    results = google_ads.provider().upload(google_ads.events(3))
    assert [result.code for result in results] == ["", "EVENT_NOT_FOUND", ""]


def test_what_google_has_already_is_accepted(google_ads: Platform) -> None:
    events = google_ads.events(2)
    google_ads.provider().upload(events[:1])
    results = google_ads.provider().upload(events)
    assert [result.outcome for result in results] == [Outcome.ACCEPTED] * 2
    assert [result.code for result in results] == ["ORDER_ID_ALREADY_IN_USE", ""]


def test_same_event_twice_in_a_request_is_tried_again(google_ads: Platform) -> None:
    results = google_ads.provider().upload([google_ads.event(1), google_ads.event(1)])
    assert {(r.outcome, r.code) for r in results} == {(Outcome.TEMPORARY, "DUPLICATE_ORDER_ID")}


@pytest.mark.parametrize("action", ["completed", "12 34", "1/2"])
def test_action_that_is_no_number_holds_its_own_events(google_ads: Platform, action: str) -> None:
    events = [google_ads.event(1), google_ads.event(2, action=action)]
    results = google_ads.provider().upload(events)
    assert [r.outcome for r in results] == [Outcome.ACCEPTED, Outcome.CONFIGURATION]


def test_quota_of_an_unwrapped_error_is_read(google_ads: Platform) -> None:
    """RESOURCE_EXHAUSTED is the one status whose contents the library leaves to its caller."""
    google_ads.server.behave("throttle", retry_after=2.5)
    with pytest.raises(TemporaryError) as caught:
        google_ads.provider().upload(google_ads.events(1))
    assert (caught.value.code, caught.value.retry_after) == ("RESOURCE_EXHAUSTED", 2.5)


# -- credentials and the test of a connection -----------------------------------------------------


def test_connection_test_validates_only(google_ads: Platform) -> None:
    assert google_ads.provider().test().ok
    (request,) = google_ads.server.uploads()
    assert body(request)["validateOnly"] is True
    assert "conversionAction" not in body(request)["conversions"][0]
    google_ads.server.behave("reject")
    assert google_ads.provider().test().ok
    google_ads.server.behave("expire")
    assert not google_ads.provider().test().ok


@pytest.mark.parametrize(
    ("code", "ok"),
    [
        ("CUSTOMER_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS", False),
        ("CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS", False),
        ("NO_CONVERSION_ACTION_FOUND", True),
        ("CLICK_NOT_FOUND", True),
    ],
)
def test_connection_test_tells_what_is_wrong_with_the_account(
    google_ads: Platform, monkeypatch: pytest.MonkeyPatch, code: str, ok: bool
) -> None:
    refusal = (0, "conversion_upload_error", code)
    monkeypatch.setattr(google_ads.server, "_refusals", lambda call: [refusal])
    verdict = google_ads.provider().test()
    assert verdict.ok is ok
    assert (code in verdict.explanation) is not ok


def real_provider(google_ads: Platform, secrets: dict[str, str]) -> GoogleAdsProvider:
    provider = google_ads.provider(secrets=secrets)
    assert isinstance(provider, GoogleAdsProvider)
    return provider


@pytest.fixture
def no_stand_in(google_ads: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (google_ads.variable, "GOOGLE_OAUTH_CLIENT_ID", "GOOGLE_OAUTH_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)


WHOLE = {"refresh_token": "r", "client_id": "c", "client_secret": "s", "developer_token": "d"}


@pytest.mark.usefixtures("no_stand_in")
@pytest.mark.parametrize(
    ("secrets", "lacking"),
    [
        ({**WHOLE, "developer_token": ""}, "Developer token"),
        ({"developer_token": "d"}, "Refresh token"),
        ({**WHOLE, "client_secret": ""}, "OAuth client"),
        ({"developer_token": "d", "service_account": "not json"}, "service account"),
        ({**WHOLE, "developer_token": "tok\u00e9n-x"}, "developer token"),
        ({**WHOLE, "developer_token": "to\nken-x"}, "developer token"),
    ],
)
def test_real_calls_need_whole_credentials(
    google_ads: Platform, secrets: dict[str, str], lacking: str
) -> None:
    with pytest.raises(ConfigurationError, match=lacking) as caught:
        real_provider(google_ads, secrets).upload(google_ads.events(1))
    assert "ken-x" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.usefixtures("no_stand_in")
def test_refused_sign_in_needs_a_person(
    google_ads: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sign-in is asked of a local address, which refuses it; no call is made after that."""
    monkeypatch.setattr(google_sign_in, "TOKEN_URI", f"{google_ads.server.url}/token")
    secrets = {**WHOLE, "refresh_token": "r3fresh-token"}
    with pytest.raises(ConfigurationError) as caught:
        real_provider(google_ads, secrets).upload(google_ads.events(1))
    assert caught.value.code == "credentials_refused"
    assert caught.value.__context__ is None
    (request,) = google_ads.server.requests
    assert "r3fresh-token" in request["body"]
    assert "adwords" in request["body"]


@pytest.mark.usefixtures("no_stand_in")
def test_sign_in_out_of_reach_is_temporary(
    google_ads: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google_sign_in, "TOKEN_URI", "http://127.0.0.1:9/token")
    with pytest.raises(TemporaryError) as caught:
        real_provider(google_ads, WHOLE).upload(google_ads.events(1))
    assert caught.value.code == "sign_in_unreachable"
