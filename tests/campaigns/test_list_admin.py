"""Lists in the admin: made, changed and deleted by the verbs."""

import pytest

from campaigns.models import LeadList


@pytest.fixture
def admin(world, client):
    world.manager.is_staff = True
    world.manager.save(update_fields=["is_staff"])
    client.force_login(world.manager)
    return client


def stored(world):
    with world.scope():
        return LeadList.objects.alive().first()


def test_a_list_is_made_changed_and_deleted(world, admin):
    values = {
        "name": "Hot",
        "description": "",
        "list_type": "smart",
        "workspace": str(world.home.pk),
        "criteria": '{"heat": "HOT"}',
        "tags": "a, b",
        "metadata": "{}",
    }
    refused = admin.post("/admin/campaigns/leadlist/add/", values | {"criteria": '{"heat": "x"}'})
    assert refused.status_code == 200
    assert stored(world) is None
    admin.post("/admin/campaigns/leadlist/add/", values)
    row = stored(world)
    assert (row.name, row.criteria, row.tags) == ("Hot", {"heat": ["HOT"]}, ["a", "b"])
    changed = values | {"name": "Warm", "criteria": '{"heat": ["WARM"]}', "is_archived": "on"}
    admin.post(f"/admin/campaigns/leadlist/{row.pk}/change/", changed)
    row = stored(world)
    assert (row.name, row.criteria, row.is_archived) == ("Warm", {"heat": ["WARM"]}, True)
    admin.post(f"/admin/campaigns/leadlist/{row.pk}/delete/", {"post": "yes"})
    assert stored(world) is None
