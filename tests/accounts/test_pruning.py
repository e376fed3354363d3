"""What is kept for a while and then dropped: sessions, answers, and deletion in batches."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import sessions, tasks
from accounts.ids import first_id_at, new_id
from accounts.models import StoredAnswer
from accounts.pruning import delete_all


@pytest.fixture
def expired(db):
    now = timezone.now()
    return Session.objects.bulk_create(
        Session(session_key=f"old{n}", session_data="", expire_date=now - timedelta(days=1 + n))
        for n in range(7)
    )


def test_only_sessions_that_ended_go(client, world, expired):
    client.force_login(world.rep)
    assert sessions.forget_expired() == 7
    assert Session.objects.count() == 1
    assert client.get("/w/home/leads/").status_code == 200


def test_batches_are_single_statements_that_read_no_rows(expired):
    rows = Session.objects.order_by("expire_date")
    with CaptureQueriesContext(connection) as captured:
        assert delete_all(rows, batch=3) == 7
    assert [query["sql"].split()[0] for query in captured] == ["DELETE"] * 3
    assert not Session.objects.exists()


def test_the_tasks_drop_what_is_old(world, expired):
    day_ago = timezone.now() - timedelta(days=1, minutes=1)
    for key, age in (("old", day_ago), ("new", timezone.now())):
        StoredAnswer.objects.create(
            owner_id=world.home.pk, key=key, fingerprint="f", status=201, created_at=age
        )
    tasks.forget_old_answers()
    tasks.forget_expired_sessions()
    assert list(StoredAnswer.objects.values_list("key", flat=True)) == ["new"]
    assert not Session.objects.exists()


def test_the_first_id_of_a_moment_lies_between_its_neighbours():
    before = timezone.now() - timedelta(milliseconds=2)
    made = new_id()
    after = timezone.now() + timedelta(milliseconds=2)
    assert first_id_at(before) < made < first_id_at(after)
    assert first_id_at(before).version == 7
