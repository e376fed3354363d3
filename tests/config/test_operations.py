"""The admin's home: what waits and what is stuck, for whom, and where it leads."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import heartbeat
from accounts.models import User
from accounts.tenancy import scope, system_scope
from conversions.models import Upload
from integrations.models import Connection, OutboxEvent
from tests.admin_rows import rows_of_every_model, staff

HOME = "/admin/"


@pytest.fixture(autouse=True)
def _no_heartbeat_yet():
    cache.clear()


@pytest.fixture
def superuser(db):
    return User.objects.create_superuser("root@example.com", "correct-horse-battery")


@pytest.fixture
def stuck(world):
    """An upload that failed and an event set aside, here and abroad."""
    staff(world.owner, world.manager, world.rep, world.stranger)
    for workspace, name in ((world.home, "Ours"), (world.abroad, "Theirs")):
        rows = rows_of_every_model(workspace, name=name)
        with scope(workspace.pk):
            Upload.objects.filter(pk=rows[Upload].pk).update(status="failed")
            OutboxEvent.objects.in_workspace(workspace.pk).filter(pk=rows[OutboxEvent].pk).update(
                processed_at=None, set_aside_at=timezone.now()
            )


def figures(client) -> dict[str, int]:
    shown = client.get(HOME).context["figures"]
    return {figure.title: figure.count for figure in shown}


def test_superusers_see_all_workspaces_together(client, superuser, stuck):
    client.force_login(superuser)
    known = figures(client)
    assert known["Failed uploads"] == 2
    assert known["Events set aside"] == 2


@pytest.mark.parametrize("person", ["owner", "stranger"])
def test_owners_see_their_own(client, world, stuck, person):
    client.force_login(getattr(world, person))
    known = figures(client)
    assert known["Failed uploads"] == 1
    assert known["Events set aside"] == 1


def test_each_role_sees_figures_of_the_lists_it_may_open(client, world, stuck):
    client.force_login(world.rep)
    assert set(figures(client)) == {
        "Failed uploads",
        "Held uploads",
        "Retrying uploads",
        "Pending uploads",
    }
    client.force_login(world.manager)
    assert "Connections in trouble" in figures(client)
    assert "Events waiting" not in figures(client)


def test_every_figure_leads_to_as_many_rows(client, superuser, stuck, world):
    with scope(world.home.pk):
        row = Connection.objects.in_workspace(world.home.pk).get()
        row.is_active, row.consecutive_failures = True, 3
        row.save()
    client.force_login(superuser)
    for figure in client.get(HOME).context["figures"]:
        found = client.get(figure.link)
        assert found.status_code == 200, figure
        assert found.context["cl"].result_count == figure.count, figure


def test_the_oldest_says_since_when(client, superuser, stuck):
    with system_scope():
        Upload.objects.update(created_at=timezone.now() - timedelta(hours=3))
    client.force_login(superuser)
    assert re.search(r"The oldest: 3\shours ago", client.get(HOME).content.decode())


def test_the_heartbeat_is_unknown_alive_or_late_and_for_superusers_only(client, superuser, world):
    staff(world.owner)
    client.force_login(superuser)
    assert "Scheduler and worker: unknown" in client.get(HOME).content.decode()
    heartbeat.note()
    assert "both alive at" in client.get(HOME).content.decode()
    long_ago = timezone.now() - timedelta(minutes=10)
    cache.set("heartbeat", long_ago.timestamp())
    assert re.search(r"last heard of 10\sminutes ago", client.get(HOME).content.decode())
    client.force_login(world.owner)
    assert "Scheduler and worker" not in client.get(HOME).content.decode()


def test_the_home_asks_as_often_for_many_rows_as_for_few(client, superuser, stuck, world):
    client.force_login(superuser)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(HOME).status_code == 200
        return len(captured)

    few = queries()
    with world.scope():
        OutboxEvent.objects.bulk_create(
            OutboxEvent(workspace=world.home, type="x", subject_id=world.home.pk, payload={})
            for _number in range(10)
        )
    assert figures(client)["Events waiting"] == 10
    assert queries() == few
