"""Lists: making and changing them, who is in them, and how they do across campaigns."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import ApiView, one_by_id
from accounts.api_lists import InvalidParameter, narrowed
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from campaigns import criteria, list_rendering, list_stats, lists, membership
from campaigns.api import list_shapes as shapes
from campaigns.errors import CampaignError
from campaigns.models import LeadList, LeadListMember
from campaigns.models.lead_list import LeadListQuerySet
from campaigns.rule_words import RuleWords
from leads.bulk.selection import Selection, named
from leads.errors import LeadError

TAG = "Lists"
RULES = (
    "`criteria` are what `GET /leads/` takes, each with a value or a list of them; a dynamic or"
    " smart list needs at least one, a static list has none. `assigned_to_me` is kept as your own"
    " id in `assigned_to`. A rule may ask static and smart lists by `list`, no dynamic ones."
)


class _ListsView(ApiView):
    def rows(self) -> LeadListQuerySet:
        """The lists that the parameters ask for."""
        given = self.request.query_params
        archived = {"": False, "false": False, "0": False, "true": True, "1": True}
        asked = given.get("archived", "")
        if asked not in archived:
            raise InvalidParameter("archived", "Use true or false.")
        seen = LeadList.objects.visible_to(self.actor).filter(is_archived=archived[asked])
        found: Any = narrowed(shapes.ListFilterSet(given, seen, actor=self.actor))
        rows: LeadListQuerySet = found
        return rows

    def shown(self, row: LeadList) -> dict[str, Any]:
        fresh = LeadList.objects.with_use().get(pk=row.pk)
        return list_rendering.lead_list(fresh, RuleWords(self.workspace))


class ListsView(_ListsView):
    needs = {"GET": Permission.VIEW, "POST": Permission.LIST_EDIT}
    listing = shapes.LISTS

    @documented(
        tag=TAG,
        summary="List lists",
        description="Those in use; `archived=true` shows the others.",
        response=page_of(shapes.LeadListSerializer),
        answer=page_answer(shapes.LIST),
    )
    def get(self, request: Request) -> Response:
        words = RuleWords(self.workspace)
        return shapes.LISTS.answer(
            request, self.rows().with_use(), lambda row: list_rendering.lead_list(row, words)
        )

    @documented(
        tag=TAG,
        summary="Make a list",
        description=f"Static unless you say otherwise. {RULES}",
        request=shapes.NewListInput,
        example=shapes.NEW_LIST,
        response=shapes.LeadListSerializer,
        answer=shapes.LIST,
        status=201,
    )
    def post(self, request: Request) -> Response:
        row = lists.create(actor=self.actor, values=self.parsed(shapes.NewListInput))
        return Response(self.shown(row), status=201)


class ListStatsView(_ListsView):
    needs = {"GET": Permission.VIEW}
    listing = shapes.LISTS

    @documented(
        tag=TAG,
        summary="Compare lists",
        description="In how many campaigns each is used, and what its leads brought in all.",
        response=page_of(shapes.ListStatsSerializer),
        answer=page_answer(shapes.LIST_STATS),
    )
    def get(self, request: Request) -> Response:
        rows = list_stats.with_results(self.rows())
        return shapes.LISTS.answer(request, rows, list_stats.stats)


class _OneListView(_ListsView):
    lead_list: LeadList

    def look_up(self, **kwargs: str) -> None:
        rows = LeadList.objects.visible_to(self.actor).select_related("workspace")
        self.lead_list = one_by_id(rows, kwargs["lead_list"])


class ListView(_OneListView):
    needs = {
        "GET": Permission.VIEW,
        "PUT": Permission.LIST_EDIT,
        "PATCH": Permission.LIST_EDIT,
        "DELETE": Permission.LIST_EDIT,
    }

    @documented(
        tag=TAG,
        summary="Read a list",
        response=shapes.LeadListSerializer,
        answer=shapes.LIST,
    )
    def get(self, request: Request, lead_list: str) -> Response:
        lists.count_again(self.lead_list)
        return Response(self.shown(self.lead_list))

    @documented(
        tag=TAG,
        summary="Change, archive or take back a list",
        description=f"Its kind stays. {RULES}",
        request=shapes.ListChangesInput,
        example=shapes.LIST_CHANGES,
        response=shapes.LeadListSerializer,
        answer=shapes.LIST,
        conflicts=True,
    )
    def patch(self, request: Request, lead_list: str) -> Response:
        changes = self.parsed(shapes.ListChangesInput, current=self.shown(self.lead_list))
        return Response(self.shown(lists.change(self.lead_list, actor=self.actor, changes=changes)))

    put = patch

    @documented(
        tag=TAG,
        summary="Delete a list",
        description=(
            "Its leads stay. 409 `list_in_use` while a campaign that is not completed works with"
            " it; archive it, or take it off there first."
        ),
        status=204,
        conflicts=True,
    )
    def delete(self, request: Request, lead_list: str) -> Response:
        lists.delete(self.lead_list, actor=self.actor)
        return Response(status=204)


class MembersView(_OneListView):
    needs = {"GET": Permission.VIEW, "POST": Permission.LIST_EDIT}
    listing = shapes.MEMBERS

    @documented(
        tag=TAG,
        summary="List who is in a list",
        description=(
            "As far as you see the leads. A dynamic list has no members of its own: the leads that"
            " its criteria find now are shown, the newest first."
        ),
        response=page_of(shapes.ListMemberSerializer),
        answer=page_answer(shapes.MEMBER),
    )
    def get(self, request: Request, lead_list: str) -> Response:
        if self.lead_list.list_type == LeadList.Type.DYNAMIC:
            leads = criteria.leads_of(self.lead_list.criteria, workspace=self.workspace)
            seen = leads.visible_to(self.actor).select_related("contact")
            return shapes.FOUND.answer(request, seen, list_rendering.found_by_rule)
        rows = LeadListMember.objects.visible_to(self.actor).filter(lead_list=self.lead_list)
        rows = rows.select_related("lead__contact", "added_by")
        return shapes.MEMBERS.answer(request, rows, list_rendering.member)

    @documented(
        tag=TAG,
        summary="Put leads into a list",
        description=(
            "Up to 10,000 at once; for more, use `add_to_list` of `POST /leads/bulk/`. Who was put"
            " into a smart list stays, whatever its criteria say; a dynamic list takes nobody (422"
            " `dynamic_list`)."
        ),
        request=shapes.NewMembersInput,
        example=shapes.ADD,
        response=shapes.AddedSerializer,
        answer=shapes.ADDED,
    )
    def post(self, request: Request, lead_list: str) -> Response:
        body = self.parsed(shapes.NewMembersInput)
        selection = selected(self, body["lead_ids"])
        found = membership.add(
            self.lead_list,
            selection.lead_ids or (),
            actor=self.actor,
            notes=body.get("notes", ""),
        )
        return Response(
            {
                "added": len(found.added),
                "already_in": len(found.already_in),
                "missing": [*selection.missing, *map(str, found.missing)],
            }
        )


class RemoveMembersView(_OneListView):
    needs = {"POST": Permission.LIST_EDIT}

    @documented(
        tag=TAG,
        summary="Take leads out of a list",
        description="A smart list remembers it: its criteria do not take them back.",
        request=shapes.MembersInput,
        example=shapes.REMOVE,
        response=shapes.RemovedSerializer,
        answer=shapes.REMOVED,
    )
    def post(self, request: Request, lead_list: str) -> Response:
        selection = selected(self, self.parsed(shapes.MembersInput)["lead_ids"])
        found = membership.remove(self.lead_list, selection.lead_ids or (), actor=self.actor)
        return Response(
            {
                "removed": len(found.removed),
                "not_in": len(found.not_in),
                "missing": list(selection.missing),
            }
        )


def selected(view: ApiView, refs: list[Any]) -> Selection:
    """The leads of these ids and numbers; raises `CampaignError` at `lead_ids`."""
    try:
        return named(refs, actor=view.actor)
    except LeadError as error:
        errors = [("lead_ids", code, text) for _field, code, text in error.errors]
        raise CampaignError(error.detail, code=error.code, errors=errors) from error
