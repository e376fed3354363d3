"""Outcomes of a workspace's own in the admin."""

import pytest
from django.urls import reverse

from campaigns.models import CallOutcome

pytestmark = pytest.mark.django_db

ADD = "admin:campaigns_calloutcome_add"


@pytest.fixture
def staff(world, client):
    world.owner.is_staff = True
    world.owner.save(update_fields=["is_staff"])
    client.force_login(world.owner)
    return client


def entered(world, **given):
    usual = {
        "workspace": str(world.home.pk),
        "code": "brochure",
        "label": "Wants the brochure",
        "status": "queued",
        "delay_minutes": "60",
        "is_reached": "on",
        "is_active": "on",
    }
    return usual | given


def test_an_outcome_is_added_and_changed_through_its_verbs(world, staff):
    assert staff.post(reverse(ADD), entered(world)).status_code == 302
    with world.scope():
        row = CallOutcome.objects.get()
        assert (row.code, row.delay_minutes, row.position) == ("brochure", 60, 100)
    change = reverse("admin:campaigns_calloutcome_change", args=[row.pk])
    assert staff.post(change, entered(world, label="Brochure")).status_code == 302
    with world.scope():
        assert CallOutcome.objects.get().label == "Brochure"


def test_what_a_verb_refuses_stands_beside_its_field(world, staff):
    answer = staff.post(reverse(ADD), entered(world, code="busy"))
    assert answer.status_code == 200
    assert "built-in" in answer.text
    with world.scope():
        assert not CallOutcome.objects.exists()
