"""Speed to lead: the target, the due time of a new lead, and whether it was met."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine

from accounts.permissions import PermissionRefused
from leads import lifecycle
from leads.intake import LeadInput, receive
from leads.models import Lead, ResponseSettings
from leads.responding import response
from leads.responding.response import InvalidResponse, standing
from tests.api import with_key

SETTINGS = "/w/home/settings/response/"
# A Friday, half an hour before the usual end of work in the workspace's zone.
FRIDAY = "2026-03-06T21:30:00+00:00"


@pytest.fixture
def target(world):
    """Two hours, in New York."""
    world.home.time_zone = "America/New_York"
    world.home.save()
    with world.scope():
        return response.save(actor=world.actor("manager"), changes={"target_minutes": 120})


def arrive(world, name="ann"):
    with world.scope():
        return receive(LeadInput(email=f"{name}@example.com"), actor=world.actor()).lead


def stands(world, lead, now):
    with world.scope():
        return standing(Lead.objects.get(pk=lead.pk), now).value


def test_without_a_target_nothing_is_due(world):
    lead = arrive(world)
    assert lead.first_response_due_at is None
    assert stands(world, lead, lead.created_at) == ""


@pytest.mark.usefixtures("target")
def test_the_due_time_is_reckoned_on_business_hours_when_a_lead_comes_in(world):
    with time_machine.travel(FRIDAY, tick=False):
        lead = arrive(world)
    # Half an hour on Friday, one and a half on Monday; the clocks changed in between.
    assert lead.first_response_due_at == datetime(2026, 3, 9, 14, 30, tzinfo=UTC)
    with world.scope():
        changes = {"target_minutes": 5, "holidays": [date(2026, 3, 9)]}
        response.save(actor=world.actor(), changes=changes)
        assert Lead.objects.get().first_response_due_at == lead.first_response_due_at
    with time_machine.travel("2026-03-09T15:00:00+00:00", tick=False):
        after = arrive(world, "bob")
        again = arrive(world)
    assert after.first_response_due_at == datetime(2026, 3, 10, 13, 5, tzinfo=UTC)
    assert again.first_response_due_at == lead.first_response_due_at


@pytest.mark.usefixtures("target")
def test_how_a_lead_stands_to_its_target(world):
    with time_machine.travel("2026-03-04T15:00:00+00:00", tick=False) as clock:
        lead = arrive(world)
        due = lead.first_response_due_at
        assert due == datetime(2026, 3, 4, 17, tzinfo=UTC)
        minutes = [stands(world, lead, due + timedelta(minutes=n)) for n in (-61, -60, 0, 1)]
        assert minutes == ["waiting", "soon", "soon", "missed"]
        clock.move_to(due)
        other = arrive(world, "bob")
        with world.scope():
            lifecycle.log_contact(lead, actor=world.actor("rep"), method="call")
            lifecycle.qualify(other, actor=world.actor("rep"))
        assert stands(world, lead, due + timedelta(days=9)) == "met"
        # Moved on without a contact being logged: nobody knows when they answered.
        assert stands(world, other, due) == ""
        late = arrive(world, "eve")
        clock.move_to(late.first_response_due_at + timedelta(seconds=1))
        with world.scope():
            lifecycle.mark_contacted(late, actor=world.actor("rep"), method="email")
        assert stands(world, late, due) == "missed"


@pytest.mark.usefixtures("target")
def test_the_lead_says_so_on_its_page_and_over_rest(world, client):
    client.force_login(world.rep)
    with time_machine.travel("2026-03-04T15:00:00+00:00") as clock:
        lead = arrive(world)
        page = f"/w/home/leads/{lead.number}/"
        shown = with_key(world.key()).get(f"leads/{lead.number}/").json()
        assert shown["first_response_due_at"].startswith("2026-03-04T17:00:00")
        assert "First answer due" in client.get(page).content.decode()
        clock.move_to("2026-03-04T18:00:00+00:00")
        assert "First answer overdue since" in client.get(page).content.decode()
        with world.scope():
            at = datetime(2026, 3, 4, 16, tzinfo=UTC)
            lifecycle.log_contact(lead, actor=world.actor("rep"), method="call", at=at)
        assert "First answer in time" in client.get(page).content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"target_minutes": 0}, "target_minutes"),
        ({"target_minutes": 10_001}, "target_minutes"),
        ({"days": []}, "days"),
        ({"days": [7]}, "days"),
        ({"opens_at": time(17)}, "closes_at"),
        ({"closes_at": time(8)}, "closes_at"),
        ({"holidays": [date(2026, 1, 1) + timedelta(days=n) for n in range(401)]}, "holidays"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(world, changes, field):
    with world.scope():
        with pytest.raises(InvalidResponse) as refusal:
            response.save(actor=world.actor(), changes=changes)
        assert refusal.value.errors[0][0] == field
        assert not ResponseSettings.objects.exists()


def test_only_managers_set_the_target(world):
    with world.scope():
        for role in ("rep", "viewer"):
            with pytest.raises(PermissionRefused):
                response.save(actor=world.actor(role), changes={"target_minutes": 5})


def form(**changes):
    return {
        "target_minutes": "15",
        "days": ["0", "1", "5"],
        "opens_at": "08:30",
        "closes_at": "00:00",
        "holidays": "2026-12-25\n\n2026-12-24, 2026-12-25",
    } | changes


def test_the_settings_page(world, client):
    client.force_login(world.manager)
    assert "Minutes to the first response" in client.get(SETTINGS).content.decode()
    assert client.post(SETTINGS, form())["Location"] == SETTINGS
    with world.scope():
        row = ResponseSettings.objects.get()
        assert (row.target_minutes, row.days) == (15, [0, 1, 5])
        assert (row.opens_at, row.closes_at) == (time(8, 30), time(0))
        assert row.holidays == [date(2026, 12, 24), date(2026, 12, 25)]
    assert "2026-12-24\n2026-12-25" in client.get(SETTINGS).content.decode()
    client.post(SETTINGS, form(target_minutes=""))
    with world.scope():
        assert ResponseSettings.objects.get().target_minutes is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"holidays": "Christmas"}, "“Christmas” is not a day"),
        ({"closes_at": "08:00"}, "Close after you open"),
        ({"days": []}, "This field is required"),
        ({"target_minutes": "20000"}, "10000"),
    ],
)
def test_a_refused_page_keeps_what_was_typed_and_says_why(world, client, changes, words):
    client.force_login(world.manager)
    answer = client.post(SETTINGS, form(**changes))
    assert answer.status_code == 422
    text = answer.content.decode()
    assert words in text
    assert "08:30" in text
    with world.scope():
        assert not ResponseSettings.objects.exists()


@pytest.mark.parametrize(("role", "status"), [("rep", 403), ("viewer", 403), ("stranger", 404)])
def test_the_settings_page_is_for_managers(world, client, role, status):
    client.force_login(getattr(world, role))
    assert client.get(SETTINGS).status_code == status
    assert client.post(SETTINGS, form()).status_code == status
