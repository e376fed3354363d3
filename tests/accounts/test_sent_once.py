"""The same form of a page twice: taken once."""

import pytest
from django.test import Client
from django.urls import reverse

from leads.intake import LeadInput, receive
from leads.models import Contact, Interaction

NEW = "/w/home/leads/new/"


@pytest.fixture
def manager(world):
    client = Client()
    client.force_login(world.manager)
    return client


def mark_on(client, path):
    return client.get(path).context["form_mark"]


def enter(client, mark, name="Ann"):
    body = {"form_mark": mark, "first_name": name, "source": "phone", "status": "new"}
    return client.post(NEW, body)


def people(world):
    with world.scope():
        return Contact.objects.count()


def test_the_second_arrival_is_answered_as_the_first(world, manager):
    mark = mark_on(manager, NEW)
    first, second = enter(manager, mark), enter(manager, mark)
    assert (first.status_code, second.status_code) == (302, 302)
    assert first["Location"] == second["Location"]
    assert people(world) == 1


def test_the_page_shown_again_takes_the_same_again(world, manager):
    for _time in range(2):
        enter(manager, mark_on(manager, NEW))
    assert people(world) == 2


def test_a_page_gone_back_to_and_filled_in_anew_is_another_wish(world, manager):
    mark = mark_on(manager, NEW)
    enter(manager, mark)
    enter(manager, mark, name="Bob")
    assert people(world) == 2


def test_a_refused_form_may_be_sent_again(world, manager):
    mark = mark_on(manager, NEW)
    assert enter(manager, mark, name="").status_code == 422
    assert enter(manager, mark, name="").status_code == 422
    assert people(world) == 0


def test_a_mark_is_its_readers_own(world, manager):
    mark = mark_on(manager, NEW)
    enter(manager, mark)
    colleague = Client()
    colleague.force_login(world.rep)
    enter(colleague, mark)
    assert people(world) == 2


@pytest.mark.parametrize("mark", ["", "f" * 33, "\x00" * 32])
def test_without_a_mark_of_ours_nothing_is_held_back(world, manager, mark):
    for _time in range(2):
        assert enter(manager, mark).status_code == 302
    assert people(world) == 2


def test_a_note_is_written_once(world, manager):
    with world.scope():
        lead = receive(LeadInput(first_name="Ann"), actor=world.actor()).lead
    mark = mark_on(manager, reverse("leads:detail", args=["home", lead.number]))
    for _time in range(2):
        body = {"form_mark": mark, "kind": "note", "text": "Called back"}
        assert manager.post(f"/w/home/leads/{lead.number}/log/", body).status_code == 302
    with world.scope():
        assert Interaction.objects.filter(lead=lead, type="note").count() == 1
