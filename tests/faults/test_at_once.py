"""The same wish twice at the same moment, over HTTP: one effect, and nobody gets a 500."""

import http.client
import re
from urllib.parse import urlencode

import pytest

from tests.concurrency import at_once
from tests.faults import audit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def test_of_two_conflicting_moves_one_wins_and_the_other_is_409(site, ledger):
    for _round in range(5):
        lead = ledger.lead()
        ledger.move(lead, "qualify")
        wishes = [("complete", {}), ("lost", {"loss_reason": "price"})]

        def move(n, lead=lead, wishes=wishes):
            name, details = wishes[n]
            return ledger.move(lead, name, **details).status

        won = at_once(move, 2)
        assert sorted(won) == [200, 409]
    site.settle()
    audit.check(site, ledger)


def test_the_same_submission_eight_times_at_once_has_one_effect_and_one_answer(site, ledger):
    lead = ledger.lead()
    entry = ledger.enter("conversion", "conversions/log/")
    body = {
        "contact_id": lead["contact_id"],
        "conversion_type": "sale",
        "conversion_value": "10.00",
        "converted_by": "x",
        "custom_data": {"key": entry.key},
    }
    answers = at_once(lambda _n: ledger.once(entry, body), 8)
    refused = {answer.code for answer in answers if answer.status == 409}
    assert refused <= {"idempotency_in_progress"}
    told = [answer.body for answer in answers if answer.status == 201]
    assert {answer.status for answer in answers} <= {201, 409}
    assert told
    assert all(body == told[0] for body in told)
    assert ledger.once(entry, body).headers["idempotent-replayed"] == "true"
    count = "SELECT count(*) FROM conversions_conversion WHERE contact_id = %s"
    assert site.value(count, lead["contact_id"]) == 1
    site.settle()
    audit.check(site, ledger)


class Browser:
    """The manager's, signed in; it posts the forms that it was shown."""

    def __init__(self, site) -> None:
        self.site = site
        self.cookies = {"sessionid": site.known["session"]}

    def request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.site.ports["web"], timeout=30)
        cookies = "; ".join(f"{name}={text}" for name, text in self.cookies.items())
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            for name, text in response.getheaders():
                if name.lower() == "set-cookie" and text.startswith("csrftoken="):
                    self.cookies["csrftoken"] = text.partition("=")[2].partition(";")[0]
            return response.status, response.read().decode()
        finally:
            connection.close()

    def form(self, path, action):
        """What the form with that action would send if nothing were typed."""
        status, page = self.request("GET", path)
        assert status == 200
        form = next(
            form
            for form in re.findall(r"<form\b.*?</form>", page, re.DOTALL)
            if f'action="{action}"' in form or (action == path and "action=" not in form)
        )
        hidden = re.findall(r'<input[^>]*type="hidden"[^>]*>', form)
        fields = {}
        for field in hidden:
            name, value = (re.search(rf'{part}="([^"]*)"', field) for part in ("name", "value"))
            fields[name[1]] = value[1] if value else ""
        return fields

    def click_twice(self, path, action, **typed):
        """Post one form twice at the same moment; the statuses."""
        body = urlencode(self.form(path, action) | typed)
        return [
            status for status, _page in at_once(lambda _n: self.request("POST", action, body), 2)
        ]


@pytest.fixture
def browser(site):
    return Browser(site)


def address(site, lead, rest=""):
    (number,) = site.rows("SELECT number FROM leads_lead WHERE id = %s", lead["id"])[0]
    return f"/w/home/leads/{number}/{rest}"


def test_a_double_click_on_a_move_makes_one_move(site, ledger, browser):
    lead = ledger.lead()
    action = address(site, lead, "move/qualify/")
    statuses = browser.click_twice(address(site, lead), action)
    assert sorted(statuses) in ([302, 302], [302, 409])
    moves = "SELECT count(*) FROM leads_interaction WHERE lead_id = %s AND type = 'status_change'"
    assert site.value(moves, lead["id"]) == 1
    site.settle()
    audit.check(site, ledger)


def test_a_double_click_on_a_new_lead_makes_one(site, ledger, browser):
    path = "/w/home/leads/new/"
    typed = {"first_name": "Onlyaname", "source": "phone", "status": "new"}
    assert browser.click_twice(path, path, **typed) == [302, 302]
    count = "SELECT count(*) FROM leads_contact WHERE first_name = 'Onlyaname'"
    assert site.value(count) == 1
    site.settle()
    audit.check(site, ledger)


def test_a_double_click_in_the_composer_writes_one_entry(site, ledger, browser):
    lead = ledger.lead()
    action = address(site, lead, "log/")
    typed = {"kind": "note", "text": "Called back twice"}
    assert browser.click_twice(address(site, lead), action, **typed) == [302, 302]
    notes = "SELECT count(*) FROM leads_interaction WHERE lead_id = %s AND type = 'note'"
    assert site.value(notes, lead["id"]) == 1
    site.settle()
    audit.check(site, ledger)
