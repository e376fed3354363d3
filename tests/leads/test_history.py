"""What is kept of a lead's and a contact's changes, through every door; and how a page tells it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts import history
from accounts.acting import acting
from accounts.models import HistoryEvent
from accounts.tenancy import scope, system_scope
from leads import lifecycle, sweeping
from leads.intake import LeadInput, receive
from leads.models import Contact, Lead
from tests.admin_rows import staff
from tests.api import signed_in, with_key


@pytest.fixture
def lead(world):
    arrival = LeadInput(first_name="Ann", email="ann@example.com", phone="+13125550123")
    with world.scope():
        return receive(arrival, actor=world.actor()).lead


def events(row):
    with system_scope():
        return list(history.events_of(row))


def newest(row):
    return events(row)[0]


def by(event):
    return event.actor_kind, event.actor_label, event.via


def run(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount


def test_coming_in_is_no_change(lead):
    assert events(lead) == []
    assert events(lead.contact) == []


def test_a_move_through_the_api_names_the_key(world, lead):
    caller = with_key(world.key(), X_Request_ID="request-0001")
    answer = caller.post(f"leads/{lead.number}/qualify/")
    assert answer.status_code == 200, answer.content
    event = newest(lead)
    assert event.changes == {"status": ["new", "qualified"]}
    assert by(event) == ("key", "Test key", "api")
    assert event.request_id == "request-0001"


def test_a_change_through_the_api_by_a_person_names_the_person(world, lead):
    answer = signed_in(world.rep).patch(f"leads/{lead.number}/", {"quality_rating": "hot"})
    assert answer.status_code == 200, answer.content
    event = newest(lead)
    assert event.changes == {"quality_rating": ["unrated", "hot"]}
    assert by(event) == ("user", "Rep", "api")
    assert event.actor_id == world.rep.pk


def test_a_move_on_the_page_names_the_member(world, lead, client):
    client.force_login(world.rep)
    assert client.post(f"/w/home/leads/{lead.number}/move/qualify/").status_code == 302
    assert newest(lead).changes == {"status": ["new", "qualified"]}
    assert by(newest(lead)) == ("user", "Rep", "page")


def test_an_action_in_the_admin_names_the_member(world, lead, client):
    staff(world.manager)
    client.force_login(world.manager)
    chosen = {"action": "act_qualify", "_selected_action": [lead.pk]}
    assert client.post("/admin/leads/lead/", chosen).status_code == 302
    assert newest(lead).changes == {"status": ["new", "qualified"]}
    assert by(newest(lead)) == ("user", "Manager", "admin")


def test_the_sweep_records_each_of_the_many_it_closes(world):
    long_ago = timezone.now() - timedelta(days=40)
    with world.scope():
        for number in range(5):
            receive(LeadInput(email=f"p{number}@example.com"), actor=world.actor())
        Lead.objects.update(auto_close_alarm_at=long_ago)
    assert sweeping.close_overdue() == 5
    with system_scope():
        found = list(HistoryEvent.objects.filter(model="leads.lead"))
    assert len({event.object_id for event in found}) == len(found) == 5
    assert found[0].changes == {
        "status": ["new", "lost"],
        "loss_reason": ["", "no_contact"],
        "unqualified_reason": ["", "no_contact"],
    }
    assert by(found[0]) == ("system", "Leadloop", "timer")


def test_raw_sql_in_a_scope_is_recorded(world, lead):
    with acting(world.actor("rep")), world.scope():
        assert run("UPDATE leads_lead SET source = 'import', external_id = 'X-1'") == 1
    assert newest(lead).changes == {"source": ["other", "import"], "external_id": ["", "X-1"]}
    assert by(newest(lead)) == ("user", "Rep", "page")


def test_somebody_with_a_database_client_is_recorded_without_a_name(world, lead):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE leadloop_system")
        cursor.execute("UPDATE leads_lead SET source = 'import'")
        cursor.execute("RESET ROLE")
    assert by(newest(lead)) == ("database", "", "")
    with world.scope():
        assert history.told(events(lead))[0].who == "Directly in the database"


def test_a_deleted_row_leaves_what_it_was(world, lead):
    with acting(world.actor()), world.scope():
        Lead.objects.filter(pk=lead.pk).delete()
    event = newest(lead)
    assert event.operation == "delete"
    assert event.changes["status"] == ["new", None]
    assert event.changes["contact_id"] == [str(lead.contact_id), None]
    assert "loss_reason" not in event.changes


def test_scores_counters_and_times_write_nothing(world, lead):
    with world.scope():
        Lead.objects.update(
            heat_score=12,
            heat="WARM",
            contact_count=3,
            last_activity_at=timezone.now(),
            enrichment_data={"size": 5},
            updated_at=timezone.now(),
        )
        Contact.objects.update(lifetime_value=100, conversion_count=2, updated_at=timezone.now())
        Lead.objects.update(status="new")
        lifecycle.log_contact(lead, actor=world.actor(), method="call")
        before = len(events(lead))
        lifecycle.log_contact(lead, actor=world.actor(), method="call")
    assert before == 1
    assert len(events(lead)) == 1
    assert events(lead.contact) == []


def test_of_personal_fields_only_the_fact_is_kept(world, lead):
    with world.scope():
        Contact.objects.update(
            first_name="Secretname", email="secret@example.com", address={"street": "Secretroad"}
        )
    event = newest(lead.contact)
    assert event.changes == {}
    assert sorted(event.concealed) == ["address", "email", "first_name"]
    with system_scope(), connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(to_jsonb(h)::text, '') FROM accounts_historyevent h")
        stored = cursor.fetchone()[0].lower()
    for personal in ("secretname", "secret@", "secretroad", "ann@example.com"):
        assert personal not in stored


def test_a_change_that_is_rolled_back_leaves_nothing(committed_world):
    world = committed_world
    with world.scope():
        lead = receive(LeadInput(email="ann@example.com"), actor=world.actor()).lead
    with pytest.raises(ZeroDivisionError), world.scope():
        lifecycle.qualify(lead, actor=world.actor())
        1 / 0  # noqa: B018
    assert events(lead) == []


def test_a_stranger_sees_none_of_it(world, lead):
    with world.scope():
        lifecycle.qualify(lead, actor=world.actor())
        assert HistoryEvent.objects.count() == 1
    with scope(world.abroad.pk):
        assert HistoryEvent.objects.count() == 0
        assert run("SELECT FROM accounts_historyevent") == 0


def test_the_lead_page_tells_it_in_words(world, lead, client):
    client.force_login(world.manager)
    here = f"/w/home/leads/{lead.number}/"
    assert "Nothing was changed since it came in." in client.get(here).content.decode()
    client.post(f"{here}assign/", {"user_id": str(world.rep.pk), "assigned_to": str(world.rep.pk)})
    client.post(f"{here}move/contact/", {"method": "call"})
    client.post(f"{here}move/lose/", {"loss_reason": "price", "unqualified_reason": "no_budget"})
    text = client.get(here).content.decode()
    assert "Owner: – → Rep" in text
    assert "Status: New → Contacted" in text
    assert "Status: Contacted → Lost" in text
    assert "Unqualified reason: – → No budget" in text
    assert "Manager" in text


def test_the_page_shows_the_latest_fifty_and_all_when_asked(world, lead, client):
    with world.scope():
        for number in range(60):
            Lead.objects.update(external_id=f"X-{number}")
    client.force_login(world.viewer)
    here = f"/w/home/leads/{lead.number}/"
    short = client.get(here).content.decode()
    assert short.count("External id:") == 50
    assert f"{here}?history=all#history" in short
    assert client.get(f"{here}?history=all").content.decode().count("External id:") == 60


def test_times_are_those_of_the_workspace(world, lead, client):
    type(world.home).objects.filter(pk=world.home.pk).update(time_zone="Asia/Tokyo")
    with world.scope():
        Lead.objects.update(deleted_at="2026-03-01T20:00:00Z")
        Lead.objects.update(deleted_at=None)
    client.force_login(world.viewer)
    text = client.get(f"/w/home/leads/{lead.number}/").content.decode()
    assert "Deleted: – → March 2, 2026, 5 a.m." in text


def test_the_history_button_of_the_admin_shows_it(world, lead, client):
    staff(world.manager, world.stranger)
    with acting(world.actor("rep")), world.scope():
        lifecycle.qualify(lead, actor=world.actor("rep"))
        Contact.objects.update(first_name="Anna")
    client.force_login(world.manager)
    text = client.get(f"/admin/leads/lead/{lead.pk}/history/").content.decode()
    assert "Status: New → Qualified" in text
    assert "Rep" in text
    text = client.get(f"/admin/leads/contact/{lead.contact_id}/history/").content.decode()
    assert "First name: changed" in text
    client.force_login(world.stranger)
    answer = client.get(f"/admin/leads/lead/{lead.pk}/history/")
    assert answer.status_code in (302, 404)
