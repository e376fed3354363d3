"""A web process works on a few requests at once, and the others wait in the order they came."""

import threading
import time

import pytest

from accounts import middleware, turns
from accounts.turns import Turns
from tests.api import one_of_everything, with_key

LONG = 30.0


def wait_until(condition):
    ends = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.001)


def test_so_many_work_at_once_and_the_others_follow_in_their_order():
    line = Turns(2)
    began, may_end = [], [threading.Event() for _n in range(6)]

    def work(number):
        assert line.take(LONG)
        began.append(number)
        may_end[number].wait(LONG)
        line.give_back()

    threads = [threading.Thread(target=work, args=[number]) for number in range(6)]
    for number, thread in enumerate(threads):
        thread.start()
        # One after the other, so that the order is known.
        wait_until(lambda number=number: len(began) + len(line._waiting) == number + 1)
    assert began == [0, 1]
    for number in (1, 0, 2, 3, 4, 5):
        count = min(len(began) + 1, 6)
        may_end[number].set()
        wait_until(lambda count=count: len(began) == count)
    for thread in threads:
        thread.join(LONG)
    assert began == [0, 1, 2, 3, 4, 5]
    assert line.take(0)
    assert line.take(0)
    assert not line.take(0)


def test_who_waited_long_enough_goes_without_a_turn_and_leaves_the_line():
    line = Turns(1)
    assert line.take(0)
    assert not line.take(0.01)
    line.give_back()
    assert line.take(0)


def test_a_turn_that_comes_in_the_last_moment_is_kept(monkeypatch):
    line = Turns(1)
    line.take(0)
    allocate = threading.Lock

    class Late:
        """Says that nothing came, while the turn comes."""

        def __init__(self):
            self._lock = allocate()

        def acquire(self, timeout=None):
            if timeout is None:
                return self._lock.acquire()
            line.give_back()
            return False

        def release(self):
            self._lock.release()

    monkeypatch.setattr(turns.threading, "Lock", Late)
    assert line.take(LONG)
    monkeypatch.undo()
    assert not line.take(0)
    line.give_back()
    assert line.take(0)


@pytest.mark.parametrize("fails", [False, True])
def test_a_request_gives_its_turn_back_whatever_happens(world, monkeypatch, fails):
    line = Turns(1)
    monkeypatch.setattr(turns, "_turns", line)
    monkeypatch.setattr(turns, "PATIENCE", 0.0)
    if fails:
        monkeypatch.setattr("leads.models.lead.LeadQuerySet.visible_to", None)
    api = with_key(world.key())
    api.client.raise_request_exception = False
    assert api.get("leads/").status_code == (500 if fails else 200)
    assert line.take(0)
    # Nobody gives back what they did not have.
    assert api.get("leads/").status_code == (500 if fails else 200)
    assert not line.take(0)


def test_who_waits_for_others_needs_no_turn(world, monkeypatch):
    monkeypatch.setattr(turns, "_turns", Turns(0))
    monkeypatch.setattr(turns, "PATIENCE", LONG)
    middleware._scoped_for.cache_clear()
    lead = one_of_everything(world).lead
    sold = {"contact_id": str(lead.contact_id), "conversion_type": "sale", "converted_by": "x"}
    began = time.monotonic()
    assert with_key(world.key()).post("conversions/log/", sold).status_code == 201
    assert time.monotonic() - began < LONG
