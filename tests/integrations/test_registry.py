from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from integrations.contracts import ConfigurationError, ConnectionData
from integrations.providers.base import Provider
from integrations.registry import PROVIDERS, provider_class, provider_for, provider_names

ROOT = Path(__file__).parents[2]


def test_provider_of_a_connection() -> None:
    provider = provider_for(ConnectionData("c-1", "meta"))
    assert isinstance(provider, provider_class("meta"))
    assert provider.connection.id == "c-1"


def test_unknown_provider_is_a_matter_of_configuration() -> None:
    with pytest.raises(ConfigurationError, match="carrier_pigeon"):
        provider_for(ConnectionData("c-1", "carrier_pigeon"))


def test_names_are_the_classes_own() -> None:
    assert provider_names() == ("google_data_manager", "meta", "google_ads")
    assert [provider.name for provider in PROVIDERS.values()] == list(provider_names())


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)
def test_metadata_is_complete(provider: type[Provider]) -> None:
    assert provider.label
    assert provider.max_batch >= 1
    assert isinstance(provider.max_age, timedelta)
    names = [field.name for field in (*provider.settings_fields, *provider.secret_fields)]
    assert len(names) == len(set(names))
    assert all(field.label for field in (*provider.settings_fields, *provider.secret_fields))


def test_looking_at_metadata_loads_no_client_library() -> None:
    script = """
import sys
from integrations.registry import PROVIDERS
from integrations.contracts import ConnectionData
for name, provider in PROVIDERS.items():
    provider.label, provider.settings_fields, provider.max_batch
    provider(ConnectionData("c", name)).is_live
heavy = ("google.ads", "google.auth", "grpc", "facebook_business", "requests")
loaded = [module for module in heavy if module in sys.modules]
sys.exit(f"loaded {loaded}" if loaded else 0)
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
