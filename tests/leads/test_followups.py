"""Tasks of leads: the rules, that `next_task_at` is always the earliest open one, and reminders."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Membership
from accounts.permissions import PermissionRefused
from integrations.models import OutboxEvent
from leads import lifecycle, sweeping, undoing
from leads.assigning.assignment import assign
from leads.diary import followups, reminders
from leads.diary.followups import InvalidTask, TaskNotFound
from leads.errors import LeadNotFound
from leads.intake import LeadInput, receive
from leads.models import Interaction, Lead, Notification, Task


def hours(number):
    return timezone.now() + timedelta(hours=number)


@pytest.fixture
def scoped(world):
    with world.scope():
        yield world


@pytest.fixture
def lead(scoped):
    row = receive(LeadInput(first_name="Ann", email="ann@example.com"), actor=scoped.actor()).lead
    assign(row, actor=scoped.actor(), user_id=scoped.rep.pk)
    return row


def add(world, lead, title="Call back", role="rep", **facts):
    return followups.add(lead, actor=world.actor(role), facts={"title": title, **facts})


def next_of(lead):
    return Lead.objects.get(pk=lead.pk).next_task_at


def steps(lead):
    rows = Interaction.objects.filter(lead=lead, payload__has_key="task_id").order_by("id")
    return [row.payload["step"] for row in rows]


def test_a_task_is_its_leads_owners_and_due_today_unless_told(scoped, lead):
    scoped.home.time_zone = "America/New_York"
    scoped.home.save()
    with time_machine.travel("2026-03-03T02:30:00+00:00", tick=False):
        row = add(scoped, lead, "  Send   the plans ", role="manager")
    assert (row.title, row.owner, row.created_by) == ("Send the plans", scoped.rep, "Manager")
    # It is still the evening of the 2nd in New York.
    assert row.due_at == datetime(2026, 3, 3, 4, 59, tzinfo=UTC)
    assign(lead, actor=scoped.actor(), user_id=None)
    assert add(scoped, lead, role="manager").owner == scoped.manager
    assert add(scoped, lead, owner_user_id=None).owner is None
    robot = followups.add(lead, actor=scoped.key_actor(), facts={"title": "x"})
    assert (robot.owner, robot.created_by) == (None, "Robot")


@pytest.mark.parametrize(
    ("facts", "field", "code"),
    [
        ({"title": "  "}, "title", "required"),
        ({"title": "x" * 201}, "title", "max_length"),
        ({"notes": "x" * 20_001}, "notes", "max_length"),
        ({"due_at": None}, "due_at", "required"),
        ({"due_at": datetime(9999, 12, 31, tzinfo=UTC)}, "due_at", "invalid"),
        ({"reminder_at": datetime(1, 1, 1, tzinfo=UTC)}, "reminder_at", "invalid"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(scoped, lead, facts, field, code):
    with pytest.raises(InvalidTask) as refusal:
        add(scoped, lead, **{"title": "Call", **facts})
    assert [error[:2] for error in refusal.value.errors] == [(field, code)]
    assert not Task.objects.exists()


def test_only_who_works_leads_here_can_own_a_task(scoped, lead):
    for outsider in (scoped.viewer, scoped.stranger):
        with pytest.raises(InvalidTask) as refusal:
            add(scoped, lead, owner_user_id=outsider.pk)
        assert refusal.value.errors[0][:2] == ("owner_user_id", "not_a_member")
    assert add(scoped, lead, owner_user_id=scoped.other_rep.pk).owner == scoped.other_rep


def test_the_lead_knows_its_earliest_open_task_through_everything(scoped, lead):
    actor = scoped.actor("rep")
    late = add(scoped, lead, "late", due_at=hours(9))
    assert next_of(lead) == late.due_at
    soon = add(scoped, lead, "soon", due_at=hours(1))
    assert next_of(lead) == soon.due_at
    followups.complete(soon.pk, actor=actor)
    assert next_of(lead) == late.due_at
    followups.reopen(soon.pk, actor=actor)
    assert next_of(lead) == soon.due_at
    soon = followups.change(soon.pk, actor=actor, changes={"due_at": hours(20)})
    assert next_of(lead) == late.due_at
    followups.delete(late.pk, actor=actor)
    assert next_of(lead) == soon.due_at
    followups.change(soon.pk, actor=actor, changes={"done": True})
    assert next_of(lead) is None
    assert steps(lead) == [
        *("task_added", "task_added", "task_completed", "task_reopened", "task_changed"),
        *("task_deleted", "task_completed"),
    ]


def test_each_change_has_its_news_and_the_same_again_has_none(scoped, lead):
    actor = scoped.actor("rep")
    row = add(scoped, lead, due_at=hours(1))
    followups.change(row.pk, actor=actor, changes={"title": row.title, "done": False})
    followups.complete(row.pk, actor=actor)
    done = followups.complete(row.pk, actor=scoped.actor("manager"))
    assert done.done_by == "Rep"
    followups.reopen(row.pk, actor=actor)
    again = followups.reopen(row.pk, actor=actor)
    assert (again.done_at, again.done_by) == (None, "")
    events = OutboxEvent.objects.filter(type__startswith="lead.task_").order_by("id")
    assert [event.type for event in events] == [
        "lead.task_added",
        "lead.task_completed",
        "lead.task_reopened",
    ]
    assert steps(lead) == [event.type.removeprefix("lead.") for event in events]
    assert events[1].payload["change"]["task"]["done"] is True
    assert events[1].payload["lead"]["next_task_at"] is None


def test_losing_a_lead_closes_what_is_open_and_reopening_brings_just_that_back(scoped, lead):
    actor = scoped.actor("rep")
    open_one = add(scoped, lead, "open", due_at=hours(1))
    done = followups.complete(add(scoped, lead, "done", due_at=hours(2)).pk, actor=actor)
    lifecycle.lose(lead, actor=actor, loss_reason="price", unqualified_reason="no_budget")
    closed = Task.objects.get(pk=open_one.pk)
    assert (closed.is_done, closed.closed_with_lead, closed.done_by) == (True, True, "")
    assert next_of(lead) is None
    lifecycle.reopen(lead, actor=actor)
    assert not Task.objects.get(pk=open_one.pk).is_done
    assert Task.objects.get(pk=done.pk).is_done
    assert next_of(lead) == open_one.due_at


def test_a_lead_closed_by_the_timer_has_no_open_tasks(scoped, lead):
    add(scoped, lead, due_at=hours(1))
    Lead.objects.filter(pk=lead.pk).update(auto_close_alarm_at=hours(-1))
    assert sweeping.close_overdue() == 1
    assert not Task.objects.open().exists()
    assert next_of(lead) is None


def test_a_viewer_may_not_and_a_stranger_finds_nothing(scoped, lead):
    row = add(scoped, lead)
    for verb in (followups.complete, followups.reopen, followups.delete):
        with pytest.raises(PermissionRefused):
            verb(row.pk, actor=scoped.actor("viewer"))
        with pytest.raises(TaskNotFound):
            verb(row.pk, actor=scoped.stranger_actor())
    with pytest.raises(PermissionRefused):
        add(scoped, lead, role="viewer")
    with pytest.raises(LeadNotFound):
        followups.add(lead, actor=scoped.stranger_actor(), facts={"title": "x"})


def test_a_rep_who_sees_own_leads_only_sees_their_tasks_only(scoped, lead):
    scoped.home.rep_lead_access = "own"
    scoped.home.save()
    row = add(scoped, lead)
    assert list(Task.objects.visible_to(scoped.actor("rep"))) == [row]
    assert not Task.objects.visible_to(scoped.actor("other_rep")).exists()
    with pytest.raises(TaskNotFound):
        followups.complete(row.pk, actor=scoped.actor("other_rep"))


def told():
    rows = Notification.objects.order_by("id")
    return [(row.user.name, row.kind, row.event_id) for row in rows]


def test_an_owner_is_reminded_once_and_of_a_new_time_again(scoped, lead):
    row = add(scoped, lead, due_at=hours(2), reminder_at=hours(-1))
    later = add(scoped, lead, due_at=hours(2), reminder_at=hours(1))
    add(scoped, lead, due_at=hours(2))
    assert (reminders.remind_due(), reminders.remind_due()) == (1, 0)
    assert told() == [("Rep", "task_due", row.pk)]
    change = {"reminder_at": hours(-0.5)}
    followups.change(row.pk, actor=scoped.actor("rep"), changes=change)
    assert reminders.remind_due() == 1
    assert told() == [("Rep", "task_due", row.pk)]
    followups.complete(later.pk, actor=scoped.actor("rep"))
    with time_machine.travel(hours(3)):
        assert reminders.remind_due() == 0


def test_reminders_reach_who_is_there_to_be_reminded(scoped, lead):
    nobodys = add(scoped, lead, owner_user_id=None, reminder_at=hours(-1))
    add(scoped, lead, owner_user_id=scoped.other_rep.pk, reminder_at=hours(-1))
    Membership.objects.filter(user=scoped.other_rep).update(is_active=False)
    gone = receive(LeadInput(email="bob@example.com"), actor=scoped.actor()).lead
    add(scoped, gone, reminder_at=hours(-1))
    Lead.objects.filter(pk=gone.pk).update(deleted_at=timezone.now())
    # In two batches; the deleted lead's task waits for its return.
    assert reminders.remind_due(batch=1) == 2
    assert told() == [("Rep", "task_due", nobodys.pk)]


def test_a_reminder_is_read_among_the_notifications(world, client):
    with world.scope():
        lead = receive(LeadInput(first_name="Ann", email="a@x.example"), actor=world.actor()).lead
        add(world, lead, "Send the plans", reminder_at=hours(-1))
    reminders.remind_due()
    client.force_login(world.rep)
    text = client.get("/w/home/notifications/").content.decode()
    assert "Reminder of your task: Send the plans" in text
    assert "assigned" not in text.split("<main")[1].split("news-mail")[0]


def test_taking_a_move_of_the_board_back_takes_its_tasks_back(scoped, lead):
    actor = scoped.actor("rep")
    row = add(scoped, lead, due_at=hours(1))

    def lose(actor):
        return lifecycle.lose(
            lead, actor=actor, loss_reason="price", unqualified_reason="no_budget"
        )

    lost = undoing.make(lead, actor=actor, move=lose)
    assert Task.objects.get().closed_with_lead
    undoing.undo(lost.undo, actor=actor)
    assert not Task.objects.get().is_done
    assert next_of(lead) == row.due_at
    lose(actor)
    reopened = undoing.make(
        lead, actor=actor, move=lambda actor: lifecycle.reopen(lead, actor=actor)
    )
    assert not Task.objects.get().is_done
    undoing.undo(reopened.undo, actor=actor)
    assert Task.objects.get().closed_with_lead
    assert next_of(lead) is None
