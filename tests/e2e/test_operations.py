"""The admin in the browser, where an operator begins: its home, and deleting several rows."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from accounts import heartbeat
from accounts.models import User
from conversions.models import Upload
from integrations.models import OutboxEvent
from tests.admin_rows import rows_of_every_model
from tests.e2e.conftest import DESKTOP, PHONE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def stuck(committed_world):
    """The owner runs the installation; an upload failed, and an event was set aside."""
    world = committed_world
    User.objects.filter(pk=world.owner.pk).update(is_staff=True, is_superuser=True)
    rows = rows_of_every_model(world.home, name="Ours")
    with world.scope():
        Upload.objects.filter(pk=rows[Upload].pk).update(status="failed")
        OutboxEvent.objects.in_workspace(world.home.pk).filter(pk=rows[OutboxEvent].pk).update(
            processed_at=None, set_aside_at=timezone.now()
        )
    heartbeat.note()
    return rows


def test_the_home_says_what_is_stuck_and_leads_there(visitor, stuck):
    visitor.sign_in("owner")
    page = visitor.open("/admin/")
    expect(page.get_by_text("both alive at")).to_be_visible()
    card = page.get_by_role("link", name="Failed uploads")
    expect(card).to_contain_text("1")
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    # What unfold itself draws is not ours to mend.
    ours = Axe().run(page, context="section[aria-labelledby=operations]")
    assert ours.violations_count == 0, ours.generate_report()
    visitor.shoot("operations")
    card.click()
    expect(page).to_have_url(f"{visitor.base}/admin/conversions/upload/?status__exact=failed")
    expect(page.get_by_text("1 upload", exact=False).first).to_be_visible()
    assert visitor.complaints == []


def test_deleting_several_rows_asks_without_a_script_error(visitor, stuck):
    visitor.sign_in("owner")
    page = visitor.open("/admin/conversions/conversionrule/")
    page.locator("input[name=_selected_action]").first.check()
    page.locator("select[name=action]").select_option("delete_selected")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("Are you sure you want to delete")).to_be_visible()
    assert visitor.complaints == []
