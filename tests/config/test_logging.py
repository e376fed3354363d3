"""Nothing that a lead or a member typed reaches a log, whatever happens to the request."""

import io
import json
import logging
from contextlib import contextmanager

import pytest
from celery import shared_task
from django.conf import settings
from django.db import OperationalError
from django.test import Client

from config.log_masking import MASK, mask
from config.logging import ALLOWED_KEYS, SafeFormatter, configuration
from tests.api import signed_in, with_key

CANARIES = {
    "email": "canary.bird@songs.example",
    "phone": "+1 415 555 2671",
    "digits": "4155552671",
    "first": "Canarina",
    "last": "Featherstonehaugh",
    "note": "sings-at-midnight",
    "password": "canary-Passw0rd-93",
}
EVERYTHING = " ".join(CANARIES.values())


class Written:
    """What the process's one handler wrote."""

    def __init__(self, stream: io.StringIO) -> None:
        self.stream = stream

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.text.splitlines()]

    def assert_silent_about_canaries(self) -> None:
        assert [name for name, canary in CANARIES.items() if canary in self.text] == []


@contextmanager
def _capturing(as_json: bool):
    root = logging.getLogger()
    (handler,) = [h for h in root.handlers if isinstance(h.formatter, SafeFormatter)]
    wanted = configuration(as_json=as_json, level="INFO")["formatters"]["safe"]
    made = SafeFormatter(**{name: value for name, value in wanted.items() if name != "()"})
    stream, formatter = io.StringIO(), handler.formatter
    before = handler.setStream(stream)
    handler.setFormatter(made)
    try:
        yield Written(stream)
    finally:
        handler.setStream(before)
        handler.setFormatter(formatter)


@contextmanager
def _alone():
    """Without pytest's handlers, which fail a test for a record that cannot be formatted."""
    root = logging.getLogger()
    everybody = root.handlers[:]
    root.handlers[:] = [h for h in everybody if isinstance(h.formatter, SafeFormatter)]
    try:
        yield
    finally:
        root.handlers[:] = everybody


@pytest.fixture
def written():
    with _capturing(as_json=True) as captured:
        yield captured


def fail(*_args, **_kwargs):
    try:
        raise KeyError(EVERYTHING)
    except KeyError as cause:
        error = ValueError(f"cannot read {EVERYTHING}")
        error.add_note(EVERYTHING)
        raise error from cause


LEAD = {
    "first_name": CANARIES["first"],
    "last_name": CANARIES["last"],
    "email": CANARIES["email"],
    "phone": CANARIES["phone"],
    "custom_fields": {"note": CANARIES["note"]},
}


def test_a_new_lead_leaves_no_trace_of_the_person(world, written, capfd):
    caller = with_key(world.key())
    made = caller.post("leads/", LEAD)
    assert made.status_code == 201, made.content
    assert caller.post("leads/", LEAD | {"misspelt": CANARIES["note"]}).status_code == 422
    assert caller.post("leads/", f"{{{EVERYTHING}").status_code == 400
    caller.get("leads/", q=CANARIES["last"])
    caller.get(f"contacts/{CANARIES['email']}/")
    page = signed_in(world.rep).client.get("/w/home/leads/", {"q": CANARIES["first"]})
    assert page.status_code == 200
    assert [line["status"] for line in written.lines if line["event"] == "request"][:3] == [
        *(201, 422, 400)
    ]
    written.assert_silent_about_canaries()
    assert "canar" not in "".join(capfd.readouterr()).lower()


def test_signing_in_leaves_no_password(world, written):
    world.rep.set_password(CANARIES["password"])
    world.rep.save()
    for password in (CANARIES["password"], CANARIES["password"] + "x"):
        Client().post("/accounts/login/", {"login": world.rep.email, "password": password})
        Client().post(
            "/api/v1/auth/token/",
            {"email": world.rep.email, "password": password},
            content_type="application/json",
        )
    assert world.rep.email not in written.text
    assert len(written.lines) >= 4
    written.assert_silent_about_canaries()


@pytest.mark.parametrize("as_json", [True, False])
def test_a_failure_tells_where_but_not_about_whom(world, monkeypatch, as_json):
    monkeypatch.setattr("leads.api.leads.receive", fail)
    monkeypatch.setattr("leads.models.lead.LeadQuerySet.visible_to", fail)
    caller = with_key(world.key())
    caller.client.raise_request_exception = False
    with _capturing(as_json) as written:
        assert caller.post("leads/", LEAD).status_code == 500
        assert caller.get("leads/").status_code == 500
    assert "builtins.ValueError" in written.text
    assert "builtins.KeyError" in written.text
    assert "test_logging.py:" in written.text
    written.assert_silent_about_canaries()


def test_every_line_of_a_request_carries_its_id(world, written, monkeypatch):
    monkeypatch.setattr("leads.models.lead.LeadQuerySet.visible_to", fail)
    caller = with_key(world.key(), X_Request_ID="case-of-the-bird")
    caller.client.raise_request_exception = False
    caller.get("leads/")
    Client().get("/healthz")
    logging.getLogger("leads").info("afterwards")
    ids = [line.get("request_id") for line in written.lines]
    assert ids == ["case-of-the-bird", "case-of-the-bird", None]
    assert {"django.request", "config.request_ids"} <= {line["logger"] for line in written.lines}


def test_only_keys_on_the_list_pass(written):
    logging.getLogger("leads").info(
        "hello", extra={"email": CANARIES["email"], "note": CANARIES["note"], "route": "lead"}
    )
    (line,) = written.lines
    assert set(line) <= set(ALLOWED_KEYS)
    assert (line["event"], line["route"], line["level"]) == ("hello", "lead", "info")


def test_arguments_that_are_not_plain_are_named_by_type(written, world):
    logger = logging.getLogger("somebody.else")
    logger.warning("%s %r %s", ValueError(EVERYTHING), {"note": EVERYTHING}, [EVERYTHING])
    logger.warning("%(name)s failed: %(exc)s", {"name": "task", "exc": EVERYTHING})
    # pytest's own handler does not forgive what does not fit.
    with _alone():
        logger.warning("%d of %d", 1, {"x": EVERYTHING})
        logger.warning("one too many", EVERYTHING)
    logger.error(ValueError(EVERYTHING))
    logger.warning("who: %s", world.rep)
    assert [line["event"] for line in written.lines] == [
        "<ValueError> '<dict>' <list>",
        "task failed: <str>",
        "%d of %d",
        "one too many",
        "<ValueError>",
        "who: <User>",
    ]
    written.assert_silent_about_canaries()


def test_an_exception_of_the_machine_keeps_its_first_line(written):
    logger = logging.getLogger("leads")
    try:
        raise OperationalError(f"connection to 10.0.0.5 refused\nLINE 1: {EVERYTHING}")
    except OperationalError:
        logger.exception("failed")
    (line,) = written.lines
    assert line["exception"].endswith("OperationalError: connection to 10.0.0.5 refused")


def test_a_task_is_one_line_with_its_name_and_time(written):
    @shared_task(name="tests.sing")
    def sing(note):
        logging.getLogger("leads").info("singing")

    sing.apply((CANARIES["note"],), task_id="0198c0de-0000-7000-8000-000000000001")
    logging.getLogger("leads").info("afterwards")
    inside, end, afterwards = written.lines
    assert inside["task"] == end["task"] == "tests.sing"
    assert end["task_id"] == "0198c0de-0000-7000-8000-000000000001"
    assert (end["state"], end["event"]) == ("SUCCESS", "task")
    assert end["duration_ms"] >= 0
    assert "task" not in afterwards
    written.assert_silent_about_canaries()


def test_a_failed_task_keeps_quiet_about_its_arguments(written):
    @shared_task(name="tests.fall")
    def fall(note):
        fail()

    fall.apply((CANARIES["note"],))
    assert any("exception" in line for line in written.lines)
    assert written.lines[-1]["state"] == "FAILURE"
    written.assert_silent_about_canaries()


def test_no_logger_has_a_way_around_the_one_handler():
    ours = (handler for handler in logging.getLogger().handlers)
    assert any(isinstance(handler.formatter, SafeFormatter) for handler in ours)
    assert settings.LOGGING["root"]["handlers"] == ["console"]
    for name in ("django", "django.server", "django.request", "_granian", "celery", "accounts"):
        logger = logging.getLogger(name)
        assert logger.propagate, name
        assert [h for h in logger.handlers if not isinstance(h, logging.NullHandler)] == [], name


def test_debug_is_for_our_own_lines():
    made = configuration(as_json=True, level="DEBUG")
    assert made["root"]["level"] == "INFO"
    assert made["loggers"]["leads"]["level"] == "DEBUG"


@pytest.mark.parametrize(
    "secret",
    [
        "jane.doe+ads@mail.example.com",
        "jane%40example.com",
        "+49 (30) 901820-15",
        "415-555-2671",
        "14155552671",
        "ll_4f9c2a_kdjfhgkdjfhg",
        "eyJhbGciOi.eyJzdWIiOiI.c2lnbmF0dXJl",
        "EAABsbCS1iHgBAJd83ZA8kXZC",
    ],
)
def test_what_looks_like_a_person_or_a_secret_is_masked(secret):
    assert mask(f"before {secret} after") == f"before {MASK} after"


@pytest.mark.parametrize(
    "text",
    [
        "GET /x?access_token=SECRET&b=1",
        "Authorization: Bearer SECRET",
        "{'client_secret': 'SECRET'}",
        "postgresql://leadloop:SECRET@db.example.com/leadloop",
        "/accounts/password/reset/key/SECRET/",
        "oops Traceback (most recent call last):\n  ValueError: SECRET",
    ],
)
def test_a_named_secret_is_masked(text):
    assert "SECRET" not in mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "0198c0de-1111-7222-8333-444444444444 took 12.5 ms of 5000",
        "2026-11-21 08:06:37,123 at 127.0.0.1:6379",
        "Meta answers 503 for connection 42",
    ],
)
def test_what_is_needed_to_find_a_fault_stays(text):
    assert mask(text) == text
