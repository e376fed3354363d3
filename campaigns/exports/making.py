"""Making the files that were asked for: a portion of rows a step, each a piece of the file.

A piece commits with the lead it ends with: whoever dies or comes back late, the file has each row
once.
"""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.actors import Actor
from accounts.ids import first_id_at
from accounts.models import TenantQuerySet
from accounts.permissions import Permission
from accounts.pruning import delete_batch
from accounts.tenancy import scope, system_scope
from campaigns.exports.export_news import tell
from campaigns.exports.exports import KEPT_FOR
from campaigns.exports.files import WRITERS
from campaigns.exports.rows import Reader, question_of
from campaigns.models import Export, ExportChunk
from leads.background_runs import SLICE_SECONDS, Run, work_through

PORTION = 2_000
# Who exported what can be looked up for so long; the files are gone long before.
REMEMBERED_FOR = timedelta(days=365)

_PROGRESS = (
    *("status", "position", "writer_state", "pieces", "file_size", "done", "total"),
    *("finished_at", "expires_at"),
)


def work_off(
    *, portion: int = PORTION, slice_seconds: float = SLICE_SECONDS, until: float | None = None
) -> int:
    """Work on the exports that are due, as `work_through` says."""
    return work_through(ExportRun, most=portion, slice_seconds=slice_seconds, until=until)


class ExportRun(Run[Export]):
    related = ("lead_list", "campaign")
    narrows = False

    @staticmethod
    def waiting() -> TenantQuerySet:
        return Export.objects.unfinished().select_related("workspace", "user")

    @staticmethod
    def taken_up(row: Export, now: datetime) -> dict[str, Any]:
        return {"status": Export.Status.RUNNING, "started_at": row.started_at or now}

    def unchanged(self) -> dict[str, Any]:
        return {"status": Export.Status.RUNNING}

    def step(self, current: Export, actor: Actor) -> bool:
        actor.require(Permission.EXPORT)
        reader = Reader(question_of(current), actor=actor)
        writer = WRITERS[current.file_format](current.writer_state or None)
        data = b"" if current.pieces else writer.begin(reader.header)
        found = reader.read(current.position, most=self.size)
        data += writer.add(found.rows)
        is_last = len(found.rows) < self.size
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
        current.total = max(current.total, current.done)
        if is_last:
            current.status = Export.Status.COMPLETED
            current.finished_at = timezone.now()
            current.expires_at = current.finished_at + KEPT_FOR
            current.total = current.done
        self.keep(current, *_PROGRESS, goes_on=not is_last)
        if is_last:
            tell(current)
        self.dealt += len(found.rows)
        return is_last

    def stop(self, why: str) -> None:
        """Half a file is none."""
        with scope(self.row.workspace_id):
            stopped = self.settle(
                status=Export.Status.FAILED,
                error=why[:2000],
                finished_at=timezone.now(),
                lease_token=None,
            )
            if stopped:
                workspace_id = self.row.workspace_id
                pieces = ExportChunk.objects.in_workspace(workspace_id)
                pieces.filter(parent=self.row).delete()
                tell(Export.objects.in_workspace(workspace_id).get(pk=self.row.pk))


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
