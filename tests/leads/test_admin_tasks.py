"""Tasks and first-response targets in the admin."""

from datetime import date, time

import pytest

from leads.diary import followups
from leads.intake import LeadInput, receive
from leads.models import Interaction, Lead, ResponseSettings, Task
from tests.admin_rows import staff

TASKS = "/admin/leads/task/"
SETTINGS = "/admin/leads/responsesettings/"


@pytest.fixture
def task(world):
    staff(world.manager, world.rep, world.viewer)
    with world.scope():
        lead = receive(LeadInput(first_name="Ann", email="a@x.example"), actor=world.actor()).lead
        return followups.add(lead, actor=world.actor("rep"), facts={"title": "Call back"})


def act(client, name, task):
    data = {"action": name, "_selected_action": [str(task.pk)]}
    return client.post(TASKS, data, follow=True)


def test_tasks_are_ticked_off_and_taken_up_again_through_the_verbs(world, task, client):
    client.force_login(world.rep)
    assert "1 tasks changed" in act(client, "mark_done", task).content.decode()
    with world.scope():
        assert Task.objects.get().done_by == "Rep"
        assert Lead.objects.get().next_task_at is None
    assert "Call back" in client.get(TASKS, {"done": "yes"}).content.decode()
    assert "Call back" not in client.get(TASKS, {"done": "no"}).content.decode()
    act(client, "mark_open", task)
    with world.scope():
        assert not Task.objects.get().is_done
        steps = [row.payload.get("step") for row in Interaction.objects.order_by("id")]
    assert steps[-2:] == ["task_completed", "task_reopened"]


def test_who_only_looks_ticks_nothing_off(world, task, client):
    client.force_login(world.viewer)
    assert "Call back" in client.get(TASKS).content.decode()
    act(client, "mark_done", task)
    with world.scope():
        assert not Task.objects.get().is_done


def form(world, **changes):
    return {
        "workspace": str(world.home.pk),
        "target_minutes": "60",
        "days": ["0", "5"],
        "opens_at": "08:00:00",
        "closes_at": "18:00:00",
        "holidays": "2026-12-25\n2026-12-24",
    } | changes


@pytest.mark.usefixtures("task")
def test_the_target_is_set_and_changed_through_the_verb(world, client):
    client.force_login(world.manager)
    assert client.get(f"{SETTINGS}add/").status_code == 200
    assert client.post(f"{SETTINGS}add/", form(world)).status_code == 302
    with world.scope():
        row = ResponseSettings.objects.get()
    assert (row.target_minutes, row.days, row.closes_at) == (60, [0, 5], time(18))
    assert row.holidays == [date(2026, 12, 24), date(2026, 12, 25)]
    page = f"{SETTINGS}{row.pk}/change/"
    assert "2026-12-24" in client.get(page).content.decode()
    refused = client.post(page, form(world, closes_at="07:00:00"))
    assert "Close after you open" in refused.content.decode()
    assert "is not a day" in client.post(page, form(world, holidays="soon")).content.decode()
    assert client.post(page, form(world, target_minutes="", holidays="")).status_code == 302
    with world.scope():
        row = ResponseSettings.objects.get()
    assert (row.target_minutes, row.holidays) == (None, [])
