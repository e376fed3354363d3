"""The lists of a campaign: attaching them, changing their place, taking them away.

Attaching takes a snapshot; smart lists go on feeding the campaign. Attaching again adds who is not
there yet. What is set of an attached list is read by the queue from its row: no lead is rewritten.
"""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import Permission
from campaigns import criteria, enrolling, stopping
from campaigns.campaign_news import tell
from campaigns.errors import CampaignError, Conflict, NotFound
from campaigns.locking import hold_campaigns
from campaigns.models import (
    MOST_ATTEMPTS,
    MOST_PRIORITY,
    Campaign,
    CampaignLead,
    CampaignLeadList,
    LeadList,
)

CHANGEABLE = ("priority", "max_attempts_override", "filter_criteria", "is_active")


def preview(
    campaign: Campaign,
    lead_list: LeadList,
    *,
    actor: Actor,
    filter_criteria: Mapping[str, Any] | None = None,
) -> enrolling.Preview:
    """What `attach` would do; changes nothing. Raises `CampaignError` for filters it cannot use."""
    actor.require(Permission.VIEW)
    kept = criteria.check(filter_criteria or {}, actor=actor, field="filter_criteria")
    return enrolling.foreseen(campaign, lead_list, kept)


def attach(
    campaign: Campaign | UUID,
    lead_list: LeadList | UUID,
    *,
    actor: Actor,
    priority: int | None = None,
    max_attempts_override: int | None = None,
    filter_criteria: Mapping[str, Any] | None = None,
) -> enrolling.Enrolled:
    """Enrol the list's leads, and from now on, where a rule keeps the list, those who come to it.

    A list that is attached already keeps what is not given here. Raises `NotFound`,
    `CampaignError`, and `Conflict` for a completed campaign.
    """
    given = {
        "priority": priority,
        "max_attempts_override": max_attempts_override,
        "filter_criteria": filter_criteria,
    }
    with transaction.atomic():
        owner = _held(campaign, actor)
        group = _list_named(lead_list, actor)
        row = _attached(owner).filter(lead_list=group).first()
        is_back = row is not None and row.detached_at is not None
        if row is None:
            row = CampaignLeadList(workspace=owner.workspace, campaign=owner, lead_list=group)
        row.campaign, row.lead_list = owner, group
        values = {name: value for name, value in given.items() if value is not None}
        changed = _apply(row, values, actor=actor)
        if row._state.adding:
            row.save(force_insert=True)
        done = enrolling.enrol(row)
        if is_back:
            stopping.take_up_list(row)
            row.detached_at, row.is_active, row.assigned_at = None, True, timezone.now()
            changed += ["detached_at", "is_active", "assigned_at"]
        if changed:
            row.save(update_fields=[*changed, "updated_at"])
        tell(owner, step="list_attached", list_id=str(group.pk), added=done.added)
        return done


def change_attached(
    campaign: Campaign | UUID,
    lead_list: LeadList | UUID,
    *,
    actor: Actor,
    changes: Mapping[str, Any],
) -> CampaignLeadList:
    """Set what `changes` names of `CHANGEABLE`.

    Other filters take out whom nobody called and whom they no longer find, and add whom they find.
    """
    with transaction.atomic():
        owner = _held(campaign, actor)
        row = _one_attached(owner, lead_list)
        changed = _apply(row, changes, actor=actor)
        if "filter_criteria" in changed:
            enrolling.drop_uncalled(row, unless_offered=True)
            enrolling.enrol(row)
        if changed:
            row.save(update_fields=[*changed, "updated_at"])
            tell(owner, step="list_changed", list_id=str(row.lead_list_id), fields=changed)
    return _with_counters(row)


def detach(campaign: Campaign | UUID, lead_list: LeadList | UUID, *, actor: Actor) -> None:
    """Take the list away with whom nobody called; who was called stays, and is called no more."""
    with transaction.atomic():
        owner = _held(campaign, actor)
        row = _one_attached(owner, lead_list)
        enrolling.drop_uncalled(row)
        stopping.stop_list(row)
        if CampaignLead.objects.in_workspace(row.workspace_id).filter(source=row).exists():
            row.detached_at, row.is_active = timezone.now(), False
            row.save(update_fields=["detached_at", "is_active", "updated_at"])
        else:
            row.delete()
        tell(owner, step="list_detached", list_id=str(row.lead_list_id))


def set_priorities(
    campaign: Campaign | UUID, priorities: Mapping[UUID, int], *, actor: Actor
) -> None:
    """Give the attached lists, by their ids, these priorities, all or none; others keep theirs."""
    with transaction.atomic():
        owner = _held(campaign, actor)
        rows = {row.lead_list_id: row for row in _attached(owner).attached()}
        if any(list_id not in rows for list_id in priorities):
            raise _no_such_list()
        for list_id, priority in priorities.items():
            if _apply(rows[list_id], {"priority": priority}, actor=actor):
                rows[list_id].save(update_fields=["priority", "updated_at"])
        tell(owner, step="list_changed", fields=["priority"])


def enrol_new(lead_list: LeadList, lead_ids: Collection[UUID]) -> int:
    """Leads came into a list that a rule keeps: enrol them wherever it is attached.

    Called by the rebuild of smart lists; returns how many were enrolled.
    """
    rows = CampaignLeadList.objects.in_workspace(lead_list.workspace_id).attached()
    rows = rows.filter(lead_list=lead_list).exclude(campaign__status=Campaign.Status.COMPLETED)
    campaigns = list(rows.values_list("campaign_id", flat=True))
    if not campaigns or not lead_ids:
        return 0
    with transaction.atomic():
        hold_campaigns(campaigns)
        # Looked at again, and in the order in which counters are locked everywhere.
        found = rows.select_related("campaign__workspace", "lead_list__workspace")
        sources = list(found.order_by("id"))
        return sum(enrolling.enrol(source, only=lead_ids).added for source in sources)


def catch_up(campaign: Campaign) -> int:
    """Enrol whom the rules of attached lists found since; the caller holds the campaign."""
    rows = _attached(campaign).attached().exclude(lead_list__list_type=LeadList.Type.STATIC)
    return sum(
        enrolling.enrol(row).added for row in rows.filter(lead_list__deleted_at__isnull=True)
    )


def _held(campaign: Campaign | UUID, actor: Actor) -> Campaign:
    """The campaign, while nobody else enrols leads into it; raises `NotFound`, `Conflict`."""
    campaign_id = campaign if isinstance(campaign, UUID) else campaign.pk
    hold_campaigns([campaign_id])
    rows = Campaign.objects.visible_to(actor).select_related("workspace")
    found: Campaign | None = rows.filter(pk=campaign_id).first()
    if found is None:
        raise NotFound(_("There is no such campaign."))
    actor.require(Permission.CAMPAIGN_EDIT)
    if found.status == Campaign.Status.COMPLETED:
        raise Conflict(
            _("This campaign is completed: its lists stay as they are."), code="campaign_completed"
        )
    return found


def _attached(campaign: Campaign) -> Any:
    rows = CampaignLeadList.objects.in_workspace(campaign.workspace_id).filter(campaign=campaign)
    return rows.select_related("campaign__workspace", "lead_list__workspace").order_by(
        "priority", "assigned_at", "id"
    )


def _one_attached(campaign: Campaign, lead_list: LeadList | UUID) -> CampaignLeadList:
    list_id = lead_list if isinstance(lead_list, UUID) else lead_list.pk
    found: CampaignLeadList | None = (
        _attached(campaign).attached().filter(lead_list_id=list_id).first()
    )
    if found is None:
        raise _no_such_list()
    return found


def _no_such_list() -> NotFound:
    return NotFound(_("This campaign has no such list."))


def _list_named(lead_list: LeadList | UUID, actor: Actor) -> LeadList:
    list_id = lead_list if isinstance(lead_list, UUID) else lead_list.pk
    found: LeadList | None = (
        LeadList.objects.visible_to(actor).select_related("workspace").filter(pk=list_id).first()
    )
    if found is None:
        message = _("There is no such list.")
        raise NotFound(message, errors=[("list_id", "not_found", message)])
    if found.is_archived:
        message = _("This list is archived. Take it back into use first.")
        raise CampaignError(message, errors=[("list_id", "archived", message)])
    return found


def _with_counters(row: CampaignLeadList) -> CampaignLeadList:
    """The row with what the database counted meanwhile."""
    fresh: CampaignLeadList = _attached(row.campaign).get(pk=row.pk)
    return fresh


def _apply(row: CampaignLeadList, given: Mapping[str, Any], *, actor: Actor) -> list[str]:
    values = {name: given[name] for name in CHANGEABLE if name in given}
    errors: list[tuple[str, str, str]] = []
    most = {"priority": MOST_PRIORITY, "max_attempts_override": MOST_ATTEMPTS}
    for name, limit in most.items():
        may_be_empty = name == "max_attempts_override"
        if name not in values or (values[name] is None and may_be_empty):
            continue
        if not (isinstance(values[name], int) and 1 <= values[name] <= limit):
            message = _("Use a number from 1 to %(most)d.") % {"most": limit}
            errors.append((name, "invalid", message))
    if errors:
        raise CampaignError(errors[0][2], errors=errors)
    if "filter_criteria" in values:
        values["filter_criteria"] = criteria.check(
            values["filter_criteria"] or {}, actor=actor, field="filter_criteria"
        )
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed
