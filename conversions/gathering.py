"""Results that are reported one by one at the same moment are logged together.

Most of what one result costs is the statements around it, and `recording.log_many` needs as many
for thirty as for one. So the first caller of a process logs its own result at once; those that come
while it does wait, and the next of them takes along everything that waits. Nobody waits for others
to come, and each answers only after the commit that holds its own result.
"""

import logging
import threading
from collections.abc import Hashable
from dataclasses import dataclass, field

from accounts.acting import acting
from accounts.actors import Actor
from accounts.problems import ProblemError
from accounts.tenancy import scope
from conversions.recording import ConversionInput, Logged, log_conversion, log_many

logger = logging.getLogger(__name__)

MOST_TOGETHER = 100


@dataclass(eq=False)
class _Report:
    """One caller's result; `outcome` stays empty while nobody has logged it."""

    data: ConversionInput
    outcome: Logged | ProblemError | None = None


@dataclass
class _Group:
    """The callers with the same rights in the same workspace: only theirs go together."""

    writing: threading.Lock = field(default_factory=threading.Lock)
    waiting: list[_Report] = field(default_factory=list)


_groups: dict[Hashable, _Group] = {}
_groups_lock = threading.Lock()


def log_gathered(data: ConversionInput, *, actor: Actor) -> Logged:
    """`recording.log_conversion` in a transaction of its own or of its neighbours.

    Call it without a scope: it opens one. Raises what `log_conversion` raises; what is wrong with
    a neighbour's result is the neighbour's business.
    """
    report = _Report(data)
    group = _group_of(actor)
    with _groups_lock:
        group.waiting.append(report)
    with group.writing:
        if report.outcome is None:
            _log_waiting(group, report, actor)
        if report.outcome is None:
            # Nobody else waits, or what waited could not be logged together.
            with scope(actor.own_workspace.pk):
                return log_conversion(data, actor=actor)
    if isinstance(report.outcome, ProblemError):
        raise report.outcome
    return report.outcome


def _group_of(actor: Actor) -> _Group:
    who = actor.user or actor.api_key
    rights = (actor.own_workspace.pk, actor.via, actor.role, actor.permissions)
    with _groups_lock:
        return _groups.setdefault((who and who.pk, *rights), _Group())


def _log_waiting(group: _Group, own: _Report, actor: Actor) -> None:
    """Log the caller's report with those that wait; leaves no outcome when alone or in trouble."""
    with _groups_lock:
        if own not in group.waiting:
            # It was in a group that failed.
            return
        group.waiting.remove(own)
        others = group.waiting[: MOST_TOGETHER - 1]
        del group.waiting[: len(others)]
    if not others:
        return
    together = dict(enumerate([own, *others]))
    try:
        # Several requests: the history names whose key it was, and no single one of them.
        with acting(actor), scope(actor.own_workspace.pk):
            outcomes = log_many({n: one.data for n, one in together.items()}, actor=actor)
    except Exception:
        logger.exception("%d results could not be logged together", len(together))
        return
    for n, outcome in outcomes.items():
        together[n].outcome = outcome
