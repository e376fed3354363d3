"""Custom fields on the pages: shown and edited on a lead, asked for a new one, kept as filters."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.fields.custom_fields import archive, define
from leads.intake import LeadInput, receive
from leads.models import Contact, CustomField, Lead


@pytest.fixture
def fields(world):
    """A field of each kind, the last one the lead's."""
    with world.scope():
        return {
            "size": define(actor=world.actor(), label="Size", kind="number"),
            "since": define(actor=world.actor(), label="Since", kind="date"),
            "vip": define(actor=world.actor(), label="Very important", key="vip", kind="boolean"),
            "plan": define(
                actor=world.actor(),
                label="Plan",
                kind="choice",
                choices=[{"value": "gold", "label": "All in"}, "free"],
            ),
            "wants": define(
                actor=world.actor(), label="Wants", kind="multi_choice", choices=["Roof", "Floor"]
            ),
            "topics": define(actor=world.actor(), label="Topics", kind="multi_choice"),
            "site": define(actor=world.actor(), label="Site", kind="url"),
            "email": define(actor=world.actor(), label="Other e-mail", key="email"),
            "project": define(actor=world.actor(), label="Project", subject="lead"),
        }


VALUES = {
    "size": 12500,
    "since": "2026-03-01",
    "vip": True,
    "plan": "gold",
    "wants": ["Roof"],
    "topics": ["a", "b"],
    "site": "https://ann.example",
    "email": "x",
    "project": "Attic\nand roof",
}


@pytest.fixture
def lead(world, fields):
    with world.scope():
        given = LeadInput(email="ann@example.com", custom_fields=VALUES)
        return receive(given, actor=world.actor()).lead


def entered(**changes):
    """What the browser sends for `VALUES`, with some of it changed."""
    sent = {
        "size": "12500",
        "since": "2026-03-01",
        "vip": "true",
        "plan": "gold",
        "wants": ["Roof"],
        "topics": "a, b",
        "site": "https://ann.example",
        "email": "x",
        "project": "Attic\r\nand roof",
    } | changes
    return {f"custom-{name}": value for name, value in sent.items()}


def stored(world):
    with world.scope():
        row = Lead.objects.select_related("contact").get()
        return {**row.contact.custom_fields, **row.custom_fields}


def test_the_lead_page_shows_each_value_in_words(world, client, lead):
    client.force_login(world.rep)
    text = client.get(f"/w/home/leads/{lead.number}/").content.decode()
    assert "More details" in text
    for words in ("12,500", "March 1, 2026", ">Yes<", "All in", "Roof", "Attic<br>and roof"):
        assert words in text, words
    link = '<a href="https://ann.example" rel="noopener noreferrer nofollow"'
    assert link in " ".join(text.split())


def test_the_contact_page_shows_the_persons_own(world, client, lead):
    client.force_login(world.viewer)
    text = client.get(f"/w/home/contacts/{lead.contact.number}/").content.decode()
    assert "12,500" in text
    assert "Attic" not in text


def test_without_fields_there_is_no_card(world, client):
    with world.scope():
        lead = receive(LeadInput(email="ann@example.com"), actor=world.actor()).lead
    client.force_login(world.rep)
    assert "More details" not in client.get(f"/w/home/leads/{lead.number}/").content.decode()
    assert "More details" not in client.get("/w/home/leads/new/").content.decode()


def test_an_archived_field_is_not_shown(world, client, lead, fields):
    with world.scope():
        archive(fields["size"], actor=world.actor())
    client.force_login(world.rep)
    assert "12,500" not in client.get(f"/w/home/leads/{lead.number}/").content.decode()
    assert stored(world)["size"] == 12500


def test_saving_what_was_not_changed_changes_nothing(world, client, lead):
    client.force_login(world.rep)
    answer = client.post(f"/w/home/leads/{lead.number}/custom-fields/", entered())
    assert answer["Location"] == f"/w/home/leads/{lead.number}/"
    assert stored(world) == VALUES
    with world.scope():
        assert lead.interactions.count() == 1


def test_details_are_changed_and_cleared_in_place(world, client, lead):
    client.force_login(world.rep)
    answer = client.post(
        f"/w/home/leads/{lead.number}/custom-fields/",
        entered(size="7.5", vip="", wants=["Floor", "Roof"], topics="c", project="Garage"),
    )
    assert answer.status_code == 302
    kept = {name: VALUES[name] for name in ("since", "plan", "site", "email")}
    assert stored(world) == kept | {
        "size": 7.5,
        "wants": ["Floor", "Roof"],
        "topics": ["c"],
        "project": "Garage",
    }


def test_a_refused_detail_keeps_what_was_typed_and_says_why(world, client, lead):
    client.force_login(world.rep)
    answer = client.post(
        f"/w/home/leads/{lead.number}/custom-fields/", entered(size="many", project="Garage")
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "This field takes a number" in text
    assert 'value="many"' in text
    assert ">\nGarage</textarea>" in text
    assert '<details class="panel-edit" open>' in text
    assert stored(world) == VALUES


def test_a_viewer_sees_the_details_and_changes_none(world, client, lead):
    client.force_login(world.viewer)
    text = client.get(f"/w/home/leads/{lead.number}/").content.decode()
    assert "12,500" in text
    assert "Edit these details" not in text
    answer = client.post(f"/w/home/leads/{lead.number}/custom-fields/", entered(size="1"))
    assert answer.status_code == 403
    assert stored(world) == VALUES


def test_a_stranger_gets_404(world, client, lead):
    client.force_login(world.stranger)
    for slug in ("home", "abroad"):
        address = f"/w/{slug}/leads/{lead.number}/custom-fields/"
        assert client.post(address, entered(size="1")).status_code == 404
    assert stored(world) == VALUES


def test_the_lead_is_edited_with_every_kind_of_field(world, client, lead):
    client.force_login(world.rep)
    page = f"/w/home/leads/{lead.number}/edit/"
    text = client.get(page).content.decode()
    assert 'value="12500"' in text
    person = {"first_name": "Ann", "email": "ann@example.com", "source": "other"}
    refused = client.post(page, person | entered(since="soon", size="7"))
    assert refused.status_code == 422
    assert "This field takes a date" in refused.content.decode()
    assert 'value="7"' in refused.content.decode()
    changed = {
        "size": "7",
        "since": "2026-04-01",
        "vip": "false",
        "plan": "free",
        "wants": ["Floor"],
        "topics": "c",
        "site": "https://new.example",
        "email": "y",
        "project": "Garage",
    }
    assert client.post(page, person | entered(**changed)).status_code == 302
    assert stored(world) == changed | {"size": 7, "vip": False, "topics": ["c"]}


def test_a_new_lead_is_asked_for_the_fields(world, client, fields):
    client.force_login(world.rep)
    assert "Very important" in client.get("/w/home/leads/new/").content.decode()
    person = {"first_name": "Bo", "email": "bo@example.com", "source": "phone", "status": "new"}
    refused = client.post("/w/home/leads/new/", person | entered(site="nonsense"))
    assert refused.status_code == 422
    assert "This field takes a web address" in refused.content.decode()
    with world.scope():
        assert not Contact.objects.exists()
    answer = client.post("/w/home/leads/new/", person | entered(topics="", plan=""))
    assert answer.status_code == 302
    left = {name: value for name, value in VALUES.items() if name not in ("topics", "plan")}
    assert stored(world) == left


def test_the_list_keeps_the_filters_and_shows_them_as_chips(world, client, lead):
    with world.scope():
        for number in range(51):
            other = LeadInput(email=f"p{number}@example.com", custom_fields={"plan": "gold"})
            receive(other, actor=world.actor())
        receive(LeadInput(email="zed@example.com"), actor=world.actor())
    client.force_login(world.rep)
    address = "/w/home/leads/?attr.plan=gold&attr.plan=free&ordering=created_at"
    text = client.get(address).content.decode()
    assert "zed@example.com" not in text
    assert '<span class="muted">Plan</span> <span class="truncate">All in, free</span>' in text
    for value in ("gold", "free"):
        box = f'type="checkbox" name="attr.plan" value="{value}" checked>'
        assert box in " ".join(text.split())
    assert "attr.plan=gold&amp;attr.plan=free&amp;ordering=created_at&amp;cursor=" in text
    ranged = client.get("/w/home/leads/?attr.size.min=1000").content.decode()
    assert '<span class="muted">Size from</span> <span class="truncate">1000</span>' in ranged
    assert f"#{lead.number}" in ranged


def test_a_filter_that_cannot_be_read_is_told_and_left_out(world, client, lead):
    client.force_login(world.rep)
    text = client.get("/w/home/leads/?attr.sise=1&attr.size=big").content.decode()
    assert "There is no custom field “sise” to filter by." in text
    assert "This field takes a number" in text
    assert f"#{lead.number}" in text


def test_the_pages_cost_the_same_with_many_values(world, client, lead):
    client.force_login(world.rep)

    def queries(address):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    addresses = ("/w/home/leads/?attr.size.min=1", f"/w/home/leads/{lead.number}/")
    for address in addresses:
        queries(address)
    at_one = [queries(address) for address in addresses]
    with world.scope():
        for number in range(40):
            values = VALUES | {f"extra_{number}": number}
            given = LeadInput(email=f"p{number}@example.com", custom_fields=values)
            receive(given, actor=world.actor())
        assert CustomField.objects.count() > 40
    assert [queries(address) for address in addresses] == at_one
