"""The figures of a period: where its leads stand, how far they came, how long it took.

A period is about the leads that came in on its days, in the workspace's time zone, whatever became
of them since. A small one is counted when asked for. A large one is added up from counted days
(`leads.measuring.metrics_rollup`): its counts and averages are exact as of `as_of`, its medians and
p90 are within 2.5 %, and `exact` says so.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.actors import Actor
from accounts.local_days import start_of
from accounts.models import Workspace
from accounts.permissions import Permission
from leads.measuring import metrics_rollup
from leads.measuring.metrics_facts import facts, number_up_to
from leads.measuring.metrics_tally import Counted, Tally, counted_cells, summed


@dataclass(frozen=True)
class Question:
    """Of which leads. None: whatever; an `owner` of "" means those that are nobody's."""

    workspace: Workspace
    since: date | None = None
    until: date | None = None
    source: str | None = None
    owner: str | None = None

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.workspace.time_zone)

    @property
    def before(self) -> "Question | None":
        """The same of as many days right before; None where the period has no beginning or end."""
        if self.since is None or self.until is None:
            return None
        length = self.until - self.since + timedelta(days=1)
        if (self.since - date.min) <= length:
            return None
        return replace(self, since=self.since - length, until=self.since - timedelta(days=1))

    @property
    def conditions(self) -> dict[str, Any]:
        """For `leads.measuring.metrics_facts`."""
        end = None if self.until is None else self.until + timedelta(days=1)
        return {
            "workspace_id": self.workspace.pk,
            "since": None if self.since is None else start_of(self.since, self.zone),
            "before": None if end is None else start_of(end, self.zone),
            "source": self.source,
            "owner": self.owner,
        }


@dataclass(frozen=True)
class Figures:
    """`before` is the tally of as many days before the period, where it has a beginning and end.

    `as_of`: what changed until then is in it. `exact`: whether medians and p90 are, too.
    """

    question: Question
    total: Tally
    by_source: dict[str, Tally]
    by_owner: dict[str, Tally]
    before: Tally | None
    as_of: datetime
    exact: bool


def sees_all(actor: Actor) -> bool:
    """Whether the actor is told of everybody's leads: a key reads all of them anyway."""
    return actor.user is None or actor.can(Permission.METRICS_ALL)


def question(
    actor: Actor,
    *,
    since: date | None = None,
    until: date | None = None,
    source: str | None = None,
    owner: UUID | str | None = None,
) -> Question:
    """What the actor may ask: who is no manager asks about leads of their own.

    Raises `PermissionRefused` for somebody else's.
    """
    actor.require(Permission.VIEW)
    whose = None if owner is None else str(owner)
    if actor.user is not None and not sees_all(actor):
        if whose not in (None, str(actor.user.pk)):
            actor.require(Permission.METRICS_ALL)
        whose = str(actor.user.pk)
    return Question(actor.own_workspace, since, until, source, whose)


def measure(asked: Question) -> Figures:
    """The figures; a fixed number of queries, however many leads there are."""
    before = asked.before
    widest = asked if before is None else replace(asked, since=before.since)
    most = metrics_rollup.COUNTED_LIVE
    if widest.owner is not None:
        # An index has a person's leads; which of them are of a source, only the rows know.
        widest = replace(widest, source=None)
    if number_up_to(most + 1, **widest.conditions) > most:
        # Asked first: what is counted meanwhile is more than what is promised.
        as_of = metrics_rollup.counted_until(asked.workspace.pk)
        if as_of is not None:
            counted = _added_up(asked, with_parts=True)
            past = None if before is None else _added_up(before, with_parts=False)
            return _figures(asked, counted, past, as_of=as_of, exact=False)
    now = timezone.now()
    past = None if before is None else _counted(before)
    return _figures(asked, _counted(asked), past, as_of=now, exact=True)


def _counted(asked: Question) -> Counted:
    return summed(counted_cells(facts(**asked.conditions), exact=True), exact=True)


def _added_up(asked: Question, *, with_parts: bool) -> Counted:
    return metrics_rollup.added_up(
        asked.workspace.pk,
        since=asked.since,
        until=asked.until,
        source=asked.source,
        owner=asked.owner,
        with_parts=with_parts,
    )


def _figures(
    asked: Question, counted: Counted, before: Counted | None, *, as_of: datetime, exact: bool
) -> Figures:
    return Figures(
        question=asked,
        total=counted.total,
        by_source=counted.by_source,
        by_owner=counted.by_owner,
        before=before.total if before is not None else None,
        as_of=as_of,
        exact=exact,
    )
