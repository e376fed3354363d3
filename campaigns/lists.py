"""Lists of leads: making, changing, archiving and deleting them, and counting what a rule finds."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import Permission
from accounts.tenancy import scope, system_scope
from campaigns import criteria, smart_lists
from campaigns.errors import CampaignError, Conflict, NotFound
from campaigns.locking import hold_lists
from campaigns.models import Campaign, CampaignLeadList, LeadList
from campaigns.models.lead_list import LONGEST_LIST_NAME
from integrations.nudges import nudge

CHANGEABLE = (
    *("name", "description", "list_type", "criteria"),
    *("tags", "metadata", "is_archived"),
)
# Each smart list is asked of every lead that changes.
MOST_SMART = 100
MOST_TAGS = 50
LONGEST_TAG = 60
LONGEST_DESCRIPTION = 5_000
# What a dynamic list found so long ago is told again without asking.
COUNT_HOLDS = timedelta(seconds=30)
# As many leads are taken in at once; more are a worker's business.
AT_ONCE = 5_000
# In one round of the timer.
MOST_COUNTED = 1_000
REBUILD = "campaigns.tasks.rebuild_due_lists"

Errors = list[tuple[str, str, str]]


def find(ref: LeadList | UUID, *, actor: Actor) -> LeadList:
    """The list as it is now; raises `NotFound`."""
    pk = ref.pk if isinstance(ref, LeadList) else ref
    row: LeadList | None = LeadList.objects.visible_to(actor).filter(pk=pk).first()
    if row is None:
        raise NotFound(_("There is no such list."))
    return row


def create(*, actor: Actor, values: Mapping[str, Any]) -> LeadList:
    """A new list with these of `CHANGEABLE`; raises `CampaignError` that names each field."""
    actor.require(Permission.LIST_EDIT)
    with transaction.atomic():
        row = LeadList(workspace=actor.own_workspace, created_by=actor.label[:200])
        _apply(row, {"name": "", "list_type": LeadList.Type.STATIC, **values}, actor=actor)
        if row.list_type == LeadList.Type.SMART:
            _refuse_too_many(row)
            row.rebuild_due_at = timezone.now()
        row.save(force_insert=True)
        _follow_rule(row)
    return find(row, actor=actor)


def change(lead_list: LeadList | UUID, *, actor: Actor, changes: Mapping[str, Any]) -> LeadList:
    """Set what `changes` names of `CHANGEABLE`; the kind of a list stays what it is."""
    actor.require(Permission.LIST_EDIT)
    with transaction.atomic():
        hold_lists(actor.own_workspace.pk)
        row = find(lead_list, actor=actor)
        before = (row.criteria, row.is_archived)
        kind = changes.get("list_type", row.list_type)
        if kind != row.list_type:
            message = _("A list stays of its kind. Make a new one.")
            raise CampaignError(message, errors=[("list_type", "read_only", message)])
        _apply(row, changes, actor=actor)
        if (row.criteria, row.is_archived) != before:
            if row.list_type == LeadList.Type.SMART:
                if not row.is_archived:
                    _refuse_too_many(row)
                row.rebuild_due_at = timezone.now()
            # Before the row is written: whoever adds by hand meanwhile waits for its counter.
            _follow_rule(row)
        row.save(update_fields=[*CHANGEABLE, "updated_at"])
    return find(row, actor=actor)


def delete(lead_list: LeadList | UUID, *, actor: Actor) -> None:
    """Take the list away; raises `Conflict` (``list_in_use``) while a campaign works with it."""
    actor.require(Permission.LIST_EDIT)
    with transaction.atomic():
        hold_lists(actor.own_workspace.pk)
        row = find(lead_list, actor=actor)
        uses = CampaignLeadList.objects.attached().filter(lead_list=row)
        used = uses.exclude(campaign__status=Campaign.Status.COMPLETED).select_related("campaign")
        first = used.first()
        if first is not None:
            message = _("The campaign “%(name)s” works with this list. Take it off there first.")
            raise Conflict(message % {"name": first.campaign.name}, code="list_in_use")
        row.deleted_at = timezone.now()
        row.save(update_fields=["deleted_at", "updated_at"])


def count_again(lead_list: LeadList) -> LeadList:
    """What a dynamic list finds now, unless that was looked up a moment ago; others are counted."""
    now = timezone.now()
    known = lead_list.counted_at
    if lead_list.list_type == LeadList.Type.DYNAMIC and (
        known is None or known < now - COUNT_HOLDS
    ):
        _count(lead_list)
    return lead_list


def count_stale(*, until: float | None = None) -> int:
    """Look up again what dynamic lists in use find, for those who look at many; returns how many.

    Whoever opens one list has it counted then and there.
    """
    long_ago = timezone.now() - COUNT_HOLDS
    with system_scope():
        rows = LeadList.objects.current().filter(list_type=LeadList.Type.DYNAMIC)
        rows = rows.exclude(counted_at__gt=long_ago).select_related("workspace")
        waiting = list(rows.order_by("counted_at", "id")[:MOST_COUNTED])
    for number, row in enumerate(waiting):
        with scope(row.workspace_id):
            _count(row)
        if until is not None and time.monotonic() > until:
            return number + 1
    return len(waiting)


def _count(row: LeadList) -> None:
    workspace = row.workspace
    try:
        found = criteria.leads_of(row.criteria, workspace=workspace)
        facts: dict[str, Any] = {"lead_count": found.order_by().count(), "rule_error": ""}
    except criteria.RuleBroken as error:
        facts = {"lead_count": 0, "rule_error": error.detail}
    facts["counted_at"] = timezone.now()
    LeadList.objects.in_workspace(row.workspace_id).filter(pk=row.pk).update(**facts)
    for name, value in facts.items():
        setattr(row, name, value)


def _follow_rule(row: LeadList) -> None:
    """Let the list be what its rule says: at once where these are few, else by a worker."""
    if row.list_type == LeadList.Type.DYNAMIC:
        _count(row)
    elif row.list_type == LeadList.Type.SMART and not row.is_archived:
        found = criteria.leads_of(row.criteria, workspace=row.workspace)
        if found.order_by().values("pk")[: AT_ONCE + 1].count() <= AT_ONCE:
            smart_lists.rebuild(row, as_given=True)
        else:
            due = LeadList.objects.in_workspace(row.workspace_id).filter(pk=row.pk)
            due.update(rebuild_due_at=row.rebuild_due_at)
            transaction.on_commit(partial(nudge, REBUILD), robust=True)


def _refuse_too_many(row: LeadList) -> None:
    others = LeadList.objects.in_workspace(row.workspace_id).smart().exclude(pk=row.pk)
    if others.count() >= MOST_SMART:
        message = _("Keep at most %(count)d smart lists; archive one first.")
        raise Conflict(message % {"count": MOST_SMART}, code="too_many_lists")


def _apply(row: LeadList, given: Mapping[str, Any], *, actor: Actor) -> None:
    errors: Errors = []
    cleaners: dict[str, Callable[[Any, Errors], Any]] = {
        "list_type": _kind,
        "name": _name,
        "description": _description,
        "tags": _tags,
        "metadata": lambda value, _errors: value or {},
        "is_archived": lambda value, _errors: bool(value),
    }
    for name, clean in cleaners.items():
        if name in given:
            setattr(row, name, clean(given[name], errors))
    if "criteria" in given or row._state.adding:
        _set_rule(row, given.get("criteria") or {}, actor, errors)
    if errors:
        raise CampaignError(errors[0][2], errors=errors)


def _set_rule(row: LeadList, given: Mapping[str, Any], actor: Actor, errors: Errors) -> None:
    if row.list_type == LeadList.Type.STATIC:
        row.criteria = {}
        if given:
            message = _("A static list has no rule. Make it dynamic or smart.")
            errors.append(("criteria", "invalid", message))
        return
    if not given:
        message = _("Say which leads: give the rule at least one filter.")
        errors.append(("criteria", "required", message))
        return
    try:
        row.criteria = criteria.check(given, actor=actor, own_id=row.pk)
    except CampaignError as error:
        errors.extend(error.errors or [("criteria", error.code, error.detail)])


def _kind(given: Any, errors: Errors) -> str:
    if given in LeadList.Type.values:
        return str(given)
    message = _("Use one of: %(known)s.") % {"known": ", ".join(LeadList.Type.values)}
    errors.append(("list_type", "invalid_choice", message))
    return LeadList.Type.STATIC


def _name(given: Any, errors: Errors) -> str:
    name = " ".join(str(given or "").replace("\0", "").split())
    if not name:
        errors.append(("name", "required", _("Give the list a name.")))
    elif len(name) > LONGEST_LIST_NAME:
        errors.append(("name", "max_length", _too_long(LONGEST_LIST_NAME)))
    return name


def _description(given: Any, errors: Errors) -> str:
    text = str(given or "").replace("\0", "").strip()
    if len(text) > LONGEST_DESCRIPTION:
        errors.append(("description", "max_length", _too_long(LONGEST_DESCRIPTION)))
    return text


def _tags(given: Any, errors: Errors) -> list[str]:
    names = [" ".join(str(tag).replace("\0", "").split()) for tag in given or ()]
    tags = list(dict.fromkeys(name for name in names if name))
    if len(tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tags):
        message = _("Use at most %(count)d tags of %(longest)d characters.")
        message %= {"count": MOST_TAGS, "longest": LONGEST_TAG}
        errors.append(("tags", "max_length", message))
    return tags


def _too_long(most: int) -> str:
    return _("Use at most %(count)d characters.") % {"count": most}
