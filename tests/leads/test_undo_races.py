"""Taking a move back while the worker hears of it: no upload of a move that was undone is left."""

import pytest

from conversions.models import Upload
from integrations import outbox
from leads import lifecycle, undoing
from leads.errors import Conflict
from leads.models import Interaction, Lead
from tests.concurrency import at_once
from tests.loop import Loop

pytestmark = pytest.mark.slow


@pytest.fixture
def loop(committed_world):
    made = Loop(committed_world)
    made.connect("meta", "qualified", live=False)
    return made


def qualify_on_the_board(loop, lead, actor):
    with loop.world.scope():
        return undoing.make(
            lead, actor=actor, move=lambda who: lifecycle.qualify(lead, actor=who)
        ).undo


def take_back(loop, memory, actor):
    with loop.world.scope():
        return undoing.undo(memory, actor=actor)


@pytest.mark.parametrize("round_", range(6))
def test_hearing_of_a_move_and_taking_it_back_at_once(loop, round_):
    actor = loop.world.actor("rep")
    lead = loop.lead()
    memory = qualify_on_the_board(loop, lead, actor)
    works = [lambda: outbox.drain(), lambda: take_back(loop, memory, actor)]
    at_once(lambda index: works[(index + round_) % 2](), 2)
    loop.fan_out()
    with loop.world.scope():
        assert Lead.objects.get().status == "new"
        assert not Upload.objects.exists()


def test_taking_back_twice_at_once_is_done_once(loop):
    actor = loop.world.actor("rep")
    lead = loop.lead()
    memory = qualify_on_the_board(loop, lead, actor)

    def attempt(_index):
        try:
            return take_back(loop, memory, actor).status
        except Conflict as error:
            return error.code

    assert sorted(at_once(attempt, 4)) == ["changed_since"] * 3 + ["new"]
    with loop.world.scope():
        moves = Interaction.objects.filter(lead=lead, type="status_change")
        assert moves.count() == 2
