"""Working imports off: a batch of rows a step, in the order of the rows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.bulk import insert_rows
from accounts.ids import first_id_at
from accounts.models import TenantQuerySet
from accounts.tenancy import scope, system_scope
from campaigns.imports import imports, mapping, reading, taking, undoing
from campaigns.imports.batches import Row, results
from campaigns.imports.dry_run import DryRun
from campaigns.imports.values import Understood
from campaigns.models import Import, ImportChunk, ImportResult, ImportRow
from leads.background_runs import SLICE_SECONDS, Run, work_through

BATCH = 500
# Longer than a batch takes; whoever is silent for so long has died.
LEASE = timedelta(seconds=90)
# A file is read in one go.
READING_LEASE = timedelta(minutes=10)
# After that an import cannot be undone any more, and its rows are dropped.
ROWS_KEPT_FOR = timedelta(days=90)

_Work = Import.Work
_Status = Import.Status
_PROGRESS = (
    *("kind", "status", "work", "file_facts", "headers", "samples", "mapping", "options"),
    *("lead_list", "total", "position", "created", "updated", "skipped", "failed"),
    *("foreseen", "undone", "error", "started_at", "finished_at"),
)


def work_off(
    *, batch: int = BATCH, slice_seconds: float = SLICE_SECONDS, until: float | None = None
) -> int:
    """Work on the imports that are due, as `work_through` says."""
    return work_through(ImportRun, most=batch, slice_seconds=slice_seconds, until=until)


class ImportRun(Run[Import]):
    related = ("lead_list", "campaign")

    def __init__(self, row: Import, most: int, ends: float) -> None:
        super().__init__(row, most, ends)
        self.narrows = row.work != _Work.READ
        self.dry_run = DryRun()
        self.has_begun = False

    @staticmethod
    def waiting() -> TenantQuerySet:
        rows = Import.objects.with_work()
        return rows.select_related("workspace", "user", "lead_list", "campaign")

    @staticmethod
    def lease_of(row: Import) -> timedelta:
        return READING_LEASE if row.work == _Work.READ else LEASE

    def unchanged(self) -> dict[str, Any]:
        return {"work": self.row.work}

    def may_pause(self) -> bool:
        # What a dry run remembers of the rows before is lost with its worker.
        return self.row.work != _Work.CHECK

    def step(self, current: Import, actor: Actor) -> bool:
        if current.work == _Work.READ:
            _read(current, actor)
            is_last = True
        else:
            if current.work == _Work.CHECK and not self.has_begun:
                self.dry_run.begin(current)
            count = self._performer(current.work)(current, actor, self.size)
            # What comes after all rows is a transaction of its own.
            is_last = count == 0
            self.dealt += count
            if is_last:
                _finish(current, actor)
        self._write(current)
        self.has_begun = True
        return is_last

    def _performer(self, work: str) -> Callable[[Import, Actor, int], int]:
        if work == _Work.CHECK:
            return self.dry_run.batch
        return taking.batch if work == _Work.RUN else undoing.batch

    def _write(self, current: Import) -> None:
        self.keep(current, *_PROGRESS, goes_on=current.work == self.row.work)

    def pass_over(self, why: str) -> bool:
        with scope(self.row.workspace_id):
            current = self.current()
            if current.work not in (_Work.CHECK, _Work.RUN):
                return False
            _leave_out(current, why)
            self._write(current)
        return True

    def stop(self, why: str) -> None:
        """Somebody may run it again or undo it."""
        was_trying = self.row.work == _Work.CHECK
        if self.row.work == _Work.READ:
            with scope(self.row.workspace_id):
                self.row.chunks.all().delete()
        self.settle(
            status=_Status.UPLOADED if was_trying else _Status.FAILED,
            work=_Work.NONE,
            error=why[:2000],
            finished_at=None if was_trying else timezone.now(),
            lease_token=None,
        )


def _read(row: Import, actor: Actor) -> None:
    reading.read_into_rows(row, reading.chunks_of(row))
    ImportChunk.objects.in_workspace(row.workspace_id).filter(parent=row).delete()
    mapping.suggest(row)
    row.work = _Work.NONE
    if row.options.get("auto"):
        imports.accept_guess(row, actor=actor)


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
