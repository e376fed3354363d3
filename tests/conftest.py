"""What every test stands on: people, workspaces, scopes as in production, local platforms."""

from collections.abc import Iterator

import pytest

from integrations.providers.base import Provider
from tests.loop import Loop
from tests.servers.google_data_manager import GoogleDataManagerServer
from tests.servers.meta import MetaServer
from tests.world import World, make_world


@pytest.fixture
def world(db) -> World:
    return make_world()


@pytest.fixture
def committed_world(transactional_db) -> World:
    """The same, committed: for tests with threads, live servers and on_commit."""
    return make_world()


@pytest.fixture
def loop(world, monkeypatch) -> Iterator[Loop]:
    """Against local servers that speak the vendors' protocols to their real client libraries."""
    monkeypatch.setattr(Provider, "timeout_seconds", 0.5)
    with GoogleDataManagerServer() as google, MetaServer() as meta:
        monkeypatch.setenv("GOOGLE_DATA_MANAGER_URL", google.url)
        monkeypatch.setenv("META_GRAPH_URL", meta.url)
        yield Loop(world, {"google_data_manager": google, "meta": meta})
