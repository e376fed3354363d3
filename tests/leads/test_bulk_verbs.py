"""The set-based form of each verb leaves what the verb leaves, lead by lead."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.permissions import PermissionRefused
from integrations.models import OutboxEvent
from leads import editing, lifecycle
from leads.assigning import assignment, auto_assignment
from leads.bulk.losing import lose_many
from leads.bulk.tagging import tag_many
from leads.diary import followups
from leads.errors import LeadError
from leads.intake import LeadInput, receive
from leads.models import Appointment, ContactTag, Interaction, Lead, Task

# Ids and moments differ between two leads of the same story.
_OWN = {"id", "number", "contact_id", "email", "first_name", "display_name", "external_id"} | {
    "lead_id",
    "task_id",
}


@pytest.fixture
def actor(world):
    with world.scope():
        yield world.actor()


def lead(actor, name, **facts):
    return receive(
        LeadInput(first_name=name, email=f"{name}@example.com", **facts), actor=actor
    ).lead


def left(row):
    """What a verb left of a lead: its columns, its last entry, its last news, its people's tags."""
    row = Lead.objects.get(pk=row.pk)
    columns = {
        field.attname: _bare(getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if field.attname not in _OWN
    }
    entry = Interaction.objects.filter(lead=row).order_by("-id").first()
    news = OutboxEvent.objects.filter(subject_id=row.pk).order_by("-id").first()
    return {
        "columns": columns,
        "entry": (entry.type, entry.actor_label, entry.via, _bare(entry.payload)),
        "news": (news.type, _bare(news.payload)),
        "tags": sorted(
            ContactTag.objects.filter(contact=row.contact).values_list("name", flat=True)
        ),
        "tasks": sorted(
            (t.title, t.owner_id, t.is_done, t.closed_with_lead)
            for t in Task.objects.filter(lead=row)
        ),
        "visits": list(Appointment.objects.filter(lead=row).values_list("status", flat=True)),
    }


def _bare(value):
    """Without what is only of one lead or one moment."""
    if isinstance(value, dict):
        return {
            name: _bare(part)
            for name, part in value.items()
            if name not in _OWN
            and not name.endswith(("_at", "seconds_in_status", "_created"))
            and name != "at"
        }
    return value is not None if hasattr(value, "isoformat") else value


def stories(actor, name):
    """A lead of each kind that verbs tell apart."""
    fresh = lead(actor, f"{name}-fresh", tags=["old"])
    owned = lead(actor, f"{name}-owned", tags=["old", "vip"])
    assignment.assign(owned, actor=actor, user_id=actor.user.pk)
    followups.add(owned, actor=actor, facts={"title": "Call"})
    booked = lead(actor, f"{name}-booked")
    lifecycle.qualify(booked, actor=actor)
    lifecycle.schedule(booked, actor=actor, scheduled_for=timezone.now())
    sold = lead(actor, f"{name}-sold")
    lifecycle.convert(sold, actor=actor)
    lost = lead(actor, f"{name}-lost")
    lifecycle.lose(lost, actor=actor, loss_reason="price", unqualified_reason="no_need")
    gone = lead(actor, f"{name}-gone")
    editing.delete(gone, actor=actor)
    return [fresh, owned, booked, sold, lost, gone]


def one_by_one(verb, rows):
    refused = []
    for row in rows:
        try:
            verb(row)
        except LeadError as error:
            refused.append((rows.index(row), error.code))
    return refused


def assert_equal(actor, single, many):
    ones, together = stories(actor, "one"), stories(actor, "many")
    refused = one_by_one(single, ones)
    done = many([row.pk for row in together])
    places = {row.pk: place for place, row in enumerate(together)}
    assert sorted((places[pk], error.code) for pk, error in done.refused.items()) == refused
    for one, other in zip(ones, together, strict=True):
        assert left(one) == left(other)
    assert len(done.changed) + len(done.unchanged) + len(done.refused) == len(together)
    return done


def test_assign_many(actor, world):
    def single(row):
        assignment.assign(row, actor=actor, user_id=world.rep.pk)

    done = assert_equal(
        actor, single, lambda ids: assignment.assign_many(ids, actor=actor, user_id=world.rep.pk)
    )
    assert len(done.changed) == 5


def test_auto_assign_many(actor, world):
    world.home.memberships.exclude(user=world.rep).update(on_duty=False)

    def single(row):
        waits = auto_assignment.auto_assign(row, actor=actor).waits
        if waits:
            raise auto_assignment.NobodyAvailable(waits)

    done = assert_equal(
        actor, single, lambda ids: auto_assignment.auto_assign_many(ids, actor=actor)
    )
    assert len(done.changed) == 2
    assert len(done.unchanged) == 1
    world.rep.memberships.update(on_duty=False)
    late = lead(actor, "late")
    waits = auto_assignment.auto_assign_many([late.pk], actor=actor).refused[late.pk]
    assert waits.code == "nobody_available"


def test_lose_many(actor):
    def single(row):
        row = Lead.objects.get(pk=row.pk)
        reason = {} if row.qualified_at else {"unqualified_reason": "no_budget"}
        lifecycle.lose(row, actor=actor, loss_reason="price", notes="Too dear", **reason)

    def many(ids):
        given = {"loss_reason": "price", "unqualified_reason": "no_budget", "notes": "Too dear"}
        return lose_many(ids, actor=actor, **given)

    done = assert_equal(actor, single, many)
    assert len(done.changed) == 3
    assert len(done.unchanged) == 1
    fresh = lead(actor, "fresh")
    refused = lose_many([fresh.pk], actor=actor, loss_reason="price").refused
    assert "never qualified" in refused[fresh.pk].detail
    with pytest.raises(LeadError):
        lose_many([fresh.pk], actor=actor, loss_reason="whatever")


def test_tag_and_untag_many(actor):
    def single(row):
        tags = set(row.contact.tags.values_list("name", flat=True))
        wanted = sorted((tags | {"new", "vip"}) - {"old"})
        editing.update(row, actor=actor, changes={"tags": wanted})

    done = assert_equal(
        actor, single, lambda ids: tag_many(ids, actor=actor, add=["new", "vip"], remove=["old"])
    )
    assert len(done.changed) == 5
    again = tag_many(done.changed, actor=actor, add=["new", "vip"], remove=["old"])
    assert len(again.unchanged) == 5


def test_delete_and_restore_many(actor):
    assert_equal(
        actor,
        lambda row: editing.delete(row, actor=actor),
        lambda ids: editing.delete_many(ids, actor=actor),
    )
    ones, together = stories(actor, "uno"), stories(actor, "due")
    for row in ones + together:
        Lead.objects.filter(pk=row.pk).update(deleted_at=timezone.now())
    for place in (0, 3):
        for rows in (ones, together):
            receive(LeadInput(email=rows[place].contact.email), actor=actor)
    refused = one_by_one(lambda row: editing.restore(str(row.pk), actor=actor), ones)
    done = editing.restore_many([row.pk for row in together], actor=actor)
    assert refused == [(0, "open_lead_exists")]
    assert [error.code for error in done.refused.values()] == ["open_lead_exists"]
    for one, other in zip(ones[1:], together[1:], strict=True):
        assert left(one) == left(other)
    assert len(editing.restore_many(done.changed, actor=actor).unchanged) == 5


def test_each_asks_for_its_permission(actor, world):
    rep, viewer = world.actor("rep"), world.actor("viewer")
    for refused in (
        lambda: assignment.assign_many([], actor=rep, user_id=None),
        lambda: auto_assignment.auto_assign_many([], actor=rep),
        lambda: editing.delete_many([], actor=rep),
        lambda: editing.restore_many([], actor=rep),
        lambda: lose_many([], actor=viewer, loss_reason="price"),
        lambda: tag_many([], actor=viewer, add=["x"]),
    ):
        with pytest.raises(PermissionRefused):
            refused()


def test_the_number_of_statements_does_not_grow(actor, world):
    def statements(verb, *names):
        ids = [lead(actor, name).pk for name in names]
        with CaptureQueriesContext(connection) as captured:
            assert len(verb(ids).changed) == len(ids)
        return len(captured)

    for number, verb in enumerate(
        (
            lambda ids: tag_many(ids, actor=actor, add=["a", "b"]),
            lambda ids: assignment.assign_many(ids, actor=actor, user_id=world.rep.pk),
            lambda ids: editing.delete_many(ids, actor=actor),
        )
    ):
        one = statements(verb, f"a{number}")
        assert statements(verb, *(f"b{number}{place}" for place in range(4))) == one


def test_open_tasks_of_the_former_owner_follow_the_new_one(actor, world):
    row = lead(actor, "ann")
    assignment.assign(row, actor=actor, user_id=world.rep.pk)
    for title, owner in (("theirs", world.rep), ("done", world.rep), ("mine", world.manager)):
        facts = {"title": title, "owner_user_id": owner.pk}
        task = followups.add(row, actor=actor, facts=facts)
        if title == "done":
            followups.complete(task.pk, actor=actor)
    assignment.assign(row, actor=actor, user_id=world.other_rep.pk)
    owners = dict(Task.objects.values_list("title", "owner"))
    assert owners == {
        "theirs": world.other_rep.pk,
        "done": world.rep.pk,
        "mine": world.manager.pk,
    }
    assignment.assign(row, actor=actor, user_id=None)
    assert Task.objects.get(title="theirs").owner == world.other_rep
