"""When lists are brought up to date."""

import time
from uuid import UUID

from celery import shared_task

from campaigns import lists, smart_lists
from campaigns.exports import making
from campaigns.imports import work as import_work
from integrations.nudges import nudge, taken

# Well within what a task may take; what is left then is the next round's.
LIST_SECONDS = 45.0
IMPORT_SECONDS = 45.0
EXPORT_SECONDS = 45.0


@shared_task
def rebuild_changed_lists() -> None:
    """Wake one round for each workspace where leads changed, so that none delays another."""
    for workspace_id in smart_lists.workspaces_with_changes():
        nudge(rebuild_changed_in.name, str(workspace_id))


@shared_task
def rebuild_changed_in(workspace_id: str) -> None:
    """Ask the rules of one workspace about the leads that changed."""
    taken(rebuild_changed_in.name, workspace_id)
    smart_lists.rebuild_changed(UUID(workspace_id), until=time.monotonic() + LIST_SECONDS)


@shared_task
def rebuild_due_lists() -> None:
    """Go through the smart lists whose time has come."""
    taken(rebuild_due_lists.name)
    smart_lists.rebuild_due(until=time.monotonic() + LIST_SECONDS)


@shared_task
def count_dynamic_lists() -> None:
    """Look up again what dynamic lists find."""
    lists.count_stale(until=time.monotonic() + LIST_SECONDS)


@shared_task
def work_off_imports() -> None:
    """Read, try out, take in and undo files; what is left is the next worker's."""
    taken(work_off_imports.name)
    until = time.monotonic() + IMPORT_SECONDS
    import_work.work_off(until=until)
    if time.monotonic() > until:
        nudge(work_off_imports.name)


@shared_task
def forget_imported_rows() -> None:
    """Drop the rows of imports of long ago."""
    while import_work.forget_rows():
        pass


@shared_task
def make_exports() -> None:
    """Write the files that were asked for; what is left is the next worker's."""
    taken(make_exports.name)
    until = time.monotonic() + EXPORT_SECONDS
    making.work_off(until=until)
    if time.monotonic() > until:
        nudge(make_exports.name)


@shared_task
def delete_expired_exports() -> None:
    """Delete files whose time is over, and in the end forget who asked for them."""
    while making.delete_expired():
        pass
    while making.forget_old():
        pass
