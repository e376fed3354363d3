"""In the browser: a task from its lead's page to being done, the calendar, the response target."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from leads.assigning.assignment import assign
from leads.diary import appointments, followups
from leads.intake import LeadInput, receive
from leads.models import Lead
from leads.responding import response
from tests.e2e.conftest import PHONE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def add_lead(world, name, role="manager"):
    first, last = name.split()
    data = LeadInput(first_name=first, last_name=last, email=f"{first.lower()}@example.com")
    row = receive(data, actor=world.actor()).lead
    assign(row, actor=world.actor(), user_id=getattr(world, role).pk)
    return row


def add_task(world, lead, title, *, hours, role="manager", **facts):
    followups.add(
        lead,
        actor=world.actor(),
        facts={
            "title": title,
            "due_at": timezone.now() + timedelta(hours=hours),
            "owner_user_id": getattr(world, role).pk,
            **facts,
        },
    )


def fill(world):
    """A day's work of the manager, and one task of a rep."""
    world.home.time_zone = "Pacific/Honolulu"
    world.home.save()
    with world.scope():
        ann = add_lead(world, "Ann Archer")
        add_task(world, ann, "Send the plans", hours=-3, notes="She wants the oak fronts.")
        add_task(world, ann, "Ask for the measurements", hours=30)
        bea = add_lead(world, "Bea Featherstonehaugh-Cholmondeley")
        at = timezone.now() + timedelta(minutes=5)
        appointments.add(bea, actor=world.actor(), scheduled_for=at, location="Showroom 2")
        cleo = add_lead(world, "Cleo Nash")
        at = timezone.now() - timedelta(days=2)
        appointments.add(cleo, actor=world.actor(), scheduled_for=at)
        dan = add_lead(world, "Dan Okafor", "rep")
        add_task(world, dan, "Call about the offer", hours=20, role="rep")
        return ann


def test_a_task_is_added_changed_and_ticked_off_on_the_leads_page(visitor, loop):
    with loop.world.scope():
        response.save(actor=loop.world.actor(), changes={"target_minutes": 30})
        lead = add_lead(loop.world, "Ann Archer", "rep")
    page = visitor.sign_in("rep")
    visitor.workspace(f"leads/{lead.number}/")
    expect(page.get_by_text("First answer due")).to_be_visible()
    card = page.get_by_role("region", name="Tasks", exact=True)
    card.get_by_text("Add a task").click()
    card.get_by_label("What is to be done?").fill("Send the plans")
    card.get_by_label("Due").fill("2024-03-04T09:30")
    card.get_by_role("button", name="Add task").click()
    expect(page.get_by_text("The task is added.")).to_be_visible()
    expect(card.get_by_text("Overdue")).to_be_visible()
    visitor.check("lead with a task")
    card.get_by_label("Change: Send the plans").click()
    card.get_by_label("What is to be done?").first.fill("")
    card.get_by_role("button", name="Save task").click()
    expect(card.get_by_text("This field is required.").first).to_be_visible()
    visitor.complaints[:] = [text for text in visitor.complaints if "422" not in text]
    card.get_by_label("What is to be done?").first.fill("Send new plans")
    card.get_by_role("button", name="Save task").click()
    card.get_by_role("button", name="Done: Send new plans").click()
    expect(page.get_by_text("Done: Send new plans", exact=True)).to_be_visible()
    card.get_by_text("Done 1").click()
    card.get_by_role("button", name="Do again: Send new plans").click()
    expect(card.get_by_role("button", name="Done: Send new plans")).to_be_visible()
    visitor.check("lead with a task taken up again")
    with loop.world.scope():
        assert Lead.objects.get().next_task_at is not None


def test_the_calendar_of_tasks_and_appointments(visitor, loop):
    lead = fill(loop.world)
    page = visitor.sign_in("manager")
    expect(page.get_by_text("Overdue: Send the plans")).to_be_visible()
    page.get_by_role("link", name="Tasks and appointments").click()
    late = page.get_by_role("region", name="Overdue")
    expect(late.get_by_role("listitem")).to_have_count(2)
    expect(page.get_by_text("Showroom 2")).to_be_visible()
    visitor.check("tasks and appointments")
    visitor.shoot("tasks")
    late.get_by_role("button", name="Done: Send the plans").click()
    expect(page.get_by_role("region", name="Done today")).to_contain_text("Send the plans")
    page.get_by_role("button", name="No-show: Cleo Nash").click()
    expect(page.get_by_text("Appointment: No-show.")).to_be_visible()
    expect(late).to_have_count(0)
    page.get_by_label("Whose").select_option("Everybody's")
    page.wait_for_url("**owner=all")
    expect(page.get_by_text("Call about the offer")).to_be_visible()
    page.get_by_role("button", name="Done: Call about the offer").click()
    expect(page.get_by_text("Done: Call about the offer")).to_be_visible()
    assert page.url.endswith("owner=all")
    visitor.check("everybody's tasks and appointments")
    page.set_viewport_size(PHONE)
    page.get_by_role("link", name="Ann Archer").first.click()
    expect(page.get_by_role("heading", name="Ann Archer")).to_be_visible()
    visitor.workspace(f"leads/{lead.number}/")
    visitor.check("lead with tasks on a phone")


def test_nothing_to_do(visitor):
    page = visitor.sign_in("rep")
    visitor.workspace("tasks/")
    expect(page.get_by_role("heading", name="Nothing to do in the next seven days")).to_be_visible()
    visitor.check("no tasks")


def test_the_response_target_is_set_by_a_manager(visitor):
    page = visitor.sign_in("manager")
    visitor.workspace("settings/response/")
    visitor.check("first response")
    page.get_by_label("Minutes to the first response").fill("30")
    page.get_by_label("Saturday").check()
    page.get_by_label("Open until").fill("08:00")
    page.get_by_label("Holidays").fill("2026-12-25")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Close after you open").first).to_be_visible()
    visitor.complaints[:] = [text for text in visitor.complaints if "422" not in text]
    page.get_by_label("Open until").fill("18:00")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("It holds for the leads that come in from now.")).to_be_visible()
    expect(page.get_by_label("Saturday")).to_be_checked()
