"""How a connection is doing, after calls that went one way or another."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone

from integrations import health
from integrations.contracts import Outcome
from integrations.models import Connection


@dataclass
class Result:
    outcome: str
    explanation: str = "Slow down."
    retry_after: float | None = None
    whole_call: bool = True


@pytest.fixture
def connection(world):
    with world.scope():
        row = Connection(workspace=world.home, provider="meta", name="Meta")
        row.secrets = {"access_token": "secret"}
        row.save()
        yield row


def test_trouble_beside_an_answer_pauses_and_is_no_failure_of_the_connection(connection):
    now = timezone.now()
    connection.consecutive_failures = 2
    connection.save()
    results = [
        Result(Outcome.ACCEPTED, whole_call=False),
        Result("throttled", retry_after=60.0),
    ]
    health.note(connection, results, now=now)
    connection.refresh_from_db()
    assert connection.consecutive_failures == 0
    assert connection.paused_until == now + timedelta(seconds=60)
    assert connection.last_error == "Slow down."


def test_each_state_has_its_word_and_trouble_is_found(connection):
    now = timezone.now()

    def seen(**fields):
        for name, value in fields.items():
            setattr(connection, name, value)
        connection.save()
        troubled = Connection.objects.filter(health.in_trouble(now)).exists()
        return health.state(connection, now), troubled

    assert seen() == ("untried", False)
    assert seen(last_success_at=now) == ("ok", False)
    assert seen(consecutive_failures=1) == ("failing", True)
    assert seen(paused_until=now + timedelta(minutes=1)) == ("paused", True)
    assert seen(is_active=False) == ("off", False)
    connection.secrets = {}
    assert seen(is_active=True)[0] == "dry_run"
