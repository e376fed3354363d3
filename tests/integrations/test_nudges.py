"""Hints to workers: one per kind of work until it is taken; nobody is kept waiting by them."""

import pytest
from celery import current_app
from django.core.cache import cache

from integrations import failpoints, nudges

TASK = "tests.some_task"


@pytest.fixture
def sent(monkeypatch):
    """What reached the queue."""
    messages = []

    def send_task(name, arguments=(), **_options):
        messages.append((name, *arguments))

    monkeypatch.setattr(current_app, "send_task", send_task)
    monkeypatch.setattr(nudges, "_silent_until", 0.0)
    for arguments in ((), ("one",), ("two",)):
        nudges.taken(TASK, *arguments)
    return messages


def test_many_hints_before_a_worker_comes_are_one(sent):
    for _change in range(5):
        nudges.nudge(TASK)
    assert sent == [(TASK,)]


def test_a_change_after_the_hint_was_taken_needs_another(sent):
    nudges.nudge(TASK)
    nudges.taken(TASK)
    nudges.nudge(TASK)
    assert sent == [(TASK,)] * 2


def test_hints_about_different_things_are_different(sent):
    nudges.nudge(TASK, "one")
    nudges.nudge(TASK, "two")
    nudges.nudge(TASK, "one")
    assert sent == [(TASK, "one"), (TASK, "two")]


def test_a_cache_without_redis_holds_no_hint_back(sent, monkeypatch):
    monkeypatch.setattr(cache, "add", lambda *_arguments: True)
    nudges.nudge(TASK)
    nudges.nudge(TASK)
    assert len(sent) == 2


def test_when_the_queue_refuses_nobody_tries_for_a_moment(monkeypatch, sent):
    tried = []

    def refuse(*arguments, **_options):
        tried.append(arguments)
        raise OSError

    monkeypatch.setattr(current_app, "send_task", refuse)
    for _change in range(3):
        nudges.nudge(TASK)
        nudges.taken(TASK)
    assert len(tried) == 1


def test_a_failpoint_ends_the_process_only_where_it_is_named(settings, monkeypatch):
    killed = []
    monkeypatch.setattr(failpoints.os, "kill", lambda *arguments: killed.append(arguments))
    failpoints.reached("after-commit-before-nudge")
    settings.FAILPOINT = "elsewhere"
    failpoints.reached("after-commit-before-nudge")
    assert not killed
    settings.FAILPOINT = "after-commit-before-nudge"
    failpoints.reached("after-commit-before-nudge")
    assert len(killed) == 1
