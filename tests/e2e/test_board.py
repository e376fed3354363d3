"""The pipeline in the browser: cards moved by mouse, by keys and by menu, refused, taken back."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from leads import lifecycle
from leads.assigning.assignment import assign
from leads.intake import LeadInput, receive
from leads.models import Interaction, Lead
from tests.e2e.conftest import PHONE
from tests.world import PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def add(world, name, **fields):
    first, last = name.split()
    data = LeadInput(first_name=first, last_name=last, email=f"{first.lower()}@example.com")
    row = receive(data, actor=world.actor()).lead
    Lead.objects.filter(pk=row.pk).update(**fields)
    return row


def fill(world):
    now = timezone.now()
    with world.scope():
        actor = world.actor("rep")
        add(world, "Ann Archer", heat="HOT", heat_score=24)
        add(
            world,
            "Bea Featherstonehaugh-Cholmondeley",
            auto_close_alarm_at=now + timedelta(hours=9),
        )
        cleo = add(world, "Cleo Nash", heat="WARM", heat_score=9)
        lifecycle.log_contact(cleo, actor=actor, method="call")
        assign(cleo, actor=world.actor(), user_id=world.rep.pk)
        dan = add(world, "Dan Okafor")
        lifecycle.qualify(dan, actor=actor)
        eve = add(world, "Eve Moreau")
        lifecycle.schedule(eve, actor=actor, scheduled_for=now + timedelta(days=2))
        finn = add(world, "Finn Berg")
        lifecycle.schedule(finn, actor=actor, scheduled_for=now - timedelta(days=1))


def status_of(world, name):
    with world.scope():
        return Lead.objects.get(contact__first_name=name).status


def column(page, status):
    return page.locator(f"[data-column={status}]")


def card(page, name):
    return page.locator("[data-card]", has_text=name)


def link(page, name):
    return card(page, name).get_by_role("link", name=name, exact=False).first


@pytest.fixture
def page(visitor, loop):
    fill(loop.world)
    page = visitor.sign_in("rep")
    page.set_viewport_size({"width": 2600, "height": 900})
    visitor.workspace("pipeline/")
    return page


def expect_in(page, name, status):
    settled = column(page, status).locator("[data-card]:not(.card-moving)", has_text=name)
    expect(settled).to_have_count(1)
    expect(card(page, name)).to_have_count(1)


def test_by_mouse_and_taken_back(visitor, loop, page):
    expect(column(page, "new").locator("[data-card]").first).to_contain_text("Bea")
    card(page, "Ann").drag_to(column(page, "qualified"))
    expect_in(page, "Ann", "qualified")
    toasts = page.locator("#toasts")
    expect(toasts).to_contain_text("Ann Archer is “Qualified” now.")
    expect(page.locator("#count-qualified")).to_contain_text("2")
    assert status_of(loop.world, "Ann") == "qualified"
    toasts.get_by_role("button", name="Undo").click()
    expect_in(page, "Ann", "new")
    expect(toasts).to_contain_text("Taken back")
    expect(toasts.get_by_role("button", name="Undo")).to_have_count(0)
    assert status_of(loop.world, "Ann") == "new"
    assert visitor.complaints == []


def test_a_dialog_comes_before_saving_and_cancel_gives_the_card_back(visitor, loop, page):
    card(page, "Ann").drag_to(column(page, "lost"))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Why is it lost?")
    assert status_of(loop.world, "Ann") == "new"
    # Until the mouse has let go, Escape is about the drag.
    expect(page.locator(".card-dragged")).to_have_count(0)
    expect(dialog.get_by_label("Why is it lost?")).to_be_focused()
    page.keyboard.press("Escape")
    expect_in(page, "Ann", "new")
    assert status_of(loop.world, "Ann") == "new"

    card(page, "Ann").drag_to(column(page, "scheduled"))
    when = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT10:00")
    dialog.get_by_label("When is the visit?").fill(when)
    dialog.get_by_role("button", name="Schedule").click()
    expect_in(page, "Ann", "scheduled")
    assert status_of(loop.world, "Ann") == "scheduled"
    assert visitor.complaints == []


def test_a_refused_card_goes_back_and_the_page_says_why(visitor, loop, page):
    card(page, "Dan").drag_to(column(page, "contacted"))
    toast = page.locator("#toasts .error")
    expect(toast).to_contain_text("is not possible")
    expect_in(page, "Dan", "qualified")
    assert status_of(loop.world, "Dan") == "qualified"


def test_by_keys(visitor, loop, page):
    link(page, "Bea").focus()
    page.keyboard.press("ArrowDown")
    expect(link(page, "Ann")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(link(page, "Cleo")).to_be_focused()
    page.keyboard.press("Shift+ArrowRight")
    expect_in(page, "Cleo", "conversing")
    expect(link(page, "Cleo")).to_be_focused()
    expect(page.locator("#toasts [data-undo]")).to_be_visible()
    page.keyboard.press("u")
    expect_in(page, "Cleo", "contacted")
    expect(link(page, "Cleo")).to_be_focused()
    page.keyboard.press("m")
    dialog = page.get_by_role("dialog", name="Move Cleo Nash to…")
    expect(dialog.get_by_role("button", name="Conversing")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect_in(page, "Cleo", "qualified")
    page.keyboard.press("m")
    page.keyboard.press("Escape")
    expect(link(page, "Cleo")).to_be_focused()
    assert visitor.complaints == []


def test_by_menu_with_a_reason(visitor, loop, page):
    card(page, "Dan").get_by_role("button", name="Move Dan Okafor to…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Contacted Possible from")).to_be_disabled()
    dialog.get_by_role("button", name="Lost").click()
    dialog.get_by_label("Why is it lost?").select_option(index=1)
    dialog.get_by_role("button", name="Mark lost").click()
    expect_in(page, "Dan", "lost")
    assert status_of(loop.world, "Dan") == "lost"
    assert visitor.complaints == []


def test_two_people_with_one_card(visitor, loop, page, browser):
    other = browser.new_context(viewport={"width": 2600, "height": 900}, reduced_motion="reduce")
    theirs = other.new_page()
    theirs.goto(f"{visitor.base}/accounts/login/")
    theirs.get_by_label("Email").fill("other_rep@example.com")
    theirs.get_by_label("Password", exact=True).fill(PASSWORD)
    theirs.get_by_role("button", name="Sign in").click()
    theirs.goto(page.url)
    card(page, "Ann").drag_to(column(page, "qualified"))
    expect_in(page, "Ann", "qualified")
    card(theirs, "Ann").drag_to(column(theirs, "converted"))
    expect(theirs.locator("#toasts .error")).to_contain_text("Somebody moved this lead")
    expect_in(theirs, "Ann", "qualified")
    other.close()
    with loop.world.scope():
        ann = Lead.objects.get(contact__first_name="Ann")
        assert ann.status == "qualified"
        assert Interaction.objects.filter(lead=ann, type="status_change").count() == 1


def test_what_others_move_comes_by_itself_but_never_into_a_hand(visitor, loop, page):
    look = "document.dispatchEvent(new Event('visibilitychange'))"

    def others(act, name):
        with loop.world.scope():
            act(Lead.objects.get(contact__first_name=name), actor=loop.world.actor())

    link(page, "Cleo").focus()
    card(page, "Bea").get_by_role("button", name="Move Bea").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    others(lifecycle.qualify, "Ann")
    page.evaluate(look)
    page.wait_for_timeout(300)
    expect_in(page, "Ann", "new")
    page.keyboard.press("Escape")
    link(page, "Cleo").focus()
    with page.expect_response("**/pipeline/news/**"):
        page.evaluate(look)
    expect_in(page, "Ann", "qualified")
    expect(page.locator("#board-said")).to_contain_text("Ann Archer is now in “Qualified”.")
    expect(page.locator("#count-qualified")).to_contain_text("2")
    # The card that has the focus is shown anew, and keeps it.
    others(lifecycle.qualify, "Dan")
    with loop.world.scope():
        cleo = Lead.objects.get(contact__first_name="Cleo")
        lifecycle.log_contact(cleo, actor=loop.world.actor(), method="email")
    with page.expect_response("**/pipeline/news/**"):
        page.evaluate(look)
    expect(card(page, "Cleo")).to_contain_text("E-mail")
    expect(link(page, "Cleo")).to_be_focused()
    assert visitor.complaints == []


def test_a_phone_shows_the_column_that_is_picked(visitor, page):
    page.set_viewport_size(PHONE)
    expect(card(page, "Ann")).to_be_visible()
    expect(card(page, "Cleo")).to_be_hidden()
    page.get_by_role("radio", name="Contacted").check()
    expect(card(page, "Cleo")).to_be_visible()
    expect(card(page, "Ann")).to_be_hidden()
    page.reload()
    expect(card(page, "Cleo")).to_be_visible()
    card(page, "Cleo").get_by_role("button", name="Move Cleo Nash to…").click()
    page.get_by_role("dialog").get_by_role("button", name="Qualified", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("“Qualified”")
    assert visitor.complaints == []


def test_it_is_fit_to_be_seen_in_dark_and_light(visitor, page):
    visitor.check("pipeline")
    visitor.shoot("pipeline")
    visitor.workspace("pipeline/?source=api")
    visitor.check("pipeline, nothing found")
    visitor.workspace("pipeline/")
    menu = card(page, "Dan").get_by_role("button", name="Move Dan Okafor to…")
    page.goto(f"{visitor.base}{menu.get_attribute('href')}")
    visitor.check("pipeline, menu")


def test_filters_are_kept_in_the_address(visitor, page):
    page.get_by_label("Heat").select_option("HOT")
    expect(card(page, "Cleo")).to_have_count(0)
    expect(page).to_have_url(f"{visitor.base}/w/home/pipeline/?heat=HOT")
    card(page, "Ann").drag_to(column(page, "qualified"))
    expect_in(page, "Ann", "qualified")
    page.reload()
    expect_in(page, "Ann", "qualified")
    expect(card(page, "Cleo")).to_have_count(0)
    if folder := os.environ.get("E2E_TRACES"):
        page.screenshot(path=f"{folder}/filters.png")
