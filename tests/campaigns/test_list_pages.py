"""The pages of lists: shown, made from filters, filled and emptied by hand, archived, deleted."""

import pytest

from campaigns import lists, membership
from campaigns.models import LeadList, LeadListMember
from leads.intake import LeadInput, receive
from tests.leads.test_pages import queries


@pytest.fixture
def home(world):
    with world.scope():
        return [
            receive(
                LeadInput(email=f"p{n}@example.com", first_name=f"Person {n}"), actor=world.actor()
            ).lead
            for n in range(3)
        ]


@pytest.fixture
def manager(world, client):
    client.force_login(world.manager)
    return client


def a_list(world, **values):
    with world.scope():
        return lists.create(actor=world.actor(), values={"name": "Donors", **values})


def the_list(world):
    with world.scope():
        return LeadList.objects.get()


def test_a_list_is_made_from_the_filters_of_the_leads_page(world, home, manager):
    page = manager.get("/w/home/leads/?status=new&last_contacted_before=30d").content.decode()
    assert "/w/home/lists/new/?" in page
    page = manager.get("/w/home/lists/new/?status=new&never_contacted=true&view=x")
    text = page.content.decode()
    assert "Status is New; never contacted." in text
    assert "Now 3 leads." in text
    body = {"list-name": "", "kind": "smart", "status": "new", "never_contacted": "true"}
    refused = manager.post("/w/home/lists/new/", body)
    assert refused.status_code == 422
    assert 'name="never_contacted"' in refused.content.decode()
    made = manager.post("/w/home/lists/new/", body | {"list-name": "Fresh", "list-tags": "a, b"})
    row = the_list(world)
    assert made["Location"] == f"/w/home/lists/{row.pk}/"
    assert (row.list_type, row.lead_count, row.tags) == ("smart", 3, ["a", "b"])
    assert row.criteria == {"status": ["new"], "never_contacted": ["true"]}
    shown = manager.get(made["Location"]).content.decode()
    assert "Person 2" in shown
    assert "By the rule" in shown


def test_leads_are_put_in_by_number_and_address_and_taken_out(world, home, manager):
    row = a_list(world)
    address = f"/w/home/lists/{row.pk}/"
    who = f"#{home[0].number}, p1@example.com\nnobody@example.com"
    refused = manager.post(f"{address}add/", {"who": who, "notes": "Fair"})
    assert refused.status_code == 422
    assert "There is no lead nobody@example.com." in refused.content.decode()
    assert "Fair" in refused.content.decode()
    who = f"#{home[0].number}, p1@example.com"
    manager.post(f"{address}add/", {"who": who, "notes": "Fair"})
    text = manager.get(address).content.decode()
    assert ("Fair" in text, "Manager" in text, "2 leads" in text) == (True, True, True)
    manager.post(f"{address}remove/", {"lead": str(home[0].pk)})
    assert the_list(world).lead_count == 1


def test_a_rule_is_edited_archived_and_deleted(world, home, manager):
    row = a_list(world, list_type="dynamic", criteria={"status": "new"})
    address = f"/w/home/lists/{row.pk}/"
    assert 'value="new" selected' in manager.get(f"{address}edit/").content.decode()
    refused = manager.post(f"{address}edit/", {"list-name": "Donors"})
    assert "give the rule at least one filter" in refused.content.decode()
    manager.post(f"{address}edit/", {"list-name": "Cold", "heat": "COLD", "open": "true"})
    assert the_list(world).criteria == {"heat": ["COLD"], "open": ["true"]}
    manager.post(f"{address}archive/", {"do": "archive"})
    assert "No lists yet" in manager.get("/w/home/lists/").content.decode()
    assert "Cold" in manager.get("/w/home/lists/?archived=true").content.decode()
    manager.post(f"{address}archive/", {"do": "restore"})
    assert not the_list(world).is_archived
    manager.post(f"{address}delete/")
    assert manager.get(address).status_code == 404


def test_a_rep_looks_and_changes_nothing(world, home, client):
    row = a_list(world)
    with world.scope():
        membership.add(row, [lead.pk for lead in home], actor=world.actor())
    client.force_login(world.rep)
    text = client.get(f"/w/home/lists/{row.pk}/").content.decode()
    assert "Person 1" in text
    assert "Take out" not in text
    for path in ("edit/", "add/", "remove/", "archive/", "delete/"):
        assert client.post(f"/w/home/lists/{row.pk}/{path}").status_code == 403
    assert client.post("/w/home/lists/new/", {"list-name": "x"}).status_code == 403
    with world.scope():
        assert LeadListMember.objects.present().count() == 3


def test_the_pages_cost_the_same_with_more_rows(world, home, manager):
    row = a_list(world, list_type="smart", criteria={"assigned_to": str(world.rep.pk)})
    with world.scope():
        membership.add(row, [home[0].pk], actor=world.actor())
    addresses = ("/w/home/lists/", f"/w/home/lists/{row.pk}/")
    for address in addresses:
        manager.get(address)
    at_one = [queries(manager, address) for address in addresses]
    with world.scope():
        membership.add(row, [lead.pk for lead in home], actor=world.actor("manager"))
    rule = {"assigned_to": str(world.other_rep.pk)}
    for number in range(5):
        a_list(world, name=f"More {number}", list_type="dynamic", criteria=rule)
    assert [queries(manager, address) for address in addresses] == at_one


def test_a_preview_says_the_rule_and_how_many(world, home, manager):
    text = manager.get("/w/home/lists/preview/?heat=COLD").content.decode()
    assert "Heat is Cold." in text
    assert "Now 3 leads." in text
    text = manager.get("/w/home/lists/preview/?quiet_days=30").content.decode()
    assert "Last contacted before 30 days ago." in text
    assert "choose at least one" in manager.get("/w/home/lists/preview/").content.decode()
