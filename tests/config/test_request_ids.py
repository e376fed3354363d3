"""Every answer carries the id of its request, and a failure names it."""

import logging
import re

import pytest
from django.test import Client

from tests.api import signed_in, with_key

OURS = re.compile(r"[0-9a-f]{32}")


@pytest.fixture
def broken(monkeypatch):
    """An application in which every list of leads and the start page fail."""

    def fail(*_args, **_kwargs):
        raise RuntimeError("broken")

    monkeypatch.setattr("leads.models.lead.LeadQuerySet.visible_to", fail)


def access_lines(caplog):
    return [record for record in caplog.records if record.name == "config.request_ids"]


def test_a_valid_id_is_kept_and_anything_else_replaced(db):
    kept = Client().get("/accounts/login/", headers={"X-Request-ID": "abc-123.DEF_4"})
    assert kept["X-Request-ID"] == "abc-123.DEF_4"
    for bad in (
        "",
        "short",
        "x" * 65,
        "a b c d e f",
        "jane@example.com",
        "новый-запрос",
        "a\nb-c-d",
    ):
        answer = Client().get("/accounts/login/", headers={"X-Request-ID": bad})
        assert OURS.fullmatch(answer["X-Request-ID"])


def test_each_request_has_its_own(world):
    caller = with_key(world.key())
    first, second = caller.get("leads/"), caller.get("leads/")
    assert first["X-Request-ID"] != second["X-Request-ID"]


def test_one_access_line_per_request(world, caplog):
    with caplog.at_level(logging.INFO):
        with_key(world.key()).get("leads/", q="Jane")
        signed_in(world.rep).client.get("/w/home/leads/?q=Jane")
        Client().get("/nowhere/")
    key, person, nobody = access_lines(caplog)
    assert (key.method, key.path, key.status) == ("GET", "/api/v1/leads/", 200)
    assert (key.workspace, key.actor) == ("home", "key")
    assert key.duration_ms > 0
    assert (person.path, person.workspace, person.actor) == ("/w/home/leads/", "home", "user")
    assert (nobody.status, nobody.workspace, nobody.actor) == (404, "", "none")


def test_a_failed_call_names_its_id(world, broken):
    caller = with_key(world.key(), X_Request_ID="support-case-1")
    caller.client.raise_request_exception = False
    answer = caller.get("leads/")
    assert answer.status_code == 500
    assert answer.json()["request_id"] == answer["X-Request-ID"] == "support-case-1"


def test_a_failed_page_names_its_id(world, broken):
    client = signed_in(world.rep).client
    client.raise_request_exception = False
    answer = client.get("/w/home/leads/")
    assert answer.status_code == 500
    assert answer["X-Request-ID"] in answer.content.decode()


def test_probes_and_scrapes_make_no_lines(db, caplog):
    with caplog.at_level(logging.INFO):
        Client().get("/healthz")
        Client().get("/metrics")
    assert access_lines(caplog) == []
