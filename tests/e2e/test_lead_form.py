"""A visitor and a lead form: without a script, inside another site, on a phone; and its editor."""

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from leads.capture import form_entries, lead_forms
from leads.models import Interaction, Lead, LeadForm
from tests.e2e.conftest import DESKTOP, PHONE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

# A site that is stricter than most: no inline script or style, our origin only.
SITE_POLICY = "default-src 'none'; script-src {us}; frame-src {us}; img-src data:"


class Site:
    """Somebody's own web site, on a port (an origin) of its own."""

    def __init__(self, us: str) -> None:
        self.us = us
        self.pages: dict[str, str] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "Site":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.server.shutdown()
        self.server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, site: Site, *args, **kwargs) -> None:
        self.site = site
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:
        content = self.site.pages.get(self.path.partition("?")[0])
        self.send_response(200 if content else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", SITE_POLICY.format(us=self.site.us))
        self.send_header("Set-Cookie", "_fbp=fb.1.1700000000000.42; Path=/")
        self.end_headers()
        self.wfile.write((content or "").encode())

    def log_message(self, *_args: object) -> None:
        """Quiet."""


def site_page(content: str) -> str:
    return (
        '<!DOCTYPE html><html lang="en"><head><title>Shop</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,"></head>'
        f"<body><main><h1>Our shop</h1>{content}</main></body></html>"
    )


@pytest.fixture(autouse=True)
def fast_people(monkeypatch):
    """A browser under test types faster than anybody."""
    monkeypatch.setattr(form_entries, "FASTEST", form_entries.FASTEST * 0)


@pytest.fixture
def site(live_server) -> Iterator[Site]:
    with Site(live_server.url) as found:
        yield found


@pytest.fixture
def form(committed_world):
    with committed_world.scope():
        return LeadForm.objects.get()


def change(world, form, **changes):
    with world.scope():
        return lead_forms.update(form, actor=world.actor("manager"), changes=changes)


def only_lead(world):
    with world.scope():
        return Lead.objects.select_related("contact").get()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_without_a_script_a_visitor_is_corrected_and_thanked(
    browser, live_server, committed_world, form, size
):
    change(
        committed_world,
        form,
        consent_texts={"ad_user_data": "You may tell the ad platform that I wrote."},
    )
    context = browser.new_context(java_script_enabled=False, viewport=size)
    try:
        page = context.new_page()
        page.goto(f"{live_server.url}/f/{form.token}/?gclid=click-1&utm_source=google")
        page.get_by_label("First name").fill("Ann")
        page.get_by_label("E-mail").fill("ann@")
        page.get_by_label("Message").fill("Call me in May")
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("alert")).to_contain_text("Nothing was sent yet")
        expect(page.get_by_label("E-mail")).to_have_value("ann@")
        expect(page.get_by_label("Message")).to_have_value("Call me in May")
        expect(page.get_by_role("checkbox")).to_be_checked()
        page.get_by_label("E-mail").fill("ann@example.com")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("heading", name="It is sent")).to_be_visible()
        page.reload()
        assert context.cookies() == []
    finally:
        context.close()
    lead = only_lead(committed_world)
    assert (lead.contact.first_name, lead.gclid, lead.utm_source) == ("Ann", "click-1", "google")
    assert lead.contact.consent == {"ad_user_data": True}
    with committed_world.scope():
        assert Interaction.objects.filter(type="form_submission").count() == 1


def test_the_public_pages_are_accessible_and_fit_a_phone(visitor, form):
    change(
        visitor.world,
        form,
        consent_texts={
            "ad_user_data": "You may tell the ad platform that brought me here that I wrote.",
            "email": "You may write to me about offers. I can take this back at any time.",
        },
    )
    page = visitor.open(f"/f/{form.token}/")
    visitor.check("public form")
    visitor.shoot("form")
    page.get_by_label("First name").fill("Ann")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert Axe().run(page).violations_count == 0
    page.get_by_label("E-mail").fill("ann@example.com")
    # Faster than the browser can follow: still one.
    page.get_by_role("button", name="Send").dblclick()
    expect(page.get_by_role("heading", name="It is sent")).to_be_visible()
    # The browser notes the answer to the refused form, and nothing else.
    assert [text for text in visitor.complaints if "422" not in text] == []
    visitor.complaints.clear()
    visitor.check("thanks")
    visitor.shoot("form-thanks")
    with visitor.world.scope():
        assert Interaction.objects.filter(type="form_submission").count() == 1


def test_inside_another_site_it_learns_where_the_visitor_came_from(
    browser, live_server, committed_world, form, site
):
    change(committed_world, form, allowed_origins=[site.url])
    script = f"{live_server.url}/f/{form.token}/embed.js"
    site.pages = {
        "/": site_page(f'<script src="{script}" data-remember-only></script>'),
        "/contact": site_page(f'<script src="{script}" data-title="Write to us" async></script>'),
        "/thanks": site_page("<p>See you soon</p>"),
    }
    change(committed_world, form, redirect_url=f"{site.url}/thanks")
    context = browser.new_context(viewport=PHONE, reduced_motion="reduce")
    complaints: list[str] = []
    try:
        page = context.new_page()
        page.on(
            "console", lambda said: complaints.append(said.text) if said.type == "error" else None
        )
        page.goto(f"{site.url}/?gclid=click-1&fbclid=click-2&utm_campaign=spring#top")
        page.goto(f"{site.url}/contact")
        page.reload()
        frame = page.frame_locator("iframe[title='Write to us']")
        expect(frame.get_by_role("heading", name="How can we help?")).to_be_visible()
        inside = page.frames[1]
        page.wait_for_function("document.querySelector('iframe').offsetHeight !== 640")
        assert inside.evaluate("document.documentElement.scrollHeight") <= page.evaluate(
            "document.querySelector('iframe').offsetHeight"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert Axe().run(page).violations_count == 0
        frame.get_by_label("First name").fill("Ann")
        frame.get_by_role("button", name="Send").click()
        expect(frame.get_by_role("alert")).to_contain_text("E-mail")
        frame.get_by_label("E-mail").fill("ann@example.com")
        frame.get_by_role("button", name="Send").click()
        page.wait_for_url(f"{site.url}/thanks")
        assert {cookie["name"] for cookie in context.cookies()} == {"_fbp"}
    finally:
        context.close()
    # The browser notes the answer to the refused form, and nothing else.
    assert [text for text in complaints if "422" not in text] == []
    lead = only_lead(committed_world)
    assert (lead.gclid, lead.fbclid, lead.fbp) == ("click-1", "click-2", "fb.1.1700000000000.42")
    assert lead.utm_campaign == "spring"
    assert lead.landing_page.startswith(f"{site.url}/?gclid=click-1")
    assert lead.attributes["form_page"] == f"{site.url}/contact"


def test_a_site_that_is_not_named_cannot_frame_it(browser, live_server, form, site):
    site.pages = {
        "/": site_page(f'<script src="{live_server.url}/f/{form.token}/embed.js"></script>')
    }
    context = browser.new_context(viewport=DESKTOP)
    try:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text))
        page.goto(site.url)
        page.wait_for_load_state("networkidle")
        expect(page.frame_locator("iframe").get_by_role("heading")).to_have_count(0)
        assert any("frame-ancestors" in text for text in complaints)
    finally:
        context.close()


def test_a_manager_sets_up_a_form_and_copies_the_code(visitor, form):
    page = visitor.sign_in("manager")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Settings").click()
    page.get_by_role("main").get_by_role("link", name="forms").first.click()
    expect(page.get_by_role("link", name="Contact form", exact=True)).to_be_visible()
    visitor.check("forms")
    visitor.shoot("forms")
    page.get_by_role("button", name="New form").click()
    expect(page.get_by_role("heading", name="Contact form 2")).to_be_visible()
    page.get_by_label("Ask for: Company").check()
    page.get_by_label("Place of: Company").select_option("1")
    page.get_by_label("Sites that may show this form").fill("www.example.com")
    page.get_by_role("button", name="Save form").click()
    expect(page.get_by_label("To show it inside a page of yours")).to_have_value(
        re.compile(r"<script src=.*/embed\.js.* async></script>")
    )
    visitor.check("form editor")
    visitor.shoot("form-editor")
    with visitor.page.context.expect_page() as opened:
        page.get_by_role("link", name="See it as a visitor").click()
    expect(opened.value.get_by_label("Company")).to_be_visible()
    opened.value.close()
    page.get_by_role("button", name="Delete form").click()
    expect(page.get_by_role("link", name="Contact form 2")).to_have_count(0)
