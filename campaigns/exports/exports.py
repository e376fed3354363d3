"""Asking for a file of leads: a small one is answered at once, a large one is made by a worker.

A file that was made is kept for some days. Whoever fetches it is asked for the permission again.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.acting import acting
from accounts.actors import Actor
from accounts.api_lists import counted
from accounts.permissions import Permission
from accounts.tenancy import scope
from campaigns.errors import CampaignError, Conflict, NotFound
from campaigns.exports.columns import check
from campaigns.exports.files import WRITERS
from campaigns.exports.rows import Question, Reader
from campaigns.models import Campaign, Export, ExportChunk, LeadList
from integrations.nudges import nudge
from leads.bulk.selection import filtered

TASK = "campaigns.tasks.make_exports"
# So many rows are answered while somebody waits.
AT_ONCE = 5_000
# Read in one transaction, while a file is streamed.
PORTION = 1_000
MOST_UNFINISHED = 20
KEPT_FOR = timedelta(days=7)


class Gone(CampaignError):
    """There was such a file; it is kept no longer."""

    status = 404
    code = "expired"

    def __init__(self) -> None:
        super().__init__(_("This file is kept no longer. Export it anew."))


def question(
    *,
    actor: Actor,
    target: LeadList | Campaign | None = None,
    filter: Mapping[str, Any] | None = None,
    columns: Sequence[str] = (),
) -> Question:
    """What is to be exported; raises `LeadError` and `CampaignError` that name each field."""
    actor.require(Permission.EXPORT)
    narrowing = filtered(filter, actor=actor, everything=True).filter if filter else None
    chosen = check(columns, workspace_id=actor.own_workspace.pk)
    return Question(kind_of(target), target, narrowing or {}, chosen)


def kind_of(target: LeadList | Campaign | None) -> str:
    """What is exported of this."""
    if target is None:
        return Export.Kind.LEADS
    return Export.Kind.LIST if isinstance(target, LeadList) else Export.Kind.CAMPAIGN


def reader_at_once(asked: Question, *, actor: Actor) -> Reader | None:
    """What reads the rows, if they are few enough to be waited for."""
    actor.require(Permission.EXPORT)
    reader = Reader(asked, actor=actor)
    return reader if reader.count(most=AT_ONCE) <= AT_ONCE else None


def streamed(reader: Reader, *, actor: Actor, file_format: str) -> Iterator[bytes]:
    """The file, portion by portion, each read in a scope of its own: the request's is over then."""
    writer = WRITERS[file_format]()
    yield writer.begin(reader.header)
    after: UUID | None = None
    while True:
        with acting(actor), scope(actor.own_workspace.pk):
            portion = reader.read(after, most=PORTION)
        yield writer.add(portion.rows)
        if len(portion.rows) < PORTION:
            break
        after = portion.last
    yield writer.end()


def ask(asked: Question, *, actor: Actor, file_format: str) -> Export:
    """Have the file made by a worker; asked twice for the same, it is the same export."""
    actor.require(Permission.EXPORT)
    if file_format not in Export.Format.values:
        message = _("Use one of: %(known)s.") % {"known": ", ".join(Export.Format.values)}
        raise CampaignError(message, errors=[("format", "invalid_choice", message)])
    workspace = actor.own_workspace
    row = Export(
        workspace=workspace,
        kind=asked.kind,
        file_format=file_format,
        filter={name: list(values) for name, values in asked.filter.items()},
        columns=list(asked.columns),
        lead_list=asked.target if isinstance(asked.target, LeadList) else None,
        campaign=asked.target if isinstance(asked.target, Campaign) else None,
        file_name=name_of(asked, actor=actor, file_format=file_format),
        user=actor.user,
        api_key=actor.api_key,
        created_by=actor.label[:200],
        via=actor.via,
    )
    with transaction.atomic():
        unfinished = Export.objects.in_workspace(workspace.pk).unfinished()
        same = unfinished.filter(
            user=row.user,
            api_key=row.api_key,
            kind=row.kind,
            file_format=row.file_format,
            filter=row.filter,
            columns=row.columns,
            lead_list=row.lead_list,
            campaign=row.campaign,
        )
        known: Export | None = same.first()
        if known is not None:
            return known
        if unfinished.count() >= MOST_UNFINISHED:
            message = _("%(count)d exports of this workspace are waiting already.")
            raise Conflict(message % {"count": MOST_UNFINISHED}, code="too_many_exports")
        row.total, _is_estimate = counted(Reader(asked, actor=actor).keys)
        row.save(force_insert=True)
        _soon()
    return row


def name_of(asked: Question, *, actor: Actor, file_format: str) -> str:
    """What the file is called when it is saved."""
    target = asked.target
    what = "leads" if target is None else slugify(target.name)[:80] or asked.kind
    day = timezone.localtime(timezone.now(), ZoneInfo(actor.own_workspace.time_zone))
    return f"{what}-{actor.own_workspace.slug}-{day:%Y-%m-%d}.{file_format}"


def find(export_id: UUID, *, actor: Actor) -> Export:
    """The export as it is now; raises `NotFound`."""
    actor.require(Permission.EXPORT)
    rows = Export.objects.visible_to(actor).select_related("lead_list", "campaign", "workspace")
    found: Export | None = rows.filter(pk=export_id).first()
    if found is None:
        raise NotFound(_("There is no such export."))
    return found


def fetch(export: Export, *, actor: Actor) -> Iterator[bytes]:
    """The file of a completed export; raises `Gone`, and `Conflict` while it is not ready."""
    actor.require(Permission.EXPORT)
    is_over = export.expires_at is not None and export.expires_at <= timezone.now()
    if export.status == Export.Status.EXPIRED or is_over:
        raise Gone
    if export.status != Export.Status.COMPLETED:
        message = _("This export is not ready: look at its status.")
        raise Conflict(message, code="not_ready")
    return _pieces(export)


def _pieces(export: Export) -> Iterator[bytes]:
    for number in range(export.pieces):
        with scope(export.workspace_id):
            rows = ExportChunk.objects.in_workspace(export.workspace_id).filter(parent=export)
            data = rows.filter(number=number).values_list("data", flat=True).first()
        if data is None:
            # Whoever downloads must not take the half for the whole.
            raise Gone
        yield bytes(data)


def discard(export: Export | UUID, *, actor: Actor) -> Export:
    """Stop an export, or delete its file before its time; a second time changes nothing."""
    with transaction.atomic():
        row = _held(export, actor)
        if row.status != Export.Status.EXPIRED:
            row.status = Export.Status.EXPIRED
            row.finished_at = row.finished_at or timezone.now()
            # A portion that is under way finds its lease gone, and is undone.
            row.lease_token = None
            row.save(update_fields=["status", "finished_at", "lease_token", "updated_at"])
            _pieces_of(row).delete()
    return row


def begin_again(export: Export | UUID, *, actor: Actor) -> Export:
    """Make the file of an export that stopped anew; as whoever asked for it."""
    with transaction.atomic():
        row = _held(export, actor)
        if row.status not in (Export.Status.FAILED, Export.Status.QUEUED, Export.Status.RUNNING):
            message = _("This export has ended; ask for it anew.")
            raise Conflict(message, code="export_finished")
        if row.status == Export.Status.FAILED:
            row.status, row.error, row.attempts = Export.Status.QUEUED, "", 0
            row.finished_at, row.due_at = None, timezone.now()
            row.done, row.pieces, row.file_size = 0, 0, 0
            row.position, row.writer_state = None, {}
            row.save()
            _pieces_of(row).delete()
            _soon()
    return row


def _held(export: Export | UUID, actor: Actor) -> Export:
    row = find(export.pk if isinstance(export, Export) else export, actor=actor)
    rows = Export.objects.in_workspace(row.workspace_id).select_for_update(no_key=True)
    held: Export = rows.get(pk=row.pk)
    return held


def _pieces_of(export: Export) -> Any:
    return ExportChunk.objects.in_workspace(export.workspace_id).filter(parent=export)


def _soon() -> None:
    """After the commit, let a worker look."""
    transaction.on_commit(partial(nudge, TASK), robust=True)
