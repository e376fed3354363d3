"""Working off what `BackgroundWork` rows ask for: step by step, from where it stood.

A worker leases a row for a slice of time, then lets the others have their turn. A step is one
transaction: it commits with the position behind it, and only under its worker's own lease, so that
each lead or row is dealt with once, whoever dies or comes back late. A lead on which a step breaks
is found by ever smaller steps, and passed over with its error.
"""

import logging
import time
from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.acting import acting
from accounts.actors import Actor, key_actor
from accounts.middleware import member_actor
from accounts.models import ApiKey, TenantQuerySet
from accounts.problems import ProblemError
from accounts.tenancy import scope, system_scope
from leads.errors import LeadError
from leads.models import BackgroundWork

logger = logging.getLogger(__name__)

# Much longer than a step takes; whoever is silent for so long has died.
LEASE = timedelta(seconds=60)
SLICE_SECONDS = 8.0
# So many times in a row without a step that was finished.
MOST_ATTEMPTS = 5
FIRST_RETRY = timedelta(seconds=5)

_REFUSALS = (ProblemError, PermissionDenied)
_UNREACHABLE = (OperationalError, InterfaceError)

Work = TypeVar("Work", bound=BackgroundWork)


class LeaseLost(Exception):
    """Somebody stopped it or asked for something else, or another worker has it: undo the step."""


class Run(ABC, Generic[Work]):
    """One row, worked on by one worker for a slice of time."""

    # What a step reads beside the row.
    related: tuple[str, ...] = ()
    # Whether a step that breaks is tried with fewer leads.
    narrows = True

    def __init__(self, row: Work, most: int, ends: float) -> None:
        self.row = row
        self.size = self.most = most
        self.ends = ends
        self.dealt = 0

    @staticmethod
    @abstractmethod
    def waiting() -> TenantQuerySet:
        """The rows of all workspaces that are to be worked on, now or later."""

    @staticmethod
    def lease_of(row: Any) -> timedelta:
        return LEASE

    @staticmethod
    def taken_up(row: Any, now: datetime) -> dict[str, Any]:
        """The columns to set with the lease."""
        return {}

    @abstractmethod
    def unchanged(self) -> dict[str, Any]:
        """The columns that say that it is still to be done as when it was leased."""

    @abstractmethod
    def step(self, current: Work, actor: Actor) -> bool:
        """Do the next `size`, count them into `dealt`; returns whether these were the last.

        Ends with `keep`. Runs in one transaction, in the row's workspace.
        """

    @abstractmethod
    def stop(self, why: str) -> None:
        """It cannot go on by itself."""

    def pass_over(self, why: str) -> bool:
        """Leave out the next one and keep why; False when nothing can be left out."""
        return False

    def may_pause(self) -> bool:
        return True

    def work(self) -> int:
        """Step after step until the slice or the work ends; returns how many were dealt with."""
        if self.row.attempts > MOST_ATTEMPTS:
            self.stop(_("A worker broke off at the same place again and again."))
            return 0
        while self._goes_on():
            pass
        return self.dealt

    def _goes_on(self) -> bool:
        try:
            is_last = self._step()
        except LeaseLost:
            return False
        except _REFUSALS as error:
            self.stop(error.detail if isinstance(error, ProblemError) else str(error))
            return False
        except _UNREACHABLE as error:
            logger.warning("%s was interrupted: %s", self._name, type(error).__name__)
            wait = FIRST_RETRY * 2 ** (self.row.attempts - 1)
            self.settle(due_at=timezone.now() + wait, lease_token=None)
            return False
        except Exception as error:
            if self.narrows and self.size > 1:
                self.size = max(1, self.size // 8)
                return True
            logger.exception("%s broke", self._name)
            return self._passed_over(error)
        self.row.attempts = 1
        self.size = min(self.most, self.size * 2)
        if is_last:
            return False
        if time.monotonic() > self.ends and self.may_pause():
            self.settle(due_at=timezone.now(), lease_token=None)
            return False
        return True

    @property
    def _name(self) -> str:
        return f"{self.row._meta.model_name} {self.row.pk}"

    def _step(self) -> bool:
        actor = actor_of(self.row)
        with acting(actor), scope(self.row.workspace_id):
            return self.step(self.current(), actor)

    def _passed_over(self, error: Exception) -> bool:
        name = type(error).__name__
        try:
            if self.pass_over(name):
                self.dealt += 1
                return True
        except LeaseLost:
            return False
        except Exception:
            logger.exception("%s cannot go on", self._name)
        self.stop(_("Something went wrong (%(error)s).") % {"error": name})
        return False

    def mine(self) -> TenantQuerySet:
        """The row, as long as it is this worker's."""
        everybodys: Any = type(self.row)._default_manager.all()
        rows = everybodys.in_workspace(self.row.workspace_id)
        return rows.filter(pk=self.row.pk, lease_token=self.row.lease_token, **self.unchanged())

    def current(self) -> Work:
        """The row as it stands now; raises `LeaseLost`."""
        found: Work | None = self.mine().select_related("workspace", *self.related).first()
        if found is None:
            raise LeaseLost
        return found

    def keep(self, current: Work, *columns: str, goes_on: bool) -> None:
        """Write how far it is; raises `LeaseLost` when it is not this worker's any more."""
        kept = self.mine().update(
            **{name: getattr(current, name) for name in columns},
            attempts=1 if goes_on else 0,
            due_at=timezone.now() + (self.lease_of(current) if goes_on else timedelta()),
            lease_token=self.row.lease_token if goes_on else None,
            updated_at=timezone.now(),
        )
        if not kept:
            raise LeaseLost

    def settle(self, **columns: object) -> bool:
        """Write these columns; False when it is not this worker's any more."""
        with scope(self.row.workspace_id):
            return bool(self.mine().update(**columns, updated_at=timezone.now()))


def work_through(
    run: type[Run[Any]], *, most: int, slice_seconds: float, until: float | None
) -> int:
    """Work on what is due, row by row in turn; returns how many leads or rows were dealt with.

    Safe beside itself. Stops with the slice that ends after `until` (`time.monotonic`).
    """
    dealt = 0
    while (row := lease_first(run)) is not None:
        dealt += run(row, most, time.monotonic() + slice_seconds).work()
        if until is not None and time.monotonic() > until:
            break
    return dealt


def lease_first(run: type[Run[Work]]) -> Work | None:
    """Lease the row that has waited longest."""
    now = timezone.now()
    with system_scope():
        due = run.waiting().filter(due_at__lte=now).order_by("due_at", "id")
        row: Work | None = due.select_for_update(
            skip_locked=True, no_key=True, of=("self",)
        ).first()
        if row is not None:
            row.take_up(until=now + run.lease_of(row), **run.taken_up(row, now))
    return row


class AskedFor(Protocol):
    """What remembers who asked for it, to be done as them."""

    user: Any
    api_key_id: Any
    workspace: Any
    workspace_id: Any
    created_by: Any
    via: Any


def actor_of(row: AskedFor) -> Actor:
    """Whoever asked, with what they may do by now; raises `LeadError` when that is nothing."""
    actor: Actor | None = None
    if row.user is not None and row.user.is_active:
        actor = member_actor(row.user, str(row.workspace_id), via=row.via)
    elif row.api_key_id is not None:
        live = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
        keys = ApiKey.objects.filter(live, pk=row.api_key_id, revoked_at__isnull=True)
        key = keys.first()
        actor = key_actor(key, row.workspace) if key else None
    if actor is None:
        message = _("%(who)s asked for this, and has no access to this workspace any more.")
        raise LeadError(message % {"who": row.created_by or _("Somebody")})
    return actor
