"""Local platforms: each provider's real client library against a server of this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.contracts import Click, ConnectionData, Consent, ConversionEvent, Person
from integrations.providers.base import Provider
from integrations.registry import provider_for
from tests.servers.google_ads import GoogleAdsServer
from tests.servers.google_data_manager import GoogleDataManagerServer
from tests.servers.meta import MetaServer
from tests.servers.scripted import ScriptedServer

SHORT_TIMEOUT = 0.4  # seconds: a lost answer must not cost a test twenty
SECRET = "s3cr3t-token-0123456789"

PERSON = Person(
    email="ada.lovelace@example.com",
    phone_e164="+18005550100",
    first_name="Ada",
    last_name="O'Lovelace",
    city="San Francisco",
    region="CA",
    postal_code="94107",
    country="US",
)
PERSONAL_TEXTS = ("ada.lovelace", "8005550100", "lovelace", "San Francisco", "sanfrancisco")


def conversion(number: int = 1, **changes: Any) -> ConversionEvent:
    """An event every platform takes, with the id "evt-<number>"; `changes` are its fields."""
    values: dict[str, Any] = {
        "event_id": f"evt-{number}",
        "action": "987654321",
        "occurred_at": datetime.now(UTC) - timedelta(hours=1),
        "person": PERSON,
        "click": Click(gclid="Gclid-1", fbc="fb.1.1700000000000.Fbclid-1"),
        "consent": Consent(ad_user_data=True, ad_personalization=False),
        "value": Decimal("1200.50"),
        "currency": "USD",
        "source": "website",
        "contact_ref": "0b6f1c1e-0000-4000-8000-000000000001",
    }
    return ConversionEvent(**(values | changes))


@dataclass(frozen=True)
class Platform:
    """A provider, its local server, and a connection that works."""

    name: str
    server: ScriptedServer
    variable: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    action: str

    def connection(self, **changes: Any) -> ConnectionData:
        data = ConnectionData("c-1", self.name, settings=self.settings, secrets=self.secrets)
        return replace(data, **changes)

    def provider(self, **changes: Any) -> Provider:
        provider = provider_for(self.connection(**changes))
        provider.timeout_seconds = SHORT_TIMEOUT
        return provider

    def event(self, number: int = 1, **changes: Any) -> ConversionEvent:
        return conversion(number, **({"action": self.action} | changes))

    def events(self, count: int) -> list[ConversionEvent]:
        return [self.event(number) for number in range(1, count + 1)]

    def effect_ids(self) -> list[str]:
        """The event ids the platform counted, sorted; one that counted twice shows twice."""
        position = {"google_data_manager": 0, "google_ads": 1, "meta": 1}[self.name]
        return sorted(key[position] for key in self.server.effects)


@dataclass(frozen=True)
class PlatformKind:
    """How to make a `Platform`."""

    name: str
    server: type[ScriptedServer]
    variable: str
    action: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


KINDS = {
    "google_data_manager": PlatformKind(
        name="google_data_manager",
        server=GoogleDataManagerServer,
        variable="GOOGLE_DATA_MANAGER_URL",
        action="987654321",
        settings={"customer_id": "123-456-7890", "login_customer_id": "111-222-3333"},
        secrets={"refresh_token": SECRET},
    ),
    "google_ads": PlatformKind(
        name="google_ads",
        server=GoogleAdsServer,
        variable="GOOGLE_ADS_ENDPOINT",
        action="987654321",
        settings={"customer_id": "123-456-7890", "login_customer_id": "111-222-3333"},
        secrets={"refresh_token": SECRET, "developer_token": "dev-" + SECRET},
    ),
    "meta": PlatformKind(
        name="meta",
        server=MetaServer,
        variable="META_GRAPH_URL",
        action="completed",
        settings={"dataset_id": "112233445566"},
        secrets={"access_token": SECRET, "app_secret": "app-" + SECRET, "app_id": "4242"},
    ),
}


@pytest.fixture(params=sorted(KINDS))
def platform(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """Every registered platform in turn."""
    yield from _running(KINDS[request.param], monkeypatch)


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    yield from _running(KINDS["google_data_manager"], monkeypatch)


@pytest.fixture
def google_ads(monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    yield from _running(KINDS["google_ads"], monkeypatch)


@pytest.fixture
def meta(monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    yield from _running(KINDS["meta"], monkeypatch)


def _running(kind: PlatformKind, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    with kind.server() as server:
        monkeypatch.setenv(kind.variable, server.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
        yield Platform(kind.name, server, kind.variable, kind.settings, kind.secrets, kind.action)


def google_server(platform: Platform) -> GoogleDataManagerServer:
    assert isinstance(platform.server, GoogleDataManagerServer)
    return platform.server


def google_ads_server(platform: Platform) -> GoogleAdsServer:
    assert isinstance(platform.server, GoogleAdsServer)
    return platform.server


def body(request: Mapping[str, Any]) -> Any:
    """The JSON body of a recorded request."""
    return json.loads(request["body"])
