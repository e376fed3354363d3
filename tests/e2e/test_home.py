"""Home in the browser: after signing in, empty, and with a day's work; on a phone too."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from leads.assigning.assignment import assign
from leads.diary import appointments
from leads.intake import LeadInput, receive
from leads.models import Lead
from tests.e2e.conftest import PHONE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def add(world, name, role="manager", **fields):
    first, last = name.split()
    data = LeadInput(first_name=first, last_name=last, email=f"{first.lower()}@example.com")
    row = receive(data, actor=world.actor()).lead
    assign(row, actor=world.actor(), user_id=getattr(world, role).pk)
    Lead.objects.filter(pk=row.pk).update(**fields)
    return row


def fill(world):
    long_ago = timezone.now() - timedelta(days=12)
    with world.scope():
        add(world, "Ann Archer", heat="HOT", heat_score=24)
        add(world, "Bea Miller", status="enriched")
        add(world, "Cleo Nash", status="conversing", last_contacted_at=long_ago)
        add(world, "Dan Okafor", "rep", status="contacted", last_contacted_at=long_ago)
        visited = add(world, "Eve Featherstonehaugh-Cholmondeley")
        appointments.add(
            visited, actor=world.actor(), scheduled_for=timezone.now(), location="Showroom 2"
        )


def test_signing_in_ends_at_an_empty_home(visitor):
    page = visitor.sign_in("rep")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    expect(page.get_by_role("link", name="Enter the first lead")).to_be_visible()
    visitor.check("home, empty")


def test_a_days_work_and_the_lists_behind_it(visitor, loop):
    fill(loop.world)
    page = visitor.sign_in("manager")
    todo = page.get_by_role("list").filter(has_text="Appointment today")
    expect(todo.get_by_role("listitem")).to_have_count(3)
    expect(todo.get_by_role("listitem").first).to_contain_text("Showroom 2")
    visitor.check("home")
    visitor.shoot("home")

    page.get_by_role("list", name="My numbers").get_by_role("link", name="Follow-ups due").click()
    expect(page.locator("a.row-link", has_text="Cleo Nash")).to_be_visible()
    expect(page.locator("a.row-link", has_text="Dan Okafor")).to_have_count(0)
    page.get_by_role("link", name="Home", exact=True).click()
    page.get_by_role("link", name="Rep: 1 due", exact=True).click()
    expect(page.locator("a.row-link", has_text="Dan Okafor")).to_be_visible()
    expect(page.locator("a.row-link", has_text="Cleo Nash")).to_have_count(0)


def test_on_a_phone_home_is_in_the_menu_and_a_step_opens_its_lead(visitor, loop):
    fill(loop.world)
    page = visitor.sign_in("manager")
    page.set_viewport_size(PHONE)
    page.get_by_role("link", name="Ann Archer").click()
    expect(page.get_by_role("heading", name="Ann Archer")).to_be_visible()
    page.get_by_role("button", name="Open menu").click()
    page.get_by_role("link", name="Home", exact=True).click()
    expect(page.get_by_role("heading", name="What next")).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"]
