"""Tasks on the page of their lead, and the page of tasks and appointments."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.assigning.assignment import assign
from leads.diary import appointments, followups
from leads.diary.agenda import SHOWN, agenda
from leads.intake import LeadInput, receive
from leads.models import Appointment, Lead, Task

PAGE = "/w/home/tasks/"
# A Wednesday noon in UTC, the time zone of the workspace.
NOON = "2026-03-04T12:00:00+00:00"


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


def make_lead(world, name="ann", owner="rep"):
    with world.scope():
        row = receive(LeadInput(first_name=name, email=f"{name}@x.example"), actor=world.actor())
        if owner:
            assign(row.lead, actor=world.actor(), user_id=getattr(world, owner).pk)
        return row.lead


@pytest.fixture
def lead(world):
    return make_lead(world)


def add(world, lead, title, hours, owner="rep"):
    with world.scope():
        return followups.add(
            lead,
            actor=world.actor(),
            facts={
                "title": title,
                "due_at": timezone.now() + timedelta(hours=hours),
                "owner_user_id": getattr(world, owner).pk if owner else None,
            },
        )


def visit(world, lead, hours):
    with world.scope():
        at = timezone.now() + timedelta(hours=hours)
        return appointments.add(lead, actor=world.actor(), scheduled_for=at)[0]


def post(client, path, **data):
    return client.post(path, data)


def parts(world, role="rep", owner="rep"):
    with world.scope():
        found = agenda(world.actor(role), getattr(world, owner) if owner else None)
    return {
        name: [e.task.title if e.task else "visit" for e in getattr(found, name)]
        for name in ("overdue", "today", "week")
    } | {"done": [task.title for task in found.done_today]}


def form_of(lead, **changes):
    return {
        "title": "Call back",
        "due_at": "2026-03-05T09:30",
        "reminder_at": "",
        "owner_user_id": "",
        "notes": "",
    } | changes


def test_each_entry_stands_in_its_part(world, lead):
    for title, hours in (
        ("long ago", -400),
        ("this morning", -1),
        ("tonight", 3),
        ("tomorrow", 20),
        ("in a week", 24 * 8),
    ):
        add(world, lead, title, hours)
    visit(world, lead, -2)
    visit(world, make_lead(world, "bob"), -30)
    visit(world, make_lead(world, "eve"), 48)
    visit(world, make_lead(world, "other", "other_rep"), 1)
    add(world, lead, "another's", 1, "other_rep")
    with world.scope():
        done = add(world, lead, "done", 1)
        followups.complete(done.pk, actor=world.actor("rep"))
    assert parts(world) == {
        "overdue": ["long ago", "visit", "this morning"],
        "today": ["visit", "tonight"],
        "week": ["tomorrow", "visit"],
        "done": ["done"],
    }
    assert parts(world, "manager", None)["today"] == ["visit", "another's", "visit", "tonight"]


def test_today_ends_with_the_workspaces_day(world, lead):
    world.home.time_zone = "Pacific/Auckland"
    world.home.save()
    # Noon in UTC is 1:00 of the next day in Auckland.
    add(world, lead, "before midnight there", 22)
    add(world, lead, "after it", 23)
    assert parts(world)["today"] == ["before midnight there"]
    assert parts(world)["week"] == ["after it"]


def test_a_long_list_shows_its_first_and_says_so(world, lead, client):
    add(world, lead, "first", -100)
    with world.scope():
        Task.objects.bulk_create(
            Task(workspace=world.home, lead=lead, title="x", due_at=timezone.now(), owner=world.rep)
            for _number in range(SHOWN + 1)
        )
        found = agenda(world.actor("rep"), world.rep)
    assert (len(found.overdue), len(found.today), found.has_more) == (1, SHOWN, True)
    client.force_login(world.rep)
    assert "There is more than is shown here" in client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("role", "chosen", "sees"),
    [
        ("rep", "", "reps"),
        ("rep", "all", "reps"),
        ("rep", "other_rep", "reps"),
        ("manager", "", ""),
        ("manager", "all", "reps others"),
        ("manager", "other_rep", "others"),
        ("manager", "nonsense", ""),
        ("viewer", "", "reps others"),
        ("viewer", "rep", "reps"),
    ],
)
def test_reps_see_their_own_and_managers_choose(world, lead, client, role, chosen, sees):
    add(world, lead, "reps", 1)
    add(world, lead, "others", 1, "other_rep")
    client.force_login(getattr(world, role))
    owner = str(getattr(world, chosen).pk) if chosen.endswith("rep") else chosen
    response = client.get(PAGE, {"owner": owner})
    assert [entry.task.title for entry in response.context["agenda"].today] == sees.split()
    assert ('name="owner"' in response.content.decode()) is (role != "rep")


def test_one_click_completes_and_one_takes_it_back(world, lead, client):
    task = add(world, lead, "Call back", 1)
    client.force_login(world.rep)
    response = post(client, f"{PAGE}{task.pk}/?owner=all", done="yes")
    assert response["Location"] == f"{PAGE}?owner=all"
    page = client.get(PAGE).content.decode()
    assert "Done: Call back" in page
    assert "Done today" in page
    post(client, f"{PAGE}{task.pk}/", done="no")
    with world.scope():
        assert not Task.objects.get().is_done


@pytest.mark.parametrize(
    ("status", "lead_status"),
    [("attended", "completed"), ("no_show", "new"), ("moon", "scheduled")],
)
def test_one_click_says_how_an_appointment_went(world, lead, client, status, lead_status):
    row = visit(world, lead, -1)
    client.force_login(world.rep)
    response = post(client, f"{PAGE}appointments/{row.pk}/", status=status)
    assert response["Location"] == PAGE
    with world.scope():
        assert Lead.objects.get().status == lead_status
        kept = status if status != "moon" else "scheduled"
        assert Appointment.objects.get().status == kept
    again = post(client, f"{PAGE}appointments/{row.pk}/", status="no_show")
    refused = status == "attended"
    assert ("cannot be taken back" in client.get(again["Location"]).content.decode()) is refused


def test_a_task_is_added_changed_and_deleted_on_the_leads_page(world, lead, client):
    client.force_login(world.rep)
    page = f"/w/home/leads/{lead.number}/"
    assert "Add a task" in client.get(page).content.decode()
    made = post(client, f"{page}tasks/", **form_of(lead, owner_user_id=str(world.rep.pk)))
    assert made["Location"] == page
    with world.scope():
        task = Task.objects.get()
        assert task.due_at.isoformat() == "2026-03-05T09:30:00+00:00"
        assert Lead.objects.get().next_task_at == task.due_at
    text = client.get(page).content.decode()
    assert "Call back" in text
    assert "Task added" in text
    assert "Overdue" not in text
    address = f"{page}tasks/{task.pk}/"
    earlier = form_of(lead, due_at="2026-03-04T09:00", title="Call now", do="save")
    post(client, address, **earlier)
    assert "Overdue" in client.get(page).content.decode()
    with world.scope():
        assert (Task.objects.get().title, Task.objects.get().owner) == ("Call now", None)
    post(client, address, do="complete")
    post(client, address, do="reopen")
    post(client, address, do="nonsense")
    with world.scope():
        assert not Task.objects.get().is_done
    post(client, address, do="delete")
    with world.scope():
        assert not Task.objects.exists()


def test_a_refused_form_keeps_what_was_typed(world, lead, client):
    task = add(world, lead, "Call back", 1)
    client.force_login(world.rep)
    page = f"/w/home/leads/{lead.number}/tasks/"
    for path in (page, f"{page}{task.pk}/"):
        response = post(client, path, **form_of(lead, title="", notes="Oak fronts", do="save"))
        assert response.status_code == 422
        text = response.content.decode()
        assert "Oak fronts" in text
        assert "This field is required" in text
        far = post(client, path, **form_of(lead, due_at="2999-03-05T09:30", do="save"))
        assert "between 2000 and 2200" in far.content.decode()


def test_what_was_saved_unchanged_stays_unchanged(world, lead, client):
    with world.scope():
        at = timezone.now() + timedelta(seconds=4000)
        task = followups.add(
            lead, actor=world.actor(), facts={"title": "x", "due_at": at, "reminder_at": at}
        )
    client.force_login(world.rep)
    page = f"/w/home/leads/{lead.number}/"
    form = client.get(page).context["open_tasks"][0][1]
    shown = {name: form[name].value() or "" for name in form.fields}
    for name in ("due_at", "reminder_at"):
        shown[name] = shown[name].strftime("%Y-%m-%dT%H:%M")
    post(client, f"{page}tasks/{task.pk}/", **shown, do="save")
    with world.scope():
        kept = Task.objects.get()
    assert (kept.due_at, kept.reminder_at, kept.updated_at) == (at, at, task.updated_at)


def test_viewers_look_on_and_strangers_find_nothing(world, lead, client):
    task = add(world, lead, "Call back", 1)
    row = visit(world, lead, 1)
    leads_page = f"/w/home/leads/{lead.number}/"
    client.force_login(world.viewer)
    for path in (PAGE, leads_page):
        text = client.get(path).content.decode()
        assert "Call back" in text
        assert "Done: Call back" not in text
    for user, status in ((world.viewer, 403), (world.stranger, 404)):
        client.force_login(user)
        for path, data in (
            (f"{PAGE}{task.pk}/", {"done": "yes"}),
            (f"{PAGE}appointments/{row.pk}/", {"status": "attended"}),
            (f"{leads_page}tasks/", form_of(lead)),
            (f"{leads_page}tasks/{task.pk}/", {"do": "complete"}),
        ):
            assert client.post(path, data).status_code == status, path
    client.force_login(world.rep)
    other = make_lead(world, "bob")
    elsewhere = f"/w/home/leads/{other.number}/tasks/{task.pk}/"
    assert post(client, elsewhere, do="complete").status_code == 404
    with world.scope():
        assert not Task.objects.get().is_done


@pytest.mark.parametrize("role", ["rep", "manager"])
def test_the_number_of_queries_does_not_grow_with_rows(world, lead, client, role):
    def fill(number):
        one = make_lead(world, f"lead{number}", role)
        add(world, one, "late", -1, role)
        add(world, one, "soon", 1, role)
        with world.scope():
            followups.complete(add(world, one, "done", 2, role).pk, actor=world.actor())
        visit(world, one, 2)
        add(world, lead, "of one lead", 3, role)

    def queries(path):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    client.force_login(getattr(world, role))
    paths = (PAGE, f"{PAGE}?owner=all", f"/w/home/leads/{lead.number}/")
    fill(0)
    for path in paths:
        queries(path)
    before = [queries(path) for path in paths]
    for number in range(1, 4):
        fill(number)
    assert [queries(path) for path in paths] == before
