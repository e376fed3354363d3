"""Google's words: the payload as it arrives, row isolation, credentials."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from integrations.contracts import (
    Click,
    ConfigurationError,
    Consent,
    Outcome,
    PermanentError,
    Person,
    TemporaryError,
)
from integrations.providers.google_data_manager import payloads
from integrations.providers.google_data_manager.provider import GoogleDataManagerProvider
from tests.integrations.providers.conftest import Platform, body, google_server

GOOGLE_ADS, HEX, WEB, GRANTED, DENIED = 1, 1, 1, 1, 2  # enumerations travel as integers
KNOWN_EMAIL = "223ebda6f6889b1494551ba902d9d381daf2f642bae055888e96343d53e9f9c4"
KNOWN_PHONE = "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30"
KNOWN_NAME = "128a07bfe2df877c52076e60d7774cf5baaa046c5a6c48daf30ff43ecca2f814"


def test_request_as_it_arrives(google: Platform) -> None:
    person = Person(
        email="cloudy.sanfrancisco+shopping@gmail.com",
        phone_e164="+18005550100",
        first_name="Givenname",
        last_name="given-name",
        postal_code="94107",
        country="us",
    )
    event = google.event(
        occurred_at=datetime(2026, 11, 20, 10, 30, 15, 250000, tzinfo=UTC),
        person=person,
        click=Click(gclid="TeSt-Gclid", wbraid="other"),
        value=Decimal("1200.50"),
        currency="usd",
    )
    google.provider().upload([event])
    (request,) = google.server.uploads()
    account = {"accountId": "1234567890", "accountType": GOOGLE_ADS}
    assert body(request) == {
        "destinations": [
            {
                "reference": "action-0",
                "operatingAccount": account,
                "loginAccount": {"accountId": "1112223333", "accountType": GOOGLE_ADS},
                "productDestinationId": "987654321",
            }
        ],
        "events": [
            {
                "destinationReferences": ["action-0"],
                "transactionId": "evt-1",
                "eventTimestamp": "2026-11-20T10:30:15.250Z",
                "eventSource": WEB,
                "userData": {
                    "userIdentifiers": [
                        {"emailAddress": KNOWN_EMAIL},
                        {"phoneNumber": KNOWN_PHONE},
                        {
                            "address": {
                                "givenName": KNOWN_NAME,
                                "familyName": KNOWN_NAME,
                                "regionCode": "US",
                                "postalCode": "94107",
                            }
                        },
                    ]
                },
                "adIdentifiers": {"gclid": "TeSt-Gclid"},
                "consent": {"adUserData": GRANTED, "adPersonalization": DENIED},
                "currency": "USD",
                "conversionValue": 1200.5,
            }
        ],
        "encoding": HEX,
    }


def test_platform_ref_is_googles_request_id(google: Platform) -> None:
    (result,) = google.provider().upload(google.events(1))
    assert result.platform_ref.startswith("request-")


def test_every_event_names_its_own_conversion_action(google: Platform) -> None:
    events = [google.event(n, action=str(n % 3)) for n in range(6)]
    google.provider().upload(events)
    assert set(google.server.effects) == {(f"evt-{n}", str(n % 3)) for n in range(6)}


def test_more_than_ten_conversion_actions_need_two_requests(google: Platform) -> None:
    events = [google.event(n, action=str(n)) for n in range(12)]
    results = google.provider().upload(events)
    assert [result.event_id for result in results] == [event.event_id for event in events]
    assert [len(body(r)["destinations"]) for r in google.server.uploads()] == [10, 2]


@pytest.mark.parametrize("prefix", ["events.events", "events"])
def test_named_row_costs_two_requests(google: Platform, prefix: str) -> None:
    google_server(google).row_prefix = prefix
    google.server.bad = {"evt-3"}
    results = google.provider().upload(google.events(5))
    assert len(google.server.uploads()) == 2
    assert results[2].code == "EVENT_TIME_INVALID"
    assert results[2].outcome is Outcome.PERMANENT
    assert len(body(google.server.uploads()[1])["events"]) == 4


def test_wrong_conversion_action_holds_its_own_events_only(google: Platform) -> None:
    events = [google.event(1), google.event(2, action=""), google.event(3)]
    results = google.provider().upload(events)
    assert [result.outcome for result in results] == [
        Outcome.ACCEPTED,
        Outcome.CONFIGURATION,
        Outcome.ACCEPTED,
    ]


@pytest.mark.parametrize(
    ("click", "sent"),
    [
        (Click(gclid="g", gbraid="b", wbraid="w"), {"gclid": "g"}),
        (Click(gbraid="b", wbraid="w"), {"gbraid": "b"}),
        (Click(wbraid="w"), {"wbraid": "w"}),
        (Click(fbclid="f"), None),
    ],
)
def test_one_click_identifier(google: Platform, click: Click, sent: dict[str, str] | None) -> None:
    request = payloads.ingest_request([google.event(click=click)], customer_id="1")
    assert request["events"][0].get("adIdentifiers") == sent


def test_what_is_unknown_is_left_out(google: Platform) -> None:
    event = google.event(person=Person(first_name="Ada"), consent=Consent(), source="referral")
    (message,) = payloads.ingest_request([event], customer_id="1")["events"]
    assert "userData" not in message
    assert "consent" not in message
    assert message["eventSource"] == "OTHER"


def test_address_needs_all_four_parts(google: Platform) -> None:
    event = google.event(
        person=Person(first_name="Ada", last_name="L", country="US"), click=Click()
    )
    assert not payloads.has_identifier(event)
    whole = Person(first_name="Ada", last_name="L", country="US", postal_code="94107")
    assert payloads.has_identifier(google.event(person=whole, click=Click()))


def test_connection_test_validates_only(google: Platform) -> None:
    assert google.provider().test().ok
    (request,) = google.server.uploads()
    assert body(request)["validateOnly"] is True
    google.server.behave("expire")
    assert not google.provider().test().ok


def test_preview_is_the_body_with_names_for_numbers(google: Platform) -> None:
    events = google.events(2)
    preview = google.provider(secrets={}).payload_preview(events)["body"]
    google.provider().upload(events)
    (request,) = google.server.uploads()
    from google.ads.datamanager_v1 import IngestEventsRequest

    assert IngestEventsRequest.from_json(json.dumps(preview)) == IngestEventsRequest.from_json(
        request["body"]
    )


# -- credentials ----------------------------------------------------------------------------------


def real_provider(google: Platform, secrets: dict[str, str]) -> GoogleDataManagerProvider:
    provider = google.provider(secrets=secrets)
    assert isinstance(provider, GoogleDataManagerProvider)
    return provider


@pytest.fixture
def no_stand_in(google: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (google.variable, "GOOGLE_OAUTH_CLIENT_ID", "GOOGLE_OAUTH_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("no_stand_in")
@pytest.mark.parametrize(
    ("secrets", "lacking"),
    [
        ({"client_id": "only"}, "Refresh token"),
        ({"refresh_token": "r"}, "OAuth client"),
        ({"refresh_token": "r", "client_id": "c"}, "OAuth client"),
        ({"service_account": "not json"}, "service account"),
        ({"service_account": "[]"}, "service account"),
        ({"service_account": '{"private_key": "k3y-of-nobody"}'}, "service account"),
    ],
)
def test_real_calls_need_whole_credentials(
    google: Platform, secrets: dict[str, str], lacking: str
) -> None:
    with pytest.raises(ConfigurationError, match=lacking) as caught:
        real_provider(google, secrets).upload(google.events(1))
    assert "k3y-of-nobody" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.usefixtures("no_stand_in")
def test_half_an_own_client_is_not_completed_from_the_deployment(
    google: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_OAUTH_CLIENT_ID", "deployment")
    monkeypatch.setenv("GOOGLE_OAUTH_CLIENT_SECRET", "deployment-secret")
    with pytest.raises(ConfigurationError, match="OAuth client"):
        real_provider(google, {"refresh_token": "r", "client_id": "own"}).upload(google.events(1))


@pytest.mark.usefixtures("no_stand_in")
def test_deployments_client_signs_in_and_a_refusal_needs_a_person(
    google: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sign-in itself is asked of a local address; the ingest host is never reached."""
    from integrations.providers import google_sign_in

    monkeypatch.setenv("GOOGLE_OAUTH_CLIENT_ID", "deployment")
    monkeypatch.setenv("GOOGLE_OAUTH_CLIENT_SECRET", "deployment-secret")
    # The stand-in answers 404 to everything but ingest: a definite refusal of the refresh token.
    monkeypatch.setattr(google_sign_in, "TOKEN_URI", f"{google.server.url}/token")
    with pytest.raises(ConfigurationError) as caught:
        real_provider(google, {"refresh_token": "r3fresh-token"}).upload(google.events(1))
    assert caught.value.code == "credentials_refused"
    (request,) = google.server.requests
    assert "client_id=deployment" in request["body"]
    assert "r3fresh-token" in request["body"]
    assert "r3fresh-token" not in str(caught.value)


@pytest.mark.usefixtures("no_stand_in")
def test_sign_in_out_of_reach_is_temporary(
    google: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.providers import google_sign_in

    monkeypatch.setattr(google_sign_in, "TOKEN_URI", "http://127.0.0.1:9/token")
    secrets = {"refresh_token": "r", "client_id": "c", "client_secret": "s"}
    with pytest.raises(TemporaryError):
        real_provider(google, secrets).upload(google.events(1))


def test_service_account_key_becomes_credentials_for_this_api_only() -> None:
    from google.oauth2.service_account import Credentials

    from integrations.providers.google_sign_in import service_account_credentials

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    document = {
        "type": "service_account",
        "client_email": "robot@project.example",
        "private_key": pem,
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    scope = GoogleDataManagerProvider.scope
    credentials = service_account_credentials(json.dumps(document), scope=scope)
    assert isinstance(credentials, Credentials)
    assert credentials.service_account_email == "robot@project.example"
    assert credentials.scopes == ["https://www.googleapis.com/auth/datamanager"]


def test_message_outside_the_definition_is_permanent() -> None:
    from google.ads.datamanager_v1 import IngestEventsRequest

    from integrations.providers.google_messages import message

    with pytest.raises(PermanentError):
        message(IngestEventsRequest, {"evnts": []})
