"""A manager sets how leads are given away, and a rep is told of theirs, in a real browser."""

from integrations import outbox
from leads.assigning import assignment_policy
from leads.intake import LeadInput, receive


def arrive(world, name):
    with world.scope():
        data = LeadInput(first_name=name, email=f"{name}@example.com", source="referral")
        return receive(data, actor=world.actor()).lead


def test_from_the_settings_to_the_bell(visitor):
    world = visitor.world
    page = visitor.sign_in("manager")
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("main").get_by_role("link", name="Assignment").click()
    for name in ("Manager", "Owner", "Other_Rep"):
        page.get_by_role("switch", name=f"{name} is on duty").click()
        page.get_by_text("off duty.").first.wait_for()
    page.get_by_label("Assign leads automatically").select_option("created")
    page.get_by_role("button", name="Save policy").click()
    page.get_by_text("The policy is saved.").wait_for()
    page.get_by_label("Most open leads of Rep", exact=True).fill("1")
    page.get_by_role("button", name="Save numbers").click()
    page.get_by_text("numbers are saved.").wait_for()
    page.get_by_role("link", name="New territory").click()
    page.get_by_label("Name").fill("West")
    page.get_by_label("Regions").fill("CA, OR")
    page.get_by_role("button", name="Save territory").click()
    page.get_by_role("link", name="New rule").click()
    page.get_by_label("Name").fill("Referrals")
    page.get_by_label("Referral").check()
    page.get_by_label("Rep", exact=True).check()
    page.get_by_role("button", name="Save rule").click()
    page.get_by_role("link", name="Referrals").wait_for()
    arrive(world, "Ann")
    arrive(world, "Ben")
    outbox.drain()
    outbox.drain()
    page.reload()
    page.get_by_text("1 lead waits").wait_for()
    assert page.get_by_text("Full").count() == 1
    visitor.check("assignment")
    visitor.shoot("assignment")
    page.get_by_role("link", name="Referrals").click()
    visitor.check("an assignment rule")
    page.get_by_role("link", name="Assignment").first.click()
    page.get_by_role("link", name="West").click()
    visitor.check("a territory")


def test_a_rep_reads_what_is_new_and_goes_off_duty_by_keyboard(visitor):
    world = visitor.world
    with world.scope():
        assignment_policy.set_policy(actor=world.actor(), changes={"trigger": "created"})
    for name in ("Ann", "Ben", "Cleo", "Dan"):
        arrive(world, name)
    outbox.drain()
    outbox.drain()
    page = visitor.sign_in("rep")
    page.get_by_role("link", name="Notifications, 1 unread").click()
    visitor.check("notifications")
    visitor.shoot("notifications")
    page.locator(".news-link").click()
    page.wait_for_url("**/leads/*/")
    page.get_by_role("link", name="Notifications", exact=True).wait_for()
    page.locator(".user-menu > summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.get_by_role("switch", name="On duty").get_attribute("aria-checked") == "true"
    page.keyboard.press("Space")
    page.get_by_text("You are off duty.").wait_for()
    assert "/leads/" in page.url
    page.locator(".user-menu > summary").click()
    assert page.get_by_role("switch", name="On duty").get_attribute("aria-checked") == "false"
    assert visitor.complaints == []
