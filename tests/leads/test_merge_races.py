"""Merging one pair from several sides at once, while people keep coming in."""

import pytest

from leads.errors import Conflict
from leads.intake import LeadInput, receive
from leads.merges.merging import merge
from leads.merges.unmerging import undo
from leads.models import Contact, Lead, Merge
from tests.concurrency import at_once


@pytest.fixture
def world(committed_world):
    return committed_world


def arrive(world, **facts):
    with world.scope():
        return receive(LeadInput(**facts), actor=world.actor()).lead


def test_of_merges_both_ways_one_wins_and_no_arrival_is_lost(world):
    ann = arrive(world, first_name="Ann", email="ann@example.com").contact_id
    anne = arrive(world, first_name="Anne", phone="+1 212 555 0123").contact_id

    def act(index):
        if index >= 4:
            by = {"email": "ann@example.com"} if index % 2 else {"phone": "+1 212 555 0123"}
            return arrive(world, **by).pk
        keep, lose = (ann, anne) if index % 2 else (anne, ann)
        try:
            with world.scope():
                return merge(keep, lose, actor=world.actor()).pk
        except Conflict:
            return None

    outcomes = at_once(act, 8)
    assert sum(outcome is not None for outcome in outcomes[:4]) == 1
    with world.scope():
        merge_id = Merge.objects.get().pk
        kept = Contact.objects.alive().get()
        stays = Lead.objects.alive().get()
        assert stays.contact_id == kept.pk
        entries = stays.interactions.filter(payload__step="arrived_again")
        assert entries.count() == 4

    def take_back(_index):
        with world.scope():
            return undo(merge_id, actor=world.actor()).undone_at

    assert len(set(at_once(take_back, 4))) == 1
    with world.scope():
        assert Contact.objects.alive().count() == 2
        assert Lead.objects.alive().count() == 2
