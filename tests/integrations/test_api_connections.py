"""Connections over REST: secrets stay secret, changes are heard of, trying them out."""

import pytest
from django.db import connection as database

from conversions.models import ConversionRule, Upload
from integrations import api as connections_api
from integrations import outbox
from integrations.contracts import TestResult
from integrations.models import Connection, OutboxEvent
from integrations.providers.meta.provider import MetaProvider
from tests.api import make_upload, one_of_everything, with_key

META = {
    "provider": "meta",
    "name": "Meta",
    "settings": {"dataset_id": 987654321},
    "secrets": {"access_token": "t0p-s3cret-token"},
}


@pytest.fixture
def api(world):
    return with_key(world.key())


def test_secrets_go_in_and_never_come_out(api, world):
    made = api.post("connections/", META)
    assert made.status_code == 201
    connection = made.json()
    assert connection["settings"] == {"dataset_id": "987654321"}
    assert (connection["has_secrets"], connection["secret_names"]) == (True, ["access_token"])
    assert connection["health"]["state"] == "untried"
    assert connection["webhook_url"] is None
    for path in ("connections/", f"connections/{connection['id']}/"):
        assert b"t0p-s3cret" not in api.get(path).content
    with world.scope():
        row = Connection.objects.get()
        assert row.secrets == META["secrets"]
        assert "t0p" not in row.secrets_sealed
        assert all("t0p-s3cret" not in str(e.payload) for e in OutboxEvent.objects.all())
    assert set(connection) == set(connections_api.ConnectionSerializer().fields)
    assert set(connection) == set(connections_api.CONNECTION_EXAMPLE)
    assert set(connection["health"]) == set(connections_api.HealthSerializer().fields)


def test_entries_are_set_one_by_one_and_null_takes_one_away(api, world):
    path = f"connections/{api.post('connections/', META).json()['id']}/"
    changed = api.patch(
        path, {"settings": {"page_id": "7"}, "secrets": {"app_secret": "another"}, "name": "M"}
    ).json()
    assert changed["settings"] == {"dataset_id": "987654321", "page_id": "7"}
    assert changed["secret_names"] == ["access_token", "app_secret"]
    less = api.patch(path, {"settings": {"page_id": None}, "secrets": {"access_token": None}})
    assert less.json()["settings"] == {"dataset_id": "987654321"}
    assert less.json()["secret_names"] == ["app_secret"]
    assert api.put(path, less.json()).status_code == 200
    refused = api.patch(path, {"provider": "google_data_manager"})
    assert (refused.status_code, refused.json()["code"]) == (422, "read_only")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"provider": "callrail"}, "provider"),
        ({"settings": {}}, "settings.dataset_id"),
        ({"settings": {"dataset_id": "1", "colour": "x"}}, "settings.colour"),
        ({"settings": {"dataset_id": ["1"]}}, "settings.dataset_id"),
        ({"settings": {"dataset_id": "1", "require_consent": "yes"}}, "settings.require_consent"),
        ({"secrets": {"password": "x"}}, "secrets.password"),
        ({"secrets": "x"}, "secrets"),
        ({"health": {}}, "health"),
    ],
)
def test_what_a_provider_does_not_know_is_refused(api, world, change, field):
    answer = api.post("connections/", META | change)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    if field == "provider":
        assert "google_data_manager, meta" in answer.json()["detail"]
    assert b"t0p-s3cret" not in answer.content
    with world.scope():
        assert not Connection.objects.exists()


def test_a_change_sends_what_was_held_and_closes_the_breaker(api, world):
    rows = one_of_everything(world)
    with world.scope():
        Upload.objects.update(status="held", error_kind="configuration")
        Connection.objects.update(consecutive_failures=9, paused_until="2999-01-01T00:00Z")
    path = f"connections/{rows.connection.pk}/"
    assert api.get(path).json()["health"]["state"] == "paused"
    assert api.patch(path, {"is_active": False}).status_code == 200
    outbox.drain()
    with world.scope():
        assert Upload.objects.get().status == "held"
    changed = api.patch(path, {"is_active": True, "secrets": {"access_token": "new"}}).json()
    assert changed["health"]["state"] == "untried"
    outbox.drain()
    with world.scope():
        assert Upload.objects.get().status == "pending"


def test_deleting_forgets_the_secrets_and_switches_the_rules_off(api, world):
    rows = one_of_everything(world)
    path = f"connections/{rows.connection.pk}/"
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    assert api.get("connections/").json()["results"] == []
    outbox.drain()
    with world.scope():
        assert not ConversionRule.objects.get().is_active
        assert not Connection.objects.get().has_secrets
        make_upload(world, rows.rule, api_lead(api), status="pending")
    assert api.get(f"uploads/{rows.upload.pk}/").status_code == 200
    body = {"trigger": "qualified", "connection": str(rows.connection.pk), "external_action": "Q"}
    assert api.post("conversion-rules/", body).status_code == 404


def api_lead(api):
    from leads.models import Lead

    return Lead.objects.get(pk=api.post("leads/", {"email": "bob@example.com"}).json()["id"])


@pytest.mark.django_db(transaction=True)
def test_trying_out_waits_for_nobody_inside_a_transaction(committed_world, monkeypatch):
    api = with_key(committed_world.key())
    path = f"connections/{api.post('connections/', META).json()['id']}/test/"
    open_transactions = []

    def probe(provider):
        open_transactions.append(database.in_atomic_block)
        return TestResult(ok=True, explanation="Meta knows it.")

    monkeypatch.setattr(MetaProvider, "test", probe)
    assert api.post(path).json() == {"ok": True, "explanation": "Meta knows it."}
    assert open_transactions == [False]


def test_a_dry_run_says_so(api):
    path = f"connections/{api.post('connections/', META | {'secrets': {}}).json()['id']}/"
    assert api.get(path).json()["health"]["state"] == "dry_run"
    answer = api.post(f"{path}test/")
    assert (answer.status_code, answer.json()["ok"]) == (200, False)


def test_the_documented_bodies_are_accepted():
    connections_api.ConnectionInput(data=connections_api.EXAMPLE).is_valid(raise_exception=True)
    changes = connections_api.ConnectionChangesInput(data=connections_api.CHANGES_EXAMPLE)
    changes.is_valid(raise_exception=True)
