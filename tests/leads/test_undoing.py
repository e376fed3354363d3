"""Taking a move of the board back: as if it had not been made, or not at all."""

from datetime import timedelta

import pytest
from django.core import signing
from django.utils import timezone

from accounts.permissions import PermissionRefused
from conversions.models import Upload
from integrations.models import OutboxEvent
from leads import lifecycle, timeline, undoing
from leads.errors import Conflict, LeadNotFound, StaleLead
from leads.intake import LeadInput, receive
from leads.models import Appointment, Interaction, Lead


@pytest.fixture
def lead(world):
    with world.scope():
        yield receive(
            LeadInput(first_name="Ann", email="ann@example.com"), actor=world.actor()
        ).lead


def state(lead):
    """Everything of the lead that a person can see, but for when it was saved."""
    row = Lead.objects.get(pk=lead.pk)
    kept = {f.attname: getattr(row, f.attname) for f in Lead._meta.concrete_fields}
    kept.pop("updated_at")
    planned = row.appointments.exclude(status=Appointment.Status.CANCELED)
    return kept, sorted(planned.values_list("pk", "status", "scheduled_for"))


def visit():
    return timezone.now() + timedelta(days=2)


MOVES = {
    "enrich": lambda lead, who: lifecycle.enrich(lead, actor=who, enrichment_data={}),
    "contact": lambda lead, who: lifecycle.mark_contacted(lead, actor=who, method="sms"),
    "converse": lambda lead, who: lifecycle.converse(lead, actor=who),
    "qualify": lambda lead, who: lifecycle.qualify(lead, actor=who),
    "schedule": lambda lead, who: lifecycle.schedule(lead, actor=who, scheduled_for=visit()),
    "convert": lambda lead, who: lifecycle.convert(lead, actor=who),
    "lose": lambda lead, who: lifecycle.lose(
        lead, actor=who, loss_reason="price", unqualified_reason="spam"
    ),
}
LATER = {
    "complete": lambda lead, who: lifecycle.complete(lead, actor=who),
    "lose": lambda lead, who: lifecycle.lose(lead, actor=who, loss_reason="price"),
}


def make(lead, actor, move):
    return undoing.make(lead, actor=actor, move=lambda who: move(lead, who))


@pytest.mark.parametrize("name", MOVES)
def test_a_move_taken_back_leaves_the_lead_as_it_was(world, lead, name):
    actor = world.actor("rep")
    before = state(lead)
    made = make(lead, actor, MOVES[name])
    assert made.lead.status != "new"
    undone = undoing.undo(made.undo, actor=actor)
    assert undone.status == "new"
    assert state(lead) == before


@pytest.mark.parametrize("name", LATER)
def test_the_calendar_comes_back_too(world, lead, name):
    actor = world.actor("rep")
    lifecycle.schedule(lead, actor=actor, scheduled_for=visit())
    before = state(lead)
    made = make(lead, actor, LATER[name])
    assert not lead.appointments.filter(status="scheduled").exists()
    undoing.undo(made.undo, actor=actor)
    assert state(lead) == before


def test_reopening_taken_back_is_lost_with_its_reason_again(world, lead):
    actor = world.actor("rep")
    MOVES["lose"](lead, actor)
    before = state(lead)
    made = make(lead, actor, lambda lead, who: lifecycle.reopen(lead, actor=who))
    assert made.lead.status == "new"
    undoing.undo(made.undo, actor=actor)
    assert state(lead) == before


def test_the_timeline_and_the_news_keep_the_move_and_that_it_was_taken_back(world, lead):
    actor = world.actor("rep")
    made = make(lead, actor, MOVES["qualify"])
    undoing.undo(made.undo, actor=actor)
    entries = Interaction.objects.filter(lead=lead, type="status_change").order_by("id")
    assert [(e.payload["move"], e.payload["from"], e.payload["to"], e.via) for e in entries] == [
        ("qualify", "new", "qualified", "board"),
        ("undo", "qualified", "new", "page"),
    ]
    assert entries[1].payload["undone"] == "qualify"
    news = OutboxEvent.objects.filter(subject_id=lead.pk).order_by("id")
    assert [row.type for row in news][-2:] == ["lead.qualified", "lead.move_undone"]
    assert news.last().payload["lead"]["status"] == "new"
    assert news.last().payload["change"]["undone"] == "qualify"


def test_only_once_and_not_after_something_else_happened(world, lead):
    actor = world.actor("rep")
    made = make(lead, actor, MOVES["qualify"])
    undoing.undo(made.undo, actor=actor)
    with pytest.raises(Conflict) as refused:
        undoing.undo(made.undo, actor=actor)
    assert refused.value.code == "changed_since"
    made = make(lead, actor, MOVES["qualify"])
    timeline.add_note(lead, actor=world.actor("other_rep"), text="Asked for Tuesday")
    with pytest.raises(Conflict) as refused:
        undoing.undo(made.undo, actor=actor)
    assert refused.value.code == "changed_since"
    assert Lead.objects.get().status == "qualified"


def test_nobody_else_takes_it_back_not_even_with_the_pages_memory(world, lead):
    made = make(lead, world.actor("rep"), MOVES["qualify"])
    with pytest.raises(Conflict) as refused:
        undoing.undo(made.undo, actor=world.actor("owner"))
    assert refused.value.code == "not_yours"
    with pytest.raises(PermissionRefused):
        make(lead, world.actor("viewer"), MOVES["qualify"])
    with pytest.raises(LeadNotFound):
        make(lead, world.stranger_actor(), MOVES["qualify"])


def test_too_late_or_forged_is_refused(world, lead, monkeypatch):
    actor = world.actor("rep")
    made = make(lead, actor, MOVES["qualify"])
    later = signing.time.time() + 13
    with monkeypatch.context() as patch:
        patch.setattr(signing.time, "time", lambda: later)
        with pytest.raises(Conflict) as refused:
            undoing.undo(made.undo, actor=actor)
    assert refused.value.code == "too_late"
    with pytest.raises(Conflict):
        undoing.undo(made.undo[:-1] + "x", actor=actor)
    assert Lead.objects.get().status == "qualified"


def test_a_move_that_changes_nothing_has_nothing_to_take_back(world, lead):
    lifecycle.qualify(lead, actor=world.actor())
    assert make(lead, world.actor("rep"), MOVES["qualify"]).undo == ""


def test_a_refused_move_is_refused_as_everywhere(world, lead):
    lifecycle.qualify(lead, actor=world.actor())
    with pytest.raises(StaleLead):
        make(
            lead,
            world.actor("rep"),
            lambda lead, who: lifecycle.lose(
                lead, actor=who, loss_reason="price", expected_status="new"
            ),
        )


def test_a_second_open_lead_of_the_person_stands_in_the_way(world, lead):
    actor = world.actor("rep")
    lifecycle.qualify(lead, actor=actor)
    made = make(lead, actor, MOVES["convert"])
    receive(LeadInput(email="ann@example.com"), actor=world.actor())
    with pytest.raises(Conflict) as refused:
        undoing.undo(made.undo, actor=actor)
    assert refused.value.code == "open_lead_exists"


def qualify_on_the_board(loop, lead):
    with loop.world.scope():
        return make(lead, loop.world.actor("rep"), MOVES["qualify"]).undo


def take_back(loop, memory):
    with loop.world.scope():
        return undoing.undo(memory, actor=loop.world.actor("rep"))


def let_the_waiting_time_pass(loop):
    with loop.world.scope():
        Upload.objects.update(next_attempt_at=timezone.now())


def test_no_platform_is_told_while_the_move_can_be_taken_back(loop):
    loop.connect("meta", "qualified")
    qualify_on_the_board(loop, loop.lead())
    loop.run()
    upload = loop.upload()
    assert upload.status == "pending"
    wait = upload.next_attempt_at - timezone.now()
    assert timedelta(seconds=8) < wait <= timedelta(seconds=12)
    let_the_waiting_time_pass(loop)
    loop.deliver()
    assert loop.upload().status == "accepted"


@pytest.mark.parametrize("heard_first", [True, False])
def test_what_a_platform_was_not_told_is_withdrawn(loop, heard_first):
    loop.connect("meta", "qualified")
    lead = loop.lead()
    memory = qualify_on_the_board(loop, lead)
    if heard_first:
        loop.run()
    take_back(loop, memory)
    loop.run()
    assert loop.uploads() == []
    # Meant in earnest later, it is told.
    qualify_on_the_board(loop, lead)
    loop.run()
    assert loop.upload().trigger == "qualified"


def test_what_a_platform_was_told_cannot_be_taken_back(loop):
    loop.connect("meta", "qualified")
    memory = qualify_on_the_board(loop, loop.lead())
    loop.fan_out()
    let_the_waiting_time_pass(loop)
    loop.deliver()
    with pytest.raises(Conflict) as refused:
        take_back(loop, memory)
    assert refused.value.code == "already_told"
    with loop.world.scope():
        assert Lead.objects.get().status == "qualified"


def test_the_upload_of_an_earlier_time_stays(loop):
    """Scheduled and told; what is taken back later came to the same stage by reopening."""
    loop.connect("meta", "scheduled")
    lead = loop.lead()
    actor = loop.world.actor("rep")
    with loop.world.scope():
        lifecycle.schedule(lead, actor=actor, scheduled_for=visit())
    loop.run()
    with loop.world.scope():
        lifecycle.lose(lead, actor=actor, loss_reason="price")
        lifecycle.reopen(lead, actor=actor)
        lifecycle.lose(lead, actor=actor, loss_reason="price")
        made = make(lead, actor, lambda lead, who: lifecycle.reopen(lead, actor=who))
        undoing.undo(made.undo, actor=actor)
    loop.run()
    assert loop.upload().status == "accepted"
