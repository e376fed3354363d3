"""The filter `list` of leads: who is in a list, whatever kind of list it is."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter

from accounts.models import Workspace
from campaigns.criteria import LIST, RuleBroken, leads_of, narrow
from campaigns.models import LeadList, LeadListMember
from leads.listing.filter_fields import NamedRowsFilter
from leads.listing.narrowing import among
from leads.models import Lead

PARAMETER = OpenApiParameter(
    LIST, str, many=True, description="In any of these lists: ids, repeated or comma-separated."
)


class ListFilter(NamedRowsFilter):
    """Leads in any of the lists. Of a list that is not there nobody is in."""

    named_model = LeadList
    parameter = LIST

    def filter(self, qs: QuerySet[Any], value: list[Any]) -> QuerySet[Any]:
        workspace = self.parent.actor.workspace
        if not value or workspace is None:
            return qs if not value else qs.none()
        lists = list(LeadList.objects.alive().in_workspace(workspace.pk).filter(pk__in=value))
        asked = [one for one in lists if one.list_type == LeadList.Type.DYNAMIC]
        kept = [one.pk for one in lists if one.list_type != LeadList.Type.DYNAMIC]
        members = LeadListMember.objects.present().in_workspace(workspace.pk)
        members = members.filter(lead_list__in=kept)
        if not asked:
            all_at_once = self.parent.takes_all
            return among(qs, "pk", members, "lead_id", takes_all=all_at_once) if kept else qs.none()
        if len(asked) == 1 and not kept:
            return _of_rule(qs, asked[0], workspace)
        found = Q(pk__in=members.values("lead_id"))
        for one in asked:
            found |= Q(pk__in=_of_rule(None, one, workspace).values("pk"))
        return qs.filter(found)


def _of_rule(rows: Any, lead_list: LeadList, workspace: Workspace) -> Any:
    try:
        if rows is None:
            return leads_of(lead_list.criteria, workspace=workspace)
        return narrow(rows, lead_list.criteria, workspace=workspace)
    except RuleBroken:
        return Lead.objects.none() if rows is None else rows.none()


LIST_FILTER = ListFilter(label=gettext_lazy("List"))
