"""Taking the rows of an import in: leads, their places in a list and in campaigns, the results."""

from typing import Any

from django.db import transaction

from accounts.actors import Actor
from accounts.bulk import insert_rows
from campaigns import enrolment, membership
from campaigns.imports import legacy
from campaigns.imports.batches import Row, count, decide, next_rows, policy_of, results
from campaigns.models import Import, ImportResult, LeadListMember
from leads.intake_many import Outcome, receive_many

PHASE = ImportResult.Phase.RUN


def batch(row: Import, actor: Actor, size: int) -> int:
    """Take in the next rows, in the caller's transaction; returns how many these were."""
    rows = next_rows(row, size)
    if not rows:
        return 0
    policy = policy_of(row)
    decide(rows, lambda given: receive_many(given, actor=actor, policy=policy))
    if row.kind == Import.Kind.LEGACY:
        legacy.enrol(rows, row, actor=actor)
    elif row.lead_list is not None:
        _join(rows, row, actor)
    insert_rows(results(row, rows, PHASE))
    for name, n in count(rows).items():
        column = "failed" if name == "errors" else name
        setattr(row, column, getattr(row, column) + n)
    row.position = rows[-1].number
    return len(rows)


def _join(rows: list[Row], row: Import, actor: Actor) -> None:
    """Those who were taken are in the list from here on."""
    taken: dict[Any, Row] = {}
    for one in rows:
        if one.taken and one.taken.lead and one.outcome in (Outcome.CREATED, Outcome.UPDATED):
            taken.setdefault(one.taken.lead.pk, one)
    if not taken or row.lead_list is None:
        return
    done = membership.add(row.lead_list, list(taken), actor=actor, by=LeadListMember.By.IMPORT)
    for lead_id in done.added:
        taken[lead_id].made["member"] = str(row.lead_list.pk)


def finish(row: Import, actor: Actor) -> None:
    """Everybody is in: call them, where the import says in which campaign."""
    if row.campaign is None or row.lead_list is None or row.kind == Import.Kind.LEGACY:
        return
    with transaction.atomic():
        done = enrolment.attach(row.campaign, row.lead_list, actor=actor, priority=row.priority)
    row.file_facts = {
        **row.file_facts,
        "enrolled": {
            "added": done.added,
            "already_in": done.already_in,
            "excluded": done.excluded,
        },
    }
