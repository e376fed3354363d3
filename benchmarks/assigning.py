"""Leads without an owner, given to whose turn it is: many in one go, and one after the other."""

import time
from collections import Counter
from collections.abc import Iterator
from uuid import UUID

from accounts.actors import Actor, system_actor
from accounts.models import Workspace
from accounts.tenancy import scope
from benchmarks.results import Result
from leads.assigning import auto_assignment
from leads.models import Lead

MANY, ONE_BY_ONE = 5_000, 200
# As a bulk job takes them.
BATCH = 500


def measure(workspace: Workspace) -> Iterator[Result]:
    """What automatic assignment gives in a second, beside a bare UPDATE of the same column."""
    actor = system_actor(workspace)
    with scope(workspace.pk):
        open_leads = Lead.objects.in_workspace(workspace.pk).open().order_by("-pk")
        chosen = list(open_leads.values_list("pk", flat=True)[: MANY + ONE_BY_ONE])
        began = time.perf_counter()
        Lead.objects.filter(pk__in=chosen).update(assigned_to=None)
        least = len(chosen) / (time.perf_counter() - began)
    many, few = chosen[:-ONE_BY_ONE], chosen[-ONE_BY_ONE:]
    for what, ids, size in (("in batches", many, BATCH), ("one by one", few, 1)):
        began = time.perf_counter()
        for start in range(0, len(ids), size):
            _assign(workspace, actor, ids[start : start + size])
        took = time.perf_counter() - began
        given = _given(workspace, ids)
        spread = max(given.values()) - min(given.values()) if given else 0
        yield Result(
            f"automatic assignment, {what}",
            f"{given.total() / took:,.0f} leads/s",
            beside=(
                f"{given.total():,} of {len(ids):,} given to {len(given)} members, the fewest and"
                f" the most {spread} apart; bare UPDATE: {least:,.0f} rows/s"
            ),
        )


def _assign(workspace: Workspace, actor: Actor, ids: list[UUID]) -> None:
    with scope(workspace.pk):
        if len(ids) == 1:
            auto_assignment.auto_assign(ids[0], actor=actor)
        else:
            auto_assignment.auto_assign_many(ids, actor=actor)


def _given(workspace: Workspace, ids: list[UUID]) -> Counter[UUID]:
    """How many each member got."""
    with scope(workspace.pk):
        owned = Lead.objects.in_workspace(workspace.pk).filter(pk__in=ids)
        return Counter(owned.exclude(assigned_to=None).values_list("assigned_to", flat=True))
