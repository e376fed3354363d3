"""What is kept of connections: settings, and that credentials changed, never which."""

from django.db import connection as database
from django.utils import timezone

from accounts import history
from accounts.acting import acting
from accounts.tenancy import system_scope
from integrations.models import Connection
from tests.admin_rows import staff


def told(row):
    with system_scope():
        return history.told(history.events_of(row))


def test_settings_are_told_and_credentials_are_not(loop):
    row = loop.connect("meta")
    with acting(loop.world.actor()), loop.world.scope():
        found = Connection.objects.get()
        found.settings = {"dataset_id": "42"}
        found.secrets = {"access_token": "another-t0ken"}
        found.save()
        sealed = found.secrets_sealed
    (entry,) = told(row)
    assert [str(change) for change in entry.changes] == [
        "Settings: dataset_id 987654321 → dataset_id 42",
        "Credentials: changed",
    ]
    assert entry.who == "Owner"
    with system_scope(), database.cursor() as cursor:
        cursor.execute("SELECT string_agg(to_jsonb(h)::text, '') FROM accounts_historyevent h")
        stored = cursor.fetchone()[0]
    assert sealed not in stored
    assert "t0ken" not in stored


def test_the_health_of_a_connection_is_no_change(loop):
    row = loop.connect("meta")
    with loop.world.scope():
        Connection.objects.update(
            last_error="busy", consecutive_failures=3, paused_until=timezone.now()
        )
    assert told(row) == []


def test_owners_read_it_in_the_admin(loop, client):
    row = loop.connect("meta")
    with loop.world.scope():
        Connection.objects.update(is_active=False)
    staff(loop.world.owner)
    client.force_login(loop.world.owner)
    page = client.get(f"/admin/integrations/connection/{row.pk}/history/").content.decode()
    assert "Active: yes → no" in page
