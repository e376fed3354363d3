"""Settings in one place: found by the sidebar, fit to be seen, each page leads back."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def test_from_the_sidebar_to_a_setting_and_back(visitor):
    page = visitor.sign_in("manager")
    main = page.get_by_role("navigation", name="Main")
    main.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()
    visitor.check("settings")
    visitor.shoot("settings")
    page.get_by_role("link", name="First response").click()
    expect(page.get_by_role("heading", name="First response", level=1)).to_be_visible()
    expect(main.get_by_role("link", name="Settings")).to_have_attribute("aria-current", "page")
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()
    assert visitor.complaints == []
