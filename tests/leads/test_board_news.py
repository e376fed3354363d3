"""What the board asks every few seconds: what others moved, added or took away since it looked."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Workspace
from integrations.models import OutboxEvent
from leads import board_news, editing, lifecycle, timeline
from leads.assigning import assignment
from leads.intake import LeadInput, receive

BOARD = "/w/home/pipeline/"
PART = {"HX-Request": "true"}


@pytest.fixture
def rep(world, client):
    client.force_login(world.rep)
    with world.scope():
        yield client


def add(world, name, **facts):
    return receive(LeadInput(first_name=name, **facts), actor=world.actor()).lead


def quiet(world):
    """Whatever happened so far was long ago."""
    OutboxEvent.objects.in_workspace(world.home.pk).update(
        created_at=timezone.now() - timedelta(minutes=5)
    )


def asked_by(page):
    address = re.search(r'hx-get="([^"]*/news/[^"]*)"', page.content.decode())[1]
    return address.replace("&amp;", "&")


def look(client, address):
    return client.get(address, headers=PART)


def told(answer):
    """Numbers of the cards by what is done with them."""
    text = " ".join(answer.content.decode().split())
    found = re.findall(r'data-news="(\d+)"( data-came)?', text)
    return {
        "came": [int(number) for number, came in found if came],
        "changed": [int(number) for number, came in found if not came],
        "gone": [int(number) for number in re.findall(r'data-gone="(\d+)"', text)],
    }


def test_where_nothing_happened_nothing_is_sent_for_one_query(world, rep):
    add(world, "Ann")
    quiet(world)
    address = asked_by(rep.get(BOARD))
    look(rep, address)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert look(rep, address).status_code == 204
    asked = [row["sql"] for row in queries if "leads_" in row["sql"] or "outbox" in row["sql"]]
    assert len(asked) == 1
    assert 'FROM "integrations_outboxevent"' in asked[0]


def test_what_moved_came_or_went_is_told_once_with_its_card(world, rep):
    ann, bea, cleo = (add(world, name) for name in ("Ann", "Bea", "Cleo"))
    quiet(world)
    address = asked_by(rep.get(BOARD))
    actor = world.actor()
    lifecycle.qualify(ann, actor=actor)
    timeline.add_note(bea, actor=actor, text="Rang twice.")
    editing.delete(cleo, actor=actor)
    dan = add(world, "Dan")
    answer = look(rep, address)
    assert told(answer) == {
        "came": [ann.number, dan.number],
        "changed": [bea.number],
        "gone": [cleo.number],
    }
    text = " ".join(answer.content.decode().split())
    assert "Ann is now in “Qualified”." in text
    assert f'id="card-{ann.number}" data-card="{ann.number}" data-status="qualified"' in text
    assert 'id="count-qualified" hx-swap-oob="true"' in text
    quiet(world)
    assert look(rep, asked_by(answer)).status_code == 204


def test_the_filters_of_the_board_hold_and_nobody_elses_leads_are_told(world, rep):
    Workspace.objects.filter(pk=world.home.pk).update(rep_lead_access="own")
    mine = add(world, "Mine", source="facebook")
    other = add(world, "Other")
    assignment.assign(mine, actor=world.actor(), user_id=world.rep.pk)
    quiet(world)
    address = asked_by(rep.get(f"{BOARD}?source=facebook&assigned_to_me=true"))
    assert "source=facebook" in address
    assignment.assign(mine, actor=world.actor(), user_id=world.other_rep.pk)
    lifecycle.qualify(other, actor=world.actor())
    answer = look(rep, address)
    assert told(answer)["came"] == told(answer)["changed"] == []
    assert mine.number in told(answer)["gone"]
    assert "Other" not in answer.content.decode()


def test_too_much_is_offered_as_a_whole(world, rep, monkeypatch):
    monkeypatch.setattr(board_news, "MOST", 1)
    address = asked_by(rep.get(BOARD))
    for name in ("Ann", "Bea"):
        add(world, name)
    text = look(rep, address).content.decode()
    assert "data-too-much" in text
    assert "data-news=" not in text


def test_who_may_ask(world, client):
    assert client.get(f"{BOARD}news/").status_code == 302
    client.force_login(world.viewer)
    assert client.get(f"{BOARD}news/")["Location"] == BOARD
    for since in ("", "yesterday", "2026-13-45T00:00:00Z"):
        assert look(client, f"{BOARD}news/?since={since}").status_code == 204
    client.force_login(world.stranger)
    assert look(client, f"{BOARD}news/").status_code == 404
