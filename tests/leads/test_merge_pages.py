"""The pages of merging: suggestions, two side by side, undoing, and who may do what."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.intake import LeadInput, receive
from leads.merges import duplicates
from leads.models import Contact, DuplicateSuggestion, Merge

PAGE = "/w/home/contacts/duplicates/"


def arrive(world, **facts):
    with world.scope():
        return receive(LeadInput(**facts), actor=world.actor()).lead


@pytest.fixture
def pair(world):
    ann = arrive(world, first_name="Ann", last_name="Moss", email="ann@example.com")
    anne = arrive(world, first_name="Anne", last_name="Moss", email="anne@example.com")
    with world.scope():
        duplicates.raise_pair(world.home.pk, ann.contact_id, anne.contact_id, ["phone"])
    return ann, anne


def side_by_side(pair):
    ann, anne = (lead.contact.number for lead in pair)
    return f"/w/home/contacts/{ann}/merge/{anne}/"


def test_managers_compare_choose_merge_and_take_it_back(world, pair, client):
    ann, anne = pair
    client.force_login(world.manager)
    for address in (PAGE, f"/w/home/leads/{anne.number}/", f"/w/home/contacts/{ann.contact_id}/"):
        assert "Compare" in client.get(address).content.decode()
    shown = client.get(side_by_side(pair), {"field.email": "merge"}).content.decode()
    assert f"#{anne.number} (“New”)" in shown
    result = shown.partition('id="merge-result"')[2].partition("</section>")[0]
    assert ("anne@example.com" in result, "ann@example.com" in result) == (True, False)
    answer = client.post(side_by_side(pair), {"field.email": "merge"}, follow=True)
    assert answer.redirect_chain[-1][0] == f"/w/home/contacts/{ann.contact.number}/"
    with world.scope():
        row = Merge.objects.get()
        assert Contact.objects.alive().get().email == "anne@example.com"
    # The toast's button belongs to the form on the page.
    text = answer.content.decode()
    assert f'form="undo-{row.pk}"' in text
    assert f'id="undo-{row.pk}"' in text
    for old, new in (
        (f"contacts/{anne.contact.number}", f"contacts/{ann.contact.number}"),
        (f"leads/{anne.pk}", f"leads/{ann.number}"),
    ):
        assert client.get(f"/w/home/{old}/").headers["location"] == f"/w/home/{new}/"
    again = client.post(side_by_side(pair), follow=True)
    assert "one contact already" in again.content.decode()
    undone = client.post(f"/w/home/merges/{row.pk}/undo/", follow=True).content.decode()
    assert "on its own again" in undone
    with world.scope():
        assert Contact.objects.alive().count() == 2


def test_two_people_are_not_suggested_again(world, pair, client):
    client.force_login(world.manager)
    with world.scope():
        row = DuplicateSuggestion.objects.get()
    assert client.post(f"{PAGE}{row.pk}/dismiss/").status_code == 302
    assert "No contact looks like another" in client.get(PAGE).content.decode()


def test_whom_to_merge_with_can_be_searched_for(world, pair, client):
    client.force_login(world.manager)
    address = f"/w/home/contacts/{pair[0].contact.number}/merge/"
    other = pair[1].contact.number
    for text in ("anne@example.com", f"#{other}", "moss"):
        found = client.get(address, {"q": text}).content.decode()
        assert f"{address}{other}/" in found
    assert "Nobody else is found" in client.get(address, {"q": "nobody"}).content.decode()


def test_what_cannot_be_is_said_on_the_page(world, pair, client):
    client.force_login(world.manager)
    answer = client.post(side_by_side(pair), {"field.email": "both"})
    assert (answer.status_code, "Choose “keep” or “merge”" in answer.content.decode()) == (
        422,
        True,
    )
    with world.scope():
        assert not Merge.objects.exists()


def test_reps_see_suggestions_only(world, pair, client):
    client.force_login(world.rep)
    shown = client.get(PAGE).content.decode()
    assert "Anne Moss" in shown
    assert "Compare" not in shown
    for address in (side_by_side(pair), f"/w/home/contacts/{pair[0].contact.number}/merge/"):
        assert client.get(address).status_code == 403


def test_the_page_of_suggestions_costs_the_same_however_many(world, pair, client):
    client.force_login(world.manager)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(PAGE).status_code == 200
        return len(queries)

    cost()
    before = cost()
    for number in range(3):
        more = arrive(world, first_name=f"N{number}", company=f"Firm {number}")
        with world.scope():
            duplicates.raise_pair(world.home.pk, pair[0].contact_id, more.contact_id, ["name"])
    assert cost() == before
