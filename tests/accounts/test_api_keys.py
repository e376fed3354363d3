"""Keys are recognised without reading them anew, and never after something about them changed."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import api_keys
from accounts.api_keys import find_key
from accounts.models import ApiKey, Workspace
from accounts.row_versions import KeptByVersion


@pytest.fixture
def key(world):
    text = world.key()
    find_key(text)
    return text


def test_a_key_that_did_not_change_is_one_short_question(key):
    with CaptureQueriesContext(connection) as captured:
        assert find_key(key).name == "Test key"
    assert len(captured) == 1


def test_a_change_of_the_key_is_seen_by_the_next_call(key):
    ApiKey.objects.update(scopes=["read"])
    assert find_key(key).scopes == ["read"]


def test_a_change_of_its_workspace_or_organization_is_seen_by_the_next_call(world, key):
    Workspace.objects.filter(pk=world.home.pk).update(rate_limit_per_hour=7)
    assert find_key(key).workspace.rate_limit_per_hour == 7
    type(world.organization).objects.update(name="Renamed")
    assert find_key(key).organization.name == "Renamed"


def test_a_revoked_or_expired_key_opens_nothing_at_once(key):
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert find_key(key) is None
    ApiKey.objects.update(expires_at=None)
    assert find_key(key) is not None
    ApiKey.objects.update(revoked_at=timezone.now())
    assert find_key(key) is None


def test_a_key_that_goes_between_two_looks_opens_nothing(db):
    with patch.object(api_keys, "_VERSIONS", "SELECT 'there a moment ago' WHERE %s <> ''"):
        assert find_key("ll_gone-by-now") is None


def test_only_the_whole_key_opens(key):
    assert find_key(key[:-1] + ("a" if key[-1] != "a" else "b")) is None
    assert find_key("ll_nothing") is None


def test_what_one_request_does_to_the_rows_is_not_seen_by_the_next(key):
    row = find_key(key)
    row.name = row.workspace.name = row.organization.name = "scribbled"
    again = find_key(key)
    names = {again.name, again.workspace.name, again.organization.name}
    assert "scribbled" not in names


def test_keys_of_a_whole_organization_have_no_workspace(world):
    text = world.key(of_organization=True)
    assert find_key(text).workspace is None
    assert find_key(text).workspace is None


def test_what_is_remembered_has_a_limit(world, monkeypatch):
    monkeypatch.setattr(api_keys, "_known", KeptByVersion(2))
    keys = [world.key() for _n in range(5)]
    for _round in range(2):
        assert all(find_key(text) is not None for text in keys)
    assert len(api_keys._known) <= 2
