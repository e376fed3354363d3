"""Making the files that were asked for: a portion of rows a transaction, from where it stood.

A portion commits as a piece of the file, with the lead it ends with, and only under its worker's
lease: whoever dies or comes back late, the file has each row once.
"""

import logging
import time
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.acting import acting
from accounts.ids import first_id_at
from accounts.permissions import Permission
from accounts.problems import ProblemError
from accounts.pruning import delete_batch
from accounts.tenancy import scope, system_scope
from campaigns.exports.export_news import tell
from campaigns.exports.exports import KEPT_FOR
from campaigns.exports.files import WRITERS
from campaigns.exports.rows import Reader, question_of
from campaigns.models import Export, ExportChunk
from leads.bulk.job_runs import LeaseLost, actor_of

logger = logging.getLogger(__name__)

PORTION = 2_000
# Much longer than a portion takes; whoever is silent for so long has died.
LEASE = timedelta(seconds=60)
SLICE_SECONDS = 8.0
# So many times in a row without a portion that was finished.
MOST_ATTEMPTS = 5
FIRST_RETRY = timedelta(seconds=5)
# Who exported what can be looked up for so long; the files are gone long before.
REMEMBERED_FOR = timedelta(days=365)

_REFUSALS = (ProblemError, PermissionDenied)
_UNREACHABLE = (OperationalError, InterfaceError)


def work_off(
    *, portion: int = PORTION, slice_seconds: float = SLICE_SECONDS, until: float | None = None
) -> int:
    """Work on what is due, export by export in turn; returns how many rows were written."""
    written = 0
    while (export := _claim()) is not None:
        written += _work_on(export, portion=portion, ends=time.monotonic() + slice_seconds)
        if until is not None and time.monotonic() > until:
            break
    return written


def _claim() -> Export | None:
    """Lease the export that has waited longest."""
    now = timezone.now()
    with system_scope():
        due = Export.objects.unfinished().filter(due_at__lte=now).order_by("due_at", "id")
        due = due.select_related("workspace", "user")
        row: Export | None = due.select_for_update(
            skip_locked=True, no_key=True, of=("self",)
        ).first()
        if row is None:
            return None
        row.take_up(
            until=now + LEASE, status=Export.Status.RUNNING, started_at=row.started_at or now
        )
    return row


def _work_on(export: Export, *, portion: int, ends: float) -> int:
    written = 0
    if export.attempts > MOST_ATTEMPTS:
        _stop(export, _("A worker broke off at the same place again and again."))
        return 0
    while True:
        try:
            count, is_last = _run_portion(export, portion)
        except LeaseLost:
            return written
        except _REFUSALS as error:
            _stop(export, error.detail if isinstance(error, ProblemError) else str(error))
            return written
        except _UNREACHABLE as error:
            logger.warning("export %s was interrupted: %s", export.pk, type(error).__name__)
            _leave(export, due_at=timezone.now() + FIRST_RETRY * 2 ** (export.attempts - 1))
            return written
        except Exception as error:
            logger.exception("export %s cannot go on", export.pk)
            name = type(error).__name__
            _stop(export, _("Something went wrong (%(error)s).") % {"error": name})
            return written
        written += count
        if is_last:
            return written
        if time.monotonic() > ends:
            _leave(export, due_at=timezone.now())
            return written


def _run_portion(export: Export, size: int) -> tuple[int, bool]:
    """The next rows as the next piece; returns how many these were, and whether the last."""
    actor = actor_of(export)
    with acting(actor), scope(export.workspace_id):
        actor.require(Permission.EXPORT)
        current = _mine(export)
        reader = Reader(question_of(current), actor=actor)
        writer = WRITERS[current.file_format](current.writer_state or None)
        data = b"" if current.pieces else writer.begin(reader.header)
        found = reader.read(current.position, most=size)
        data += writer.add(found.rows)
        is_last = len(found.rows) < size
        if is_last:
            data += writer.end()
        ExportChunk.objects.create(
            workspace_id=current.workspace_id, parent=current, number=current.pieces, data=data
        )
        current.position = found.last or current.position
        current.writer_state = writer.state
        current.pieces += 1
        current.file_size += len(data)
        current.done += len(found.rows)
        if is_last:
            current.status = Export.Status.COMPLETED
            current.finished_at = timezone.now()
            current.expires_at = current.finished_at + KEPT_FOR
            current.total = current.done
        _keep(current)
        if is_last:
            tell(current)
    export.attempts = 1
    return len(found.rows), is_last


def _mine(export: Export) -> Export:
    rows = Export.objects.in_workspace(export.workspace_id)
    current: Export | None = (
        rows.select_related("lead_list", "campaign", "workspace")
        .filter(pk=export.pk, lease_token=export.lease_token, status=Export.Status.RUNNING)
        .first()
    )
    if current is None:
        raise LeaseLost
    return current


def _keep(export: Export) -> None:
    """Write how far it is, if the export is still this worker's."""
    mine = Export.objects.in_workspace(export.workspace_id).filter(
        pk=export.pk, lease_token=export.lease_token, status=Export.Status.RUNNING
    )
    kept = mine.update(
        status=export.status,
        position=export.position,
        writer_state=export.writer_state,
        pieces=export.pieces,
        file_size=export.file_size,
        done=export.done,
        total=max(export.total, export.done),
        finished_at=export.finished_at,
        expires_at=export.expires_at,
        attempts=1,
        due_at=timezone.now() + LEASE,
        lease_token=None if export.is_finished else export.lease_token,
        updated_at=timezone.now(),
    )
    if not kept:
        raise LeaseLost


def _stop(export: Export, why: str) -> None:
    """It cannot go on by itself; half a file is none."""
    with scope(export.workspace_id):
        mine = Export.objects.in_workspace(export.workspace_id).filter(
            pk=export.pk, lease_token=export.lease_token, status=Export.Status.RUNNING
        )
        now = timezone.now()
        stopped = mine.update(
            status=Export.Status.FAILED,
            error=why[:2000],
            finished_at=now,
            lease_token=None,
            updated_at=now,
        )
        if stopped:
            pieces = ExportChunk.objects.in_workspace(export.workspace_id)
            pieces.filter(parent=export).delete()
            tell(Export.objects.in_workspace(export.workspace_id).get(pk=export.pk))


def _leave(export: Export, *, due_at: datetime) -> None:
    """Let it wait until then, for whoever is free."""
    with scope(export.workspace_id):
        mine = Export.objects.in_workspace(export.workspace_id).filter(
            pk=export.pk, lease_token=export.lease_token, status=Export.Status.RUNNING
        )
        mine.update(due_at=due_at, lease_token=None, updated_at=timezone.now())


def delete_expired(*, at_most: int = 20) -> int:
    """Delete the files whose time is over; returns how many."""
    now = timezone.now()
    with system_scope():
        over = Export.objects.filter(status=Export.Status.COMPLETED, expires_at__lte=now)
        ids = list(over.order_by("expires_at").values_list("pk", flat=True)[:at_most])
        ExportChunk.objects.filter(parent__in=ids).delete()
        over.filter(pk__in=ids).update(status=Export.Status.EXPIRED, updated_at=now)
    return len(ids)


def forget_old() -> int:
    """Drop a batch of exports that ended long ago; returns how many."""
    before = timezone.now() - REMEMBERED_FOR
    with system_scope():
        old = Export.objects.filter(pk__lt=first_id_at(before), finished_at__lt=before)
        return delete_batch(old.order_by("pk"))
