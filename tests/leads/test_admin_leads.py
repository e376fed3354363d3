"""Leads in the admin: facts are edited, the status moves through the verbs, refusals are told."""

import re

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from accounts.actors import system_actor
from accounts.models import Membership, User, Workspace
from accounts.tenancy import scope
from integrations.models import OutboxEvent
from leads.intake import LeadInput, receive
from leads.models import Appointment, Contact, Interaction, Lead
from tests.admin_rows import staff

LIST = "/admin/leads/lead/"


@pytest.fixture
def lead(world):
    staff(world.owner, world.manager, world.rep, world.viewer)
    return arrive(world, "ann")


def arrive(world, name):
    with world.scope():
        data = LeadInput(first_name=name.title(), email=f"{name}@example.com")
        return receive(data, actor=world.actor()).lead


def page(lead, name="change"):
    return f"{LIST}{lead.pk}/{name}/"


def stored(world, lead):
    with world.scope():
        return Lead.objects.select_related("contact").get(pk=lead.pk)


def told(response):
    return " | ".join(str(message) for message in get_messages(response.wsgi_request))


def one(client, lead, name, **given):
    return client.post(page(lead, name), {"apply": "1", **given})


def many(client, leads, name, **given):
    chosen = {"action": f"act_{name}", "_selected_action": [lead.pk for lead in leads]}
    return client.post(LIST, chosen | given)


MOVES = {
    "enrich": ({}, "enriched"),
    "log_contact": ({"method": "call", "direction": "outbound"}, "contacted"),
    "converse": ({}, "conversing"),
    "qualify": ({"notes": "Fits"}, "qualified"),
    "schedule": ({"scheduled_for": "2030-05-01T10:00", "location": "Office"}, "scheduled"),
    "convert": ({}, "converted"),
    "lose": ({"loss_reason": "price", "unqualified_reason": "no_need"}, "lost"),
}


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("way", ["one", "many"])
def test_each_move_works_and_leaves_its_interaction_and_news(client, world, lead, name, way):
    given, status = MOVES[name]
    client.force_login(world.rep)
    if way == "one":
        assert client.get(page(lead, name)).status_code == 200
        assert stored(world, lead).status == "new"
        response = one(client, lead, name, **given)
    else:
        response = many(client, [lead], name, **given, apply="1")
    assert response.status_code == 302
    assert "1 lead" in told(response)
    moved = stored(world, lead)
    assert moved.status == status
    with world.scope():
        entry = Interaction.objects.filter(lead=lead, type="status_change").get()
        assert (entry.via, entry.actor_user_id) == ("admin", world.rep.pk)
        assert entry.payload["to"] == status
        assert OutboxEvent.objects.filter(subject_id=lead.pk, type=f"lead.{status}").count() == 1


def test_a_lead_is_completed_lost_ones_reopened(client, world, lead):
    client.force_login(world.rep)
    one(client, lead, "qualify")
    one(client, lead, "complete")
    assert stored(world, lead).status == "completed"
    other = arrive(world, "ben")
    one(client, other, "lose", loss_reason="price", unqualified_reason="spam")
    one(client, other, "reopen")
    assert stored(world, other).status == "new"


def test_what_needs_input_asks_first_and_says_what_is_missing(client, world, lead):
    client.force_login(world.rep)
    asking = many(client, [lead], "lose")
    assert asking.status_code == 200
    assert "Price too high" in asking.content.decode()
    again = many(client, [lead], "lose", apply="1")
    assert again.status_code == 200
    assert "This field is required" in again.content.decode()
    refused = many(client, [lead], "lose", apply="1", loss_reason="price")
    assert "say why it was not" in told(refused)
    assert stored(world, lead).status == "new"


def test_refusals_are_told_for_each_lead_and_the_others_move(client, world, lead):
    other = arrive(world, "ben")
    client.force_login(world.rep)
    one(client, other, "qualify")
    response = many(client, [lead, other], "complete")
    text = told(response)
    assert "1 lead" in text
    assert f"#{lead.number} Ann" in text
    assert "not possible" in text
    assert stored(world, lead).status == "new"
    assert stored(world, other).status == "completed"


def test_the_appointment_is_read_in_the_workspaces_time_zone(client, world, lead):
    Workspace.objects.filter(pk=world.home.pk).update(time_zone="America/Chicago")
    client.force_login(world.rep)
    one(client, lead, "schedule", scheduled_for="2030-01-15T10:00")
    with world.scope():
        booked = Appointment.objects.get(lead=lead)
    assert booked.scheduled_for.isoformat() == "2030-01-15T16:00:00+00:00"


def test_managers_assign_and_reps_may_not(client, world, lead):
    client.force_login(world.manager)
    asking = client.get(page(lead, "assign")).content.decode()
    assert "Other_Rep" in asking
    assert "Stranger" not in asking
    one(client, lead, "assign", user_id=str(world.rep.pk))
    assert stored(world, lead).assigned_to_id == world.rep.pk
    one(client, lead, "assign", user_id="")
    assert stored(world, lead).assigned_to_id is None
    client.force_login(world.rep)
    assert one(client, lead, "assign", user_id=str(world.rep.pk)).status_code == 403
    assert stored(world, lead).assigned_to_id is None


def test_notes_and_contacts_land_on_the_timeline(client, world, lead):
    client.force_login(world.rep)
    one(client, lead, "note", text="Call in the evening")
    one(client, lead, "log_contact", method="email", direction="inbound", notes="Please call")
    assert stored(world, lead).status == "conversing"
    content = client.get(page(lead)).content.decode()
    assert "Call in the evening" in content
    assert "new → conversing" in content


@pytest.mark.parametrize("name", [*MOVES, "note", "assign"])
def test_a_viewer_sees_and_cannot_act(client, world, lead, name):
    client.force_login(world.viewer)
    given = MOVES.get(name, ({}, ""))[0]
    content = client.get(page(lead)).content.decode()
    assert "Ann" in content
    assert "_save" not in content
    assert page(lead, name) not in content
    assert one(client, lead, name, **given).status_code == 403
    many(client, [lead], name, **given, apply="1")
    assert client.post(page(lead), {"source": "phone"}).status_code == 403
    assert stored(world, lead).status == "new"
    with world.scope():
        assert Interaction.objects.filter(lead=lead).count() == 1


def test_the_status_cannot_be_written_by_the_form(client, world, lead):
    client.force_login(world.owner)
    content = client.get(page(lead)).content.decode()
    for name in ("status", "shown_status", "heat", "heat_score", "converted_at", "loss_reason"):
        assert f'name="{name}"' not in content
    client.post(page(lead), form(source="referral", status="converted", heat_score="99"))
    changed = stored(world, lead)
    assert (changed.status, changed.heat_score, changed.source) == ("new", 0, "referral")
    with world.scope():
        last = Interaction.objects.filter(lead=lead).order_by("-at", "-id").first()
    assert last.payload == {"step": "updated", "fields": ["source"]}


def form(**changes):
    unchanged = {
        "source": "other",
        "quality_rating": "unrated",
        "attributes": "{}",
        "platform_ref": "{}",
        "_continue": "1",
    }
    inlines = {
        f"{prefix}-{field}": "0"
        for prefix in ("interactions", "appointments", "tasks", "touches")
        for field in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    return unchanged | inlines | changes


def test_a_lead_added_by_hand_goes_through_intake(client, world, lead):
    client.force_login(world.rep)
    arrival = {"workspace": world.home.pk, "source": "phone", "first_name": "Cy", "tags": "a, b"}
    response = client.post(f"{LIST}add/", arrival | {"email": "Cy@Example.com", "gclid": "x1"})
    assert response.status_code == 302
    with world.scope():
        made = Lead.objects.get(contact__email_normalized="cy@example.com")
        assert (made.source, made.gclid, made.created_by) == ("phone", "x1", "Rep")
        assert made.contact.tags.count() == 2
        assert made.touches.count() == 1
    # The same person again: their open lead takes it.
    client.post(f"{LIST}add/", arrival | {"email": "cy@example.com"})
    with world.scope():
        assert Lead.objects.filter(contact=made.contact).count() == 1
    nobody = client.post(f"{LIST}add/", {"workspace": world.home.pk, "source": "phone"})
    assert "Give at least an e-mail" in nobody.content.decode()
    bad = client.post(f"{LIST}add/", arrival | {"email": "not an address"})
    assert "Enter an e-mail address such as" in bad.content.decode()


def test_deleting_takes_a_lead_away_and_restoring_brings_it_back(client, world, lead):
    client.force_login(world.rep)
    assert client.post(page(lead, "delete"), {"post": "yes"}).status_code == 403
    client.force_login(world.manager)
    assert client.get(page(lead, "delete")).status_code == 200
    client.post(page(lead, "delete"), {"post": "yes"})
    assert stored(world, lead).deleted_at is not None
    assert f"/{lead.pk}/" not in client.get(LIST).content.decode()
    assert f"/{lead.pk}/" in client.get(LIST, {"deleted": "yes"}).content.decode()
    one(client, lead, "restore")
    assert stored(world, lead).deleted_at is None
    chosen = {"action": "delete_selected", "_selected_action": [lead.pk], "post": "yes"}
    client.post(LIST, chosen)
    assert stored(world, lead).deleted_at is not None


def test_search_finds_people_by_what_is_known_of_them(client, world, lead):
    arrive(world, "ben")
    superuser = User.objects.create_superuser("root@example.com", "correct-horse-battery")
    for user in (world.viewer, superuser):
        client.force_login(user)
        for text in ("ann", "ANN@EXAMPLE", str(lead.number), f"#{lead.number}"):
            content = client.get(LIST, {"q": text}).content.decode()
            assert f"/{lead.pk}/" in content, (user, text)
            assert "ben@example.com" not in content
        assert "ann@example.com" not in client.get(LIST, {"q": "zoe"}).content.decode()
        assert client.get(LIST, {"q": "a\0b"}).status_code == 200


def test_a_rep_who_sees_only_their_own_leads_sees_no_others_here(client, world, lead):
    Workspace.objects.filter(pk=world.home.pk).update(rep_lead_access="own")
    client.force_login(world.manager)
    one(client, lead, "assign", user_id=str(world.other_rep.pk))
    client.force_login(world.rep)
    for address in (LIST, "/admin/leads/contact/", "/admin/leads/interaction/"):
        # As a word: a form's token may have these letters in a row.
        assert not re.search(r"\bAnn\b", client.get(address).content.decode()), address
    assert client.get(page(lead)).status_code in (302, 404)
    assert one(client, lead, "note", text="mine").status_code == 404


def test_in_two_workspaces_each_role_holds_where_it_was_given(client, world, lead):
    Membership.objects.create(user=world.manager, workspace=world.sibling, role="viewer")
    with scope(world.sibling.pk):
        data = LeadInput(first_name="Zed", email="zed@example.com")
        other = receive(data, actor=system_actor(world.sibling)).lead
    client.force_login(world.manager)
    content = client.get(LIST).content.decode()
    assert "Ann" in content
    assert "Zed" in content
    response = many(client, [lead, other], "qualify")
    assert "Your role does not allow this" in told(response)
    assert stored(world, lead).status == "qualified"
    with scope(world.sibling.pk):
        assert Lead.objects.get(pk=other.pk).status == "new"
    assert one(client, other, "qualify").status_code == 403


def test_contacts_are_edited_through_the_verb_and_conflicts_are_form_errors(client, world, lead):
    arrive(world, "ben")
    client.force_login(world.rep)
    address = reverse("admin:leads_contact_change", args=[lead.contact_id])
    content = client.get(address).content.decode()
    assert "ann@example.com" in content
    given = {
        "first_name": "Anna",
        "email": "ann@example.com",
        "company_name": "Acme",
        "tags": "vip, new",
        "social_profiles": "[]",
        **dict.fromkeys(("address", "custom_fields", "consent", "do_not_contact"), "{}"),
        "leads-TOTAL_FORMS": "0",
        "leads-INITIAL_FORMS": "0",
    }
    assert client.post(address, given).status_code == 302
    with world.scope():
        contact = Contact.objects.get(pk=lead.contact_id)
        assert (contact.first_name, contact.company.name) == ("Anna", "Acme")
        assert {tag.name for tag in contact.tags.all()} == {"vip", "new"}
    taken = client.post(address, given | {"email": "ben@example.com", "first_name": "Other"})
    assert taken.status_code == 200
    assert "has this e-mail address" in taken.content.decode()
    with world.scope():
        assert Contact.objects.get(pk=lead.contact_id).first_name == "Anna"


def test_appointments_are_marked_through_the_verb(client, world, lead):
    client.force_login(world.rep)
    one(client, lead, "qualify")
    one(client, lead, "schedule", scheduled_for=timezone.now().strftime("%Y-%m-%dT%H:%M"))
    with world.scope():
        booked = Appointment.objects.get(lead=lead)
    marks = {"action": "mark_no_show", "_selected_action": [booked.pk]}
    client.post("/admin/leads/appointment/", marks)
    assert stored(world, lead).status == "qualified"
    with world.scope():
        assert Appointment.objects.get(pk=booked.pk).status == "no_show"
