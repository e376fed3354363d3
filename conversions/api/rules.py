"""Which result goes to which ad platform."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import ApiView, one_by_id
from accounts.api_lists import Listing
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from conversions import rendering, rules
from conversions.api import examples
from conversions.api.inputs import RuleChangesInput, RuleInput
from conversions.api.shapes import RuleSerializer
from conversions.models import ConversionRule

TAG = "Conversion rules"
RULES = Listing()


def _verbal(given: dict[str, Any]) -> dict[str, Any]:
    """A body in the verbs' words."""
    return {"connection_id" if name == "connection" else name: v for name, v in given.items()}


class RulesView(ApiView):
    needs = {"GET": Permission.VIEW, "POST": Permission.RULE_EDIT}
    listing = RULES

    @documented(
        tag=TAG,
        summary="List conversion rules",
        response=page_of(RuleSerializer),
        answer=page_answer(examples.RULE_MADE),
    )
    def get(self, request: Request) -> Response:
        rows = ConversionRule.objects.in_workspace(self.workspace.pk).alive()
        return RULES.answer(request, rows, rendering.rule)

    @documented(
        tag=TAG,
        summary="Make a conversion rule",
        description=(
            "From now on, what reaches `trigger` is sent over `connection` as `external_action`:"
            " once per rule and lead for stages, once per rule and conversion for"
            " `conversion:<type>`. `value` says what it was worth: `none`, a `fixed` amount, the"
            " `conversion`'s own value, or a `share` of it."
        ),
        request=RuleInput,
        example=examples.RULE,
        response=RuleSerializer,
        answer=examples.RULE_MADE,
        status=201,
    )
    def post(self, request: Request) -> Response:
        row = rules.create(actor=self.actor, **_verbal(self.parsed(RuleInput)))
        return Response(rendering.rule(row), status=201)


class RuleView(ApiView):
    needs = {
        "GET": Permission.VIEW,
        "PUT": Permission.RULE_EDIT,
        "PATCH": Permission.RULE_EDIT,
        "DELETE": Permission.RULE_EDIT,
    }
    rule: ConversionRule

    def look_up(self, **kwargs: str) -> None:
        rows = ConversionRule.objects.in_workspace(self.workspace.pk).alive()
        self.rule = one_by_id(rows, kwargs["rule"])

    @documented(
        tag=TAG,
        summary="Read a conversion rule",
        response=RuleSerializer,
        answer=examples.RULE_MADE,
    )
    def get(self, request: Request, rule: str) -> Response:
        return Response(rendering.rule(self.rule))

    @documented(
        tag=TAG,
        summary="Change a conversion rule",
        description=(
            "For what happens from now on; `value` is replaced as a whole. PUT does the same."
        ),
        request=RuleChangesInput,
        example=examples.RULE_CHANGES,
        response=RuleSerializer,
        answer=examples.RULE_MADE,
    )
    def patch(self, request: Request, rule: str) -> Response:
        changes = self.parsed(RuleChangesInput, current=rendering.rule(self.rule))
        row = rules.update(self.rule.pk, actor=self.actor, changes=_verbal(changes))
        return Response(rendering.rule(row))

    put = patch

    @documented(tag=TAG, summary="Delete a conversion rule", status=204)
    def delete(self, request: Request, rule: str) -> Response:
        rules.delete(self.rule.pk, actor=self.actor)
        return Response(status=204)
