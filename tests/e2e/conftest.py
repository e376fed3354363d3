"""A real browser on a live server, with a local ad platform behind it."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.loop import Loop
from tests.servers.google_data_manager import GoogleDataManagerServer
from tests.servers.meta import MetaServer
from tests.world import PASSWORD, World

# Playwright's synchronous API runs an event loop in this thread, which Django would refuse.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

SCREENSHOTS = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 860}
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    assert executable, "Install Debian's chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@dataclass
class Visitor:
    """Somebody at a browser; whatever its console complains of is kept."""

    page: Page
    base: str
    world: World
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.base}{path}")
        return self.page

    def workspace(self, path: str = "leads/") -> Page:
        return self.open(f"/w/{self.world.home.slug}/{path}")

    def sign_in(self, role: str = "manager") -> Page:
        page = self.open("/accounts/login/")
        page.get_by_label("Email").fill(f"{role}@example.com")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"**/w/{self.world.home.slug}/")
        return page

    def check(self, name: str) -> None:
        """Loaded anew in dark and in light: no axe violation, nothing wider than a phone.

        And no console error so far. A dialog is checked at the address that opens it.
        """
        for scheme in ("dark", "light"):
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.page.reload()
            result = Axe().run(self.page)
            assert result.violations_count == 0, f"{name} ({scheme}): {result.generate_report()}"
        self.page.set_viewport_size(PHONE)
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"], f"{name} is {wide} px wide on a phone"
        self.page.set_viewport_size(DESKTOP)
        assert self.complaints == []

    def shoot(self, name: str) -> None:
        """Screenshots for people: light, dark and phone, when SCREENSHOTS is set."""
        if not os.environ.get("SCREENSHOTS"):
            return
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for suffix, scheme, size in (
            ("light", "light", DESKTOP),
            ("dark", "dark", DESKTOP),
            ("phone", "light", PHONE),
        ):
            self.page.set_viewport_size(size)
            self.page.emulate_media(color_scheme=scheme)
            self.page.reload()
            # A reload keeps the place, and the frame would stand in the middle of the picture.
            self.page.evaluate("window.scrollTo(0, 0)")
            self.page.screenshot(path=SCREENSHOTS / f"{name}-{suffix}.png", full_page=True)
        self.page.set_viewport_size(DESKTOP)
        self.page.emulate_media(color_scheme="light")


@pytest.fixture
def loop(committed_world, monkeypatch) -> Iterator[Loop]:
    with GoogleDataManagerServer() as google, MetaServer() as meta:
        monkeypatch.setenv("GOOGLE_DATA_MANAGER_URL", google.url)
        monkeypatch.setenv("META_GRAPH_URL", meta.url)
        yield Loop(committed_world, {"google_data_manager": google, "meta": meta})


@pytest.fixture
def context(browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport=DESKTOP, reduced_motion="reduce", locale="en-US")
    made.set_default_timeout(15_000)
    yield made
    made.close()


@pytest.fixture
def visitor(context, live_server, loop, request) -> Iterator[Visitor]:
    page = context.new_page()
    found = Visitor(page, live_server.url, loop.world)
    page.on(
        "console",
        lambda message: found.complaints.append(message.text) if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((live_server.url, "data:", "blob:"))
            else found.complaints.append(f"left the machine: {request.url}")
        ),
    )
    yield found
    if folder := os.environ.get("E2E_TRACES"):
        page.screenshot(path=f"{folder}/{request.node.name}.png", full_page=True)
        Path(folder, f"{request.node.name}.txt").write_text(
            "\n".join([page.url, *found.complaints, page.inner_text("body")])
        )
