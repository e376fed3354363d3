"""Working imports off: a batch a transaction, in the order of the rows, from where it stood.

As `leads.bulk.job_runs` works jobs: a worker leases an import, commits each batch with the position
behind it and only under its own lease, so that each row is dealt with once, whoever dies or comes
back late. A row on which a batch breaks is found by ever smaller batches, and passed over.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.acting import acting
from accounts.actors import Actor
from accounts.bulk import insert_rows
from accounts.ids import first_id_at
from accounts.problems import ProblemError
from accounts.tenancy import scope, system_scope
from campaigns.imports import imports, mapping, reading, taking, undoing
from campaigns.imports.batches import Row, results
from campaigns.imports.dry_run import DryRun
from campaigns.imports.values import Understood
from campaigns.models import Import, ImportChunk, ImportResult, ImportRow
from leads.bulk.job_runs import actor_of

logger = logging.getLogger(__name__)

BATCH = 500
# Longer than a batch takes; whoever is silent for so long has died.
LEASE = timedelta(seconds=90)
# A file is read in one go.
READING_LEASE = timedelta(minutes=10)
SLICE_SECONDS = 8.0
MOST_ATTEMPTS = 5
FIRST_RETRY = timedelta(seconds=5)
# After that an import cannot be undone any more, and its rows are dropped.
ROWS_KEPT_FOR = timedelta(days=90)

_REFUSALS = (ProblemError, PermissionDenied)
_UNREACHABLE = (OperationalError, InterfaceError)
_Work = Import.Work
_Status = Import.Status


class LeaseLost(Exception):
    """Another worker has it, or it was asked for something else: this batch is undone."""


def work_off(
    *, batch: int = BATCH, slice_seconds: float = SLICE_SECONDS, until: float | None = None
) -> int:
    """Work on what is due, one import after the other; returns how many rows were dealt with."""
    dealt = 0
    while (row := _claim()) is not None:
        dealt += _Worker(row, batch, time.monotonic() + slice_seconds).work()
        if until is not None and time.monotonic() > until:
            break
    return dealt


def _claim() -> Import | None:
    now = timezone.now()
    with system_scope():
        due = Import.objects.with_work().filter(due_at__lte=now).order_by("due_at", "id")
        due = due.select_related("workspace", "user", "lead_list", "campaign")
        row: Import | None = due.select_for_update(
            skip_locked=True, no_key=True, of=("self",)
        ).first()
        if row is None:
            return None
        row.take_up(until=now + (READING_LEASE if row.work == _Work.READ else LEASE))
    return row


class _Worker:
    """One import, for a slice of time."""

    def __init__(self, row: Import, batch: int, ends: float) -> None:
        self.row = row
        self.size = self.most = batch
        self.ends = ends
        self.dry_run = DryRun()
        self.dealt = 0
        self.has_begun = False

    def work(self) -> int:
        if self.row.attempts > MOST_ATTEMPTS:
            self._stop(_("A worker broke off at the same place again and again."))
            return 0
        while True:
            try:
                is_last = self._step()
            except LeaseLost:
                break
            except _REFUSALS as error:
                self._stop(error.detail if isinstance(error, ProblemError) else str(error))
                break
            except _UNREACHABLE as error:
                logger.warning("import %s was interrupted: %s", self.row.pk, type(error).__name__)
                wait = FIRST_RETRY * 2 ** (self.row.attempts - 1)
                self._settle(due_at=timezone.now() + wait, lease_token=None)
                break
            except Exception as error:
                if self.size > 1 and self.row.work != _Work.READ:
                    self.size = max(1, self.size // 8)
                    continue
                logger.exception("import %s passes a row over", self.row.pk)
                if not self._pass_over(error):
                    break
                continue
            self.size = min(self.most, self.size * 2)
            if is_last:
                break
            # What a dry run remembers of the rows before is lost with its worker.
            if time.monotonic() > self.ends and self.row.work != _Work.CHECK:
                self._settle(due_at=timezone.now(), lease_token=None)
                break
        return self.dealt

    def _step(self) -> bool:
        """The next batch, in one transaction; returns whether it was the last."""
        actor: Actor = actor_of(self.row)
        with acting(actor), scope(self.row.workspace_id):
            row = self._mine()
            work = row.work
            if work == _Work.READ:
                self._read(row, actor)
                is_last = True
            else:
                if work == _Work.CHECK and not self.has_begun:
                    self.dry_run.begin(row)
                perform = self._performer(work)
                count = perform(row, actor, self.size)
                # What comes after all rows is a transaction of its own.
                is_last = count == 0
                self.dealt += count
                if is_last:
                    _finish(row, actor)
            self._keep(row)
        self.has_begun = True
        self.row.attempts = 1
        return is_last

    def _performer(self, work: str) -> Callable[[Import, Actor, int], int]:
        if work == _Work.CHECK:
            return self.dry_run.batch
        return taking.batch if work == _Work.RUN else undoing.batch

    def _read(self, row: Import, actor: Actor) -> None:
        reading.read_into_rows(row, reading.chunks_of(row))
        ImportChunk.objects.in_workspace(row.workspace_id).filter(parent=row).delete()
        mapping.suggest(row)
        row.work = _Work.NONE
        if row.options.get("auto"):
            imports.accept_guess(row, actor=actor)

    def _mine(self) -> Import:
        rows = Import.objects.in_workspace(self.row.workspace_id)
        rows = rows.select_related("workspace", "lead_list", "campaign")
        found: Import | None = rows.filter(
            pk=self.row.pk, lease_token=self.row.lease_token, work=self.row.work
        ).first()
        if found is None:
            raise LeaseLost
        return found

    def _keep(self, row: Import) -> None:
        """Write how far it is, if it is still this worker's."""
        goes_on = row.work == self.row.work
        mine = Import.objects.in_workspace(row.workspace_id).filter(
            pk=row.pk, lease_token=self.row.lease_token, work=self.row.work
        )
        names = (
            *("kind", "status", "work", "file_facts", "headers", "samples", "mapping", "options"),
            *("lead_list", "total", "position", "created", "updated", "skipped", "failed"),
            *("foreseen", "undone", "error", "started_at", "finished_at"),
        )
        kept = mine.update(
            **{name: getattr(row, name) for name in names},
            attempts=1 if goes_on else 0,
            due_at=timezone.now() + (LEASE if goes_on else timedelta()),
            lease_token=self.row.lease_token if goes_on else None,
            updated_at=timezone.now(),
        )
        if not kept:
            raise LeaseLost

    def _pass_over(self, error: Exception) -> bool:
        """Leave the next row out and say why; False when not even that is possible."""
        name = type(error).__name__
        try:
            with scope(self.row.workspace_id):
                row = self._mine()
                if row.work in (_Work.CHECK, _Work.RUN):
                    _leave_out(row, name)
                    self._keep(row)
                    self.dealt += 1
                    return True
        except LeaseLost:
            return False
        except Exception:
            logger.exception("import %s cannot go on", self.row.pk)
        self._stop(_("Something went wrong (%(error)s).") % {"error": name})
        return False

    def _stop(self, why: str) -> None:
        """It cannot go on by itself; somebody may run it again or undo it."""
        was_trying = self.row.work == _Work.CHECK
        if self.row.work == _Work.READ:
            with scope(self.row.workspace_id):
                self.row.chunks.all().delete()
        self._settle(
            status=_Status.UPLOADED if was_trying else _Status.FAILED,
            work=_Work.NONE,
            error=why[:2000],
            finished_at=None if was_trying else timezone.now(),
            lease_token=None,
        )

    def _settle(self, **columns: object) -> None:
        with scope(self.row.workspace_id):
            mine = Import.objects.in_workspace(self.row.workspace_id).filter(
                pk=self.row.pk, lease_token=self.row.lease_token
            )
            mine.update(**columns, updated_at=timezone.now())


def _leave_out(row: Import, name: str) -> None:
    rows = ImportRow.objects.in_workspace(row.workspace_id).filter(parent=row)
    following = rows.filter(number__gt=row.position).order_by("number").first()
    if following is None:
        return
    message = _("Something went wrong here (%(error)s); this row was left out.")
    told = Understood(errors=[("", "unexpected", message % {"error": name})])
    is_run = row.work == _Work.RUN
    phase = ImportResult.Phase.RUN if is_run else ImportResult.Phase.CHECK
    insert_rows(results(row, [Row(following.number, told)], phase))
    if is_run:
        row.failed += 1
    else:
        row.foreseen["errors"] = row.foreseen.get("errors", 0) + 1
    row.position = following.number


def _finish(row: Import, actor: Actor) -> None:
    """What the work that has come to its end was for."""
    if row.work == _Work.CHECK:
        row.status = _Status.READY
    elif row.work == _Work.RUN:
        taking.finish(row, actor)
        row.status = _Status.COMPLETED
        row.finished_at = timezone.now()
    elif row.work == _Work.UNDO:
        row.status = _Status.UNDONE
        row.finished_at = timezone.now()
    row.work = _Work.NONE


def forget_rows() -> int:
    """Drop the rows of a batch of imports of long ago; returns how many imports these were."""
    before = first_id_at(timezone.now() - ROWS_KEPT_FOR)
    with system_scope():
        old = list(
            Import.objects.filter(pk__lt=before, work="", rows__isnull=False)
            .order_by("pk")
            .values_list("pk", "workspace_id")
            .distinct()[:10]
        )
    for pk, workspace_id in old:
        with scope(workspace_id):
            ImportRow.objects.in_workspace(workspace_id).filter(parent=pk).delete()
    return len(old)
