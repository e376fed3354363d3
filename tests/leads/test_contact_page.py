"""The Contact page: one person with their leads, results, consent and history."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Workspace
from conversions.recording import ConversionInput, log_conversion
from leads import editing
from leads.assigning.assignment import assign
from leads.intake import LeadInput, receive
from leads.models import Contact


@pytest.fixture
def lead(world):
    arrival = LeadInput(
        first_name="Ann",
        last_name="Archer",
        email="ann@example.com",
        phone="+13125550123",
        company="Acme",
        tags=["vip"],
        consent={"email": True, "ad_user_data": False},
    )
    with world.scope():
        return receive(arrival, actor=world.actor()).lead


def address(lead, slug="home"):
    return f"/w/{slug}/contacts/{lead.contact.number}/"


@pytest.mark.parametrize("role", ["owner", "manager", "rep", "viewer"])
def test_members_read_all_that_is_known_of_a_person(world, client, lead, role):
    with world.scope():
        log_conversion(
            ConversionInput(
                contact_ref=str(lead.contact_id),
                type="sale",
                converted_by="Rita",
                value=Decimal("99.50"),
            ),
            actor=world.actor(),
        )
    client.force_login(getattr(world, role))
    page = client.get(address(lead))
    assert page.status_code == 200
    text = page.content.decode()
    for known in ("Ann", "Archer", "ann@example.com", "+13125550123", "Acme", "vip", "99.50"):
        assert known in text
    assert f"/w/home/leads/{lead.number}/" in text
    assert "refused" in text


def test_a_person_is_found_from_the_lead_and_from_the_table(world, client, lead):
    client.force_login(world.rep)
    for page in (f"/w/home/leads/{lead.number}/", "/w/home/leads/"):
        assert address(lead) in client.get(page).content.decode(), page


def test_a_stranger_finds_nobody(world, client, lead):
    client.force_login(world.stranger)
    for slug in ("home", "abroad"):
        assert client.get(address(lead, slug)).status_code == 404
        assert client.get(f"/w/{slug}/contacts/{lead.contact_id}/").status_code == 404


def test_somebody_deleted_and_refs_that_are_none_are_not_found(world, client, lead):
    client.force_login(world.owner)
    assert client.get("/w/home/contacts/nonsense/").status_code == 404
    with world.scope():
        Contact.objects.update(deleted_at=lead.created_at)
    assert client.get(address(lead)).status_code == 404


def test_who_sees_own_leads_only_does_not_see_another_reps_person(world, client, lead):
    Workspace.objects.filter(pk=world.home.pk).update(rep_lead_access="own")
    with world.scope():
        assign(lead, actor=world.actor(), user_id=world.other_rep.pk)
    client.force_login(world.rep)
    assert client.get(address(lead)).status_code == 404
    client.force_login(world.other_rep)
    assert client.get(address(lead)).status_code == 200


def test_the_history_names_a_changed_address_without_its_value(world, client, lead):
    client.force_login(world.rep)
    with world.scope():
        editing.update_contact(
            lead.contact, actor=world.actor(), changes={"email": "new@example.com"}
        )
    text = client.get(address(lead)).content.decode()
    assert "E-mail: changed" in text
    assert "ann@example.com" not in text


def test_the_number_of_queries_does_not_grow_with_changes(world, client, lead):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address(lead)).status_code == 200
        return len(captured)

    client.force_login(world.rep)

    def change(name):
        with world.scope():
            Contact.objects.update(time_zone=name)

    change("Europe/Berlin")
    queries()
    at_one = queries()
    for number in range(20):
        change(f"Zone {number}")
    assert queries() == at_one
