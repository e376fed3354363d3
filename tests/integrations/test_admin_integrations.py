"""Connections and the outbox in the admin: secrets go in and never come out."""

import re

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from integrations.models import Connection, OutboxEvent
from leads.intake import LeadInput, receive
from tests.admin_rows import staff

LIST = "/admin/integrations/connection/"
SECRET = "EAAB-not-for-your-eyes"


@pytest.fixture
def owner(client, world):
    staff(world.owner, world.manager, world.rep)
    client.force_login(world.owner)
    return world.owner


@pytest.fixture
def connection(world, owner):
    with world.scope():
        row = Connection(workspace=world.home, provider="meta", name="Meta")
        row.settings = {"dataset_id": "42"}
        row.secrets = {"access_token": SECRET}
        row.save()
    return row


def page(row, name="change"):
    return f"{LIST}{row.pk}/{name}/"


def told(response):
    return " | ".join(str(message) for message in get_messages(response.wsgi_request))


def stored(world, row):
    with world.scope():
        return Connection.objects.get(pk=row.pk)


def form(**changes):
    return {"name": "Meta", "is_active": "on", "setting_dataset_id": "42"} | changes


def test_a_connection_is_added_in_two_steps(client, world, owner):
    assert "Google Ads" in client.get(f"{LIST}add/").content.decode()
    chosen = client.post(f"{LIST}add/", {"provider": "meta"})
    assert chosen.status_code == 302
    content = client.get(chosen.url).content.decode()
    assert "setting_dataset_id" in content
    given = form(workspace=world.home.pk, secret_access_token=SECRET)
    missing = client.post(chosen.url, given | {"setting_dataset_id": ""})
    assert "This field is required" in missing.content.decode()
    assert SECRET not in missing.content.decode()
    assert client.post(chosen.url, given).status_code == 302
    with world.scope():
        row = Connection.objects.get()
        assert row.secrets == {"access_token": SECRET}
        assert row.settings == {"dataset_id": "42", "require_consent": False}
        assert OutboxEvent.objects.filter(type="connection.changed").exists()


def test_secrets_are_never_shown_and_stay_when_left_empty(client, world, connection):
    content = client.get(page(connection)).content.decode()
    assert "Stored." in content
    assert SECRET not in content
    assert connection.secrets_sealed not in content
    client.post(page(connection), form(setting_dataset_id="43", secret_access_token=""))
    changed = stored(world, connection)
    assert changed.secrets == {"access_token": SECRET}
    assert changed.settings["dataset_id"] == "43"
    client.post(page(connection), form(secret_app_secret="two"))
    assert stored(world, connection).secrets == {"access_token": SECRET, "app_secret": "two"}
    client.post(page(connection), form(forget_secrets="on"))
    assert not stored(world, connection).has_secrets


def test_managers_look_and_do_not_touch(client, world, connection):
    client.force_login(world.manager)
    content = client.get(page(connection)).content.decode()
    assert "Meta" in content
    assert "secret_access_token" not in content
    assert client.post(page(connection), form(name="Mine")).status_code == 403
    assert client.post(page(connection, "test")).status_code == 403
    client.force_login(world.rep)
    assert client.get(LIST).status_code == 403
    assert client.get(page(connection)).status_code in (302, 403, 404)
    assert stored(world, connection).name == "Meta"


def test_testing_asks_first_and_tells_what_the_provider_said(client, world, connection):
    client.post(page(connection), form(forget_secrets="on"))
    assert client.get(page(connection, "test")).status_code == 200
    response = client.post(page(connection, "test"))
    assert response.status_code == 302
    assert "no credentials yet" in told(response)
    client.force_login(world.stranger)
    staff(world.stranger)
    assert client.post(page(connection, "test")).status_code == 404


def test_a_deleted_connection_forgets_its_secrets_and_stays(client, world, connection):
    assert client.get(page(connection, "delete")).status_code == 200
    client.post(page(connection, "delete"), {"post": "yes"})
    gone = stored(world, connection)
    assert gone.deleted_at is not None
    assert not gone.has_secrets
    assert "Meta" not in client.get(LIST).content.decode().partition("result_list")[2]


def test_events_that_were_set_aside_are_replayed(client, world, owner):
    with world.scope():
        lead = receive(LeadInput(email="ann@example.com"), actor=world.actor()).lead
        event = OutboxEvent.objects.get(subject_id=lead.pk)
        event.set_aside_at = timezone.now()
        event.attempts = 8
        event.save()
    address = reverse("admin:integrations_outboxevent_change", args=[event.pk])
    assert "Replay" in client.get(address).content.decode()
    assert client.get(address.replace("change", "replay")).status_code == 200
    client.post(address.replace("change", "replay"))
    with world.scope():
        replayed = OutboxEvent.objects.get(pk=event.pk)
        assert (replayed.set_aside_at, replayed.attempts) == (None, 0)
    listed = client.get("/admin/integrations/outboxevent/", {"state": "waiting"})
    assert "lead.created" in listed.content.decode()
    client.force_login(world.manager)
    assert client.post(address.replace("change", "replay")).status_code in (403, 404)


def test_the_page_says_the_state_as_the_list_does(client, world, connection):
    for address in (LIST, page(connection)):
        words = re.sub(r"<[^>]*>", " ", client.get(address).content.decode())
        assert "Not tried yet" in words, address
