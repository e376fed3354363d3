"""Asking for what can be done with an import: uploading, mapping, running, undoing.

Each step is written in the caller's transaction and done by `campaigns.imports.work` after its
commit, as whoever asked.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import Permission
from campaigns import lists
from campaigns.errors import CampaignError, IllegalChange, NotFound
from campaigns.imports import mapping as mappings
from campaigns.imports import reading
from campaigns.imports.limits import CHUNK, MOST_BYTES
from campaigns.imports.tables import Line
from campaigns.models import LONGEST_LIST_NAME, Campaign, Import, ImportChunk, LeadList
from integrations.nudges import nudge

TASK = "campaigns.tasks.work_off_imports"
# A file of this size is read while its sender waits: the answer shows its headers.
READ_AT_ONCE = 256 * 1024
MOST_UNFINISHED = 20
# May be said when the file is sent, and with its mapping.
SETTINGS = ("list_id", "new_list_name", "campaign_id", "priority", "duplicates", "match_on")


def find(import_id: UUID, *, actor: Actor, hold: bool = False) -> Import:
    """The import; raises `NotFound`. With `hold`, locked until the commit."""
    rows = Import.objects.visible_to(actor).filter(pk=import_id)
    if hold:
        rows = rows.select_for_update(no_key=True, of=("self",))
    row: Import | None = rows.select_related("workspace", "lead_list", "campaign").first()
    if row is None:
        raise NotFound(_("There is no such import, or it is not yours to see."))
    actor.require(Permission.IMPORT)
    return row


def receive(
    chunks: Iterable[bytes],
    *,
    actor: Actor,
    file_name: str,
    size: int,
    settings: Mapping[str, Any] | None = None,
    auto: bool = False,
) -> Import:
    """Take a file. Small ones are read at once; raises `UnreadableFile`, `CampaignError`.

    With `auto`, the guessed mapping is taken and the leads are imported without further question.
    """
    actor.require(Permission.IMPORT)
    if size > MOST_BYTES:
        message = _("The file is larger than %(count)d MB. Send it in parts.")
        message %= {"count": MOST_BYTES // 1024 // 1024}
        raise CampaignError(message, errors=[("file", "too_large", message)])
    with transaction.atomic():
        row = _begin(actor, file_name, settings or {})
        row.file_size = size
        row.options = {"auto": True} if auto else {}
        row.save(force_insert=True)
        at_once = size <= READ_AT_ONCE
        if at_once:
            reading.read_into_rows(row, chunks)
            mappings.suggest(row)
            row.work = Import.Work.NONE
            row.save()
            if auto:
                accept_guess(row, actor=actor)
        else:
            for number, data in enumerate(_pieces(chunks)):
                ImportChunk.objects.create(
                    workspace_id=row.workspace_id, parent=row, number=number, data=data
                )
        soon()
    return row


def receive_rows(
    rows: Sequence[Mapping[str, Any]], *, actor: Actor, file_name: str, settings: Mapping[str, Any]
) -> Import:
    """Take rows that come as objects: their keys are the headers; they are imported at once."""
    actor.require(Permission.IMPORT)
    headers = list(dict.fromkeys(key for row in rows for key in row))
    with transaction.atomic():
        row = _begin(actor, file_name, settings)
        row.options = {"auto": True}
        row.file_facts = {"format": "json"}
        row.save(force_insert=True)
        lines = (
            Line(number, [_text(given.get(header)) for header in headers])
            for number, given in enumerate(rows, 1)
        )
        reading.store(row, headers, lines)
        mappings.suggest(row)
        row.work = Import.Work.NONE
        row.save()
        accept_guess(row, actor=actor)
        soon()
    return row


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_text, value))
    return "" if value is None else str(value)


def _begin(actor: Actor, file_name: str, settings: Mapping[str, Any]) -> Import:
    unfinished = Import.objects.visible_to(actor).with_work().count()
    if unfinished >= MOST_UNFINISHED:
        message = _("%(count)d imports are under way; wait for some of them.")
        raise CampaignError(message % {"count": unfinished}, code="too_many_imports")
    name = file_name.replace("\\", "/").rpartition("/")[2]
    row = Import(
        workspace=actor.own_workspace,
        file_name="".join(filter(str.isprintable, name)).strip()[:255] or "leads",
        user=actor.user,
        api_key=actor.api_key,
        created_by=actor.label[:200],
        via=actor.via,
    )
    apply_settings(row, settings, actor=actor)
    return row


def _pieces(chunks: Iterable[bytes]) -> Iterable[bytes]:
    buffer = bytearray()
    for chunk in chunks:
        buffer += chunk
        while len(buffer) >= CHUNK:
            yield bytes(buffer[:CHUNK])
            del buffer[:CHUNK]
    if buffer:
        yield bytes(buffer)


def apply_settings(row: Import, given: Mapping[str, Any], *, actor: Actor) -> None:
    """Set what `given` names of `SETTINGS`, unsaved; raises `CampaignError` by field."""
    errors: list[tuple[str, str, str]] = []
    if "list_id" in given:
        row.lead_list = _list_of(given["list_id"], actor, errors)
    if "new_list_name" in given:
        row.new_list_name = " ".join(str(given["new_list_name"] or "").split())
        if len(row.new_list_name) > LONGEST_LIST_NAME:
            message = _("Use at most %(count)d characters.") % {"count": LONGEST_LIST_NAME}
            errors.append(("new_list_name", "max_length", message))
    if "campaign_id" in given:
        row.campaign = _campaign_of(given["campaign_id"], actor, errors)
    if given.get("priority") is not None:
        row.priority = given["priority"]
    if given.get("duplicates"):
        row.duplicates = given["duplicates"]
        if row.duplicates not in Import.Duplicates.values:
            known = ", ".join(Import.Duplicates.values)
            message = _("Use one of: %(known)s.") % {"known": known}
            errors.append(("duplicates", "invalid_choice", message))
    if given.get("match_on"):
        row.match_on = list(dict.fromkeys(given["match_on"]))
        if not set(row.match_on) <= {"email", "phone", "external_id"}:
            message = _("Use one of: %(known)s.") % {"known": "email, phone, external_id"}
            errors.append(("match_on", "invalid_choice", message))
    if errors:
        raise CampaignError(errors[0][2], errors=errors)
    if row.lead_list or row.new_list_name or row.campaign:
        actor.require(Permission.LIST_EDIT)
    if row.campaign:
        actor.require(Permission.CAMPAIGN_EDIT)


def _list_of(
    list_id: UUID | None, actor: Actor, errors: list[tuple[str, str, str]]
) -> LeadList | None:
    if not list_id:
        return None
    found: LeadList | None = LeadList.objects.visible_to(actor).filter(pk=list_id).first()
    if found is None:
        errors.append(("list_id", "not_found", _("There is no such list.")))
    elif found.list_type == LeadList.Type.DYNAMIC:
        message = _("Leads join a dynamic list by its rule alone. Choose another list.")
        errors.append(("list_id", "invalid", message))
    return found


def _campaign_of(
    campaign_id: UUID | None, actor: Actor, errors: list[tuple[str, str, str]]
) -> Campaign | None:
    if not campaign_id:
        return None
    found: Campaign | None = Campaign.objects.visible_to(actor).filter(pk=campaign_id).first()
    if found is None:
        errors.append(("campaign_id", "not_found", _("There is no such campaign.")))
    elif found.status == Campaign.Status.COMPLETED:
        message = _("This campaign is completed. Choose another one.")
        errors.append(("campaign_id", "invalid", message))
    return found


def save_mapping(
    import_id: UUID,
    *,
    actor: Actor,
    mapping: Mapping[str, str] | Sequence[str] | None = None,
    settings: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Import:
    """Say what the columns are, and have it tried out; without a `mapping`, the guess is taken.

    `mapping` is by place, or by header. It is remembered for the next file with these headers.
    """
    with transaction.atomic():
        row = find(import_id, actor=actor, hold=True)
        _refuse_unless(row, "uploaded", "mapped", "ready", step="mapping")
        apply_settings(row, settings or {}, actor=actor)
        mappings.save(row, mapping, options or {}, actor=actor)
        row.status = Import.Status.MAPPED
        _ask(row, Import.Work.CHECK)
        row.foreseen = {}
        row.save()
        return row


def run(import_id: UUID, *, actor: Actor) -> Import:
    """Take the leads in; a second time changes nothing."""
    with transaction.atomic():
        row = find(import_id, actor=actor, hold=True)
        if row.status in (Import.Status.RUNNING, Import.Status.COMPLETED):
            return row
        may_go_on = can_go_on(row)
        if not may_go_on:
            _refuse_unless(row, "ready", step="run")
        return _run(row, actor)


def can_go_on(row: Import) -> bool:
    """Whether it stopped while leads were taken in, and not while that was undone."""
    was_running = row.status == Import.Status.FAILED and row.started_at is not None
    return was_running and not row.undone


def accept_guess(row: Import, *, actor: Actor) -> None:
    """Of an import that asks nobody: the guess is its mapping, and it runs."""
    mappings.save(row, None, {}, actor=actor)
    _run(row, actor)


def _run(row: Import, actor: Actor) -> Import:
    _make_list(row, actor)
    is_new = row.started_at is None
    row.status = Import.Status.RUNNING
    _ask(row, Import.Work.RUN, from_start=is_new)
    row.started_at = row.started_at or timezone.now()
    row.finished_at = None
    row.save()
    return row


def _make_list(row: Import, actor: Actor) -> None:
    if row.lead_list is not None or row.kind == Import.Kind.LEGACY:
        return
    name = row.new_list_name
    if not name and row.campaign is not None:
        day = timezone.localdate(timezone=ZoneInfo(row.workspace.time_zone))
        name = _("%(file)s - %(day)s") % {
            "file": row.file_name.rpartition(".")[0] or row.file_name,
            "day": day.isoformat(),
        }
    if name:
        row.lead_list = lists.create(actor=actor, values={"name": name[:LONGEST_LIST_NAME]})


def undo(import_id: UUID, *, actor: Actor) -> Import:
    """Take back what it did, but for what people have worked on since; twice changes nothing."""
    with transaction.atomic():
        row = find(import_id, actor=actor, hold=True)
        actor.require(Permission.IMPORT)
        is_stopped = row.status == Import.Status.FAILED and row.started_at is not None
        if row.status == Import.Status.UNDONE or row.work == Import.Work.UNDO:
            return row
        if row.status != Import.Status.COMPLETED and not is_stopped:
            _refuse_unless(row, "completed", step="undo")
        _ask(row, Import.Work.UNDO)
        row.user, row.api_key = actor.user, actor.api_key
        row.via, row.undone = actor.via, {"deleted": 0, "restored": 0, "kept": 0}
        row.save()
        return row


def _ask(row: Import, work: str, *, from_start: bool = True) -> None:
    row.work = work
    if from_start:
        row.position = 0
    row.error, row.attempts = "", 0
    row.due_at, row.lease_token = timezone.now(), None
    soon()


def _refuse_unless(row: Import, *statuses: str, step: str) -> None:
    if row.status in statuses and row.work != Import.Work.READ:
        return
    if row.work == Import.Work.READ:
        message = _("The file is still being read. Try again in a moment.")
    elif step == "mapping":
        message = _("The leads of this import were taken in already; undo it, and send it anew.")
    elif step == "run":
        message = _("Map the columns first, and wait until the import is tried out.")
    else:
        message = _("Only an import that has ended can be undone.")
    raise IllegalChange(message, allowed=_allowed(row))


def _allowed(row: Import) -> list[str]:
    return {
        "uploaded": ["mapping"] if not row.work else [],
        "mapped": ["mapping"],
        "ready": ["mapping", "run"],
        "completed": ["undo"],
        "failed": [*(["run"] if can_go_on(row) else []), *(["undo"] if row.started_at else [])],
    }.get(row.status, [])


def soon() -> None:
    """After the commit, let a worker look."""
    transaction.on_commit(partial(nudge, TASK), robust=True)
