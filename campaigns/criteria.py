"""The rule of a list, and what a campaign narrows a list by: filters of leads that are kept.

One grammar for all (`leads.listing.filters`). A rule is everybody's: it is asked as the workspace
itself, and "mine" is kept as whose it is.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.actors import Actor, system_actor
from accounts.api_lists import narrowed
from accounts.models import Workspace
from accounts.problems import ProblemError
from campaigns.errors import CampaignError
from campaigns.models import LeadList
from leads.bulk.selection import filtered
from leads.errors import LeadError
from leads.fields.custom_filters import PREFIX
from leads.listing.filter_fields import DAYS_AGO
from leads.listing.filters import LeadFilter
from leads.listing.saved_views import LONGEST_FILTERS, MOST_FILTERS, filters_in
from leads.models import Lead
from leads.models.lead import LeadQuerySet

MINE, LIST = "assigned_to_me", "list"
# What these find changes without any change of the lead.
_BY_TIME_OR_OTHERS = {"follow_up_due", LIST, "campaign"}

Criteria = Mapping[str, Any]


class RuleBroken(CampaignError):
    """A rule that was right once and cannot be asked any more."""

    code = "rule_broken"


def check(
    given: Criteria, *, actor: Actor, field: str = "criteria", own_id: UUID | None = None
) -> dict[str, list[str]]:
    """The rule as it is kept; raises `CampaignError` with each filter's error at `field`.

    `own_id` is the list that the rule is for.
    """
    try:
        selection = filtered(_without_me(given, actor, field), actor=actor, everything=True)
    except LeadError as error:
        errors = [
            (name.replace("filter", field, 1), code, text) for name, code, text in error.errors
        ]
        raise CampaignError(error.detail, code=error.code, errors=errors) from error
    state = QueryDict(mutable=True)
    for name, values in (selection.filter or {}).items():
        state.setlist(name, values)
    kept = filters_in(state)
    _refuse_unread(set(selection.filter or {}) - set(kept), field)
    written = sum(len(name) + sum(map(len, values)) for name, values in kept.items())
    if len(kept) > MOST_FILTERS or written > LONGEST_FILTERS:
        raise _refused(field, "too_large", _("These are too many filters for one rule."))
    if LIST in kept:
        _refuse_lists(kept[LIST], actor, f"{field}.{LIST}", own_id)
    return kept


def _without_me(given: Criteria, actor: Actor, field: str) -> dict[str, Any]:
    """ "Mine" as whose it is: the rule is everybody's, and asked by nobody in particular."""
    named = dict(given)
    value = named.get(MINE)
    first = value[0] if isinstance(value, list) and value else value
    if actor.user is not None and str(first).lower() in ("true", "1"):
        del named[MINE]
        named["assigned_to"] = [str(actor.user.pk)]
    elif MINE in named and actor.user is not None:
        raise _refused(
            f"{field}.{MINE}", "invalid", _("A list is everybody's: name users in assigned_to.")
        )
    return named


def _refuse_unread(names: Iterable[str], field: str) -> None:
    for name in names:
        message = _("There is no filter “%(name)s”.") % {"name": name[:60]}
        raise _refused(f"{field}.{name[:60]}", "unknown_parameter", message)


def _refuse_lists(texts: Iterable[str], actor: Actor, field: str, own_id: UUID | None) -> None:
    """Only lists whose members are written down: a rule that asks a rule may end in itself."""
    ids = [UUID(text) for text in texts]
    rows = LeadList.objects.visible_to(actor).filter(pk__in=ids)
    kinds = dict(rows.values_list("pk", "list_type"))
    for pk in ids:
        if pk not in kinds or pk == own_id:
            raise _refused(field, "not_found", _("There is no such list."))
        if kinds[pk] == LeadList.Type.DYNAMIC:
            message = _("A rule cannot ask a dynamic list: use its filters instead.")
            raise _refused(field, "invalid", message)


def leads_of(criteria: Criteria, *, workspace: Workspace) -> LeadQuerySet:
    """The leads that a kept rule finds now, as the workspace itself sees them.

    Raises `RuleBroken` when it asks for what is no more, such as a custom field.
    """
    return narrow(Lead.objects.in_workspace(workspace.pk).alive(), criteria, workspace=workspace)


def narrow(rows: LeadQuerySet, criteria: Criteria, *, workspace: Workspace) -> LeadQuerySet:
    """Of these leads those that a kept rule finds; raises as `leads_of`."""
    state = QueryDict(mutable=True)
    for name, values in criteria.items():
        if name not in LeadFilter.base_filters and not name.startswith(PREFIX):
            message = _("There is no filter “%(name)s” any more.") % {"name": name[:60]}
            raise RuleBroken(message)
        state.setlist(name, values if isinstance(values, list) else [str(values)])
    _require_lists(criteria.get(LIST, ()), workspace)
    filters = LeadFilter(state, rows, actor=system_actor(workspace))
    filters.takes_all = True
    try:
        found: Any = narrowed(filters)
    except ProblemError as error:
        detail = " ".join(str(text) for _name, _code, text in error.errors) or error.detail
        raise RuleBroken(detail) from error
    leads: LeadQuerySet = found
    return leads


def _require_lists(texts: Iterable[str], workspace: Workspace) -> None:
    ids = set(texts)
    rows = LeadList.objects.alive().in_workspace(workspace.pk).filter(pk__in=ids)
    if ids and rows.count() < len(ids):
        raise RuleBroken(_("A list that this rule asks for was deleted."))


def depends_on_more_than_the_lead(criteria: Criteria) -> bool:
    """Whether what it finds changes by time alone, or with other lists and campaigns."""
    return any(
        name in _BY_TIME_OR_OTHERS or any(DAYS_AGO.fullmatch(str(value)) for value in values)
        for name, values in criteria.items()
    )


def query_of(criteria: Criteria) -> str:
    """What shows its leads, behind the address of the Leads page or `GET /leads/?`."""
    state = QueryDict(mutable=True)
    for name, values in sorted(criteria.items()):
        state.setlist(name, values)
    return state.urlencode(safe=",")


def _refused(field: str, code: str, message: str) -> CampaignError:
    return CampaignError(message, errors=[(field, code, message)])
