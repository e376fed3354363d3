"""The figures of a period over REST, and what advertising cost."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import Actor
from accounts.api_base import ApiView, one_by_id
from accounts.api_lists import OWN_WORKSPACE, InvalidParameter, Listing
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from conversions import ad_spend, metrics_rendering
from conversions.ad_spend import Spend
from conversions.api import metrics_examples as examples
from conversions.api.metrics_shapes import (
    AdSpendInput,
    AdSpendRowsInput,
    AdSpendSerializer,
    MetricsSerializer,
    RecordedSpendSerializer,
)
from conversions.models import AdSpend
from conversions.pricing import prices
from leads.api.listings import parameter
from leads.intake import SOURCE_ALIASES
from leads.measuring.metrics import measure, question, sees_all
from leads.measuring.metrics_facts import NOBODY
from leads.models import Source

TAG = "Metrics"
UNASSIGNED = "unassigned"
_DAY = {"type": "string", "format": "date"}


def _day(request: Request, name: str) -> date | None:
    text = request.query_params.get(name)
    if not text:
        return None
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None or not date.min.year < found.year < date.max.year:
        raise InvalidParameter(name, _("Use a date such as 2026-11-21."))
    return found


def _source(request: Request) -> str | None:
    text = request.query_params.get("source")
    if not text:
        return None
    source = SOURCE_ALIASES.get(text, text)
    if source not in Source.values:
        known = ", ".join(Source.values)
        raise InvalidParameter(
            "source", _("Use one of: %(known)s.") % {"known": known}, code="invalid_choice"
        )
    return source


def _owner(request: Request) -> str | None:
    text = request.query_params.get("assigned_to")
    if not text:
        return None
    if text == UNASSIGNED:
        return NOBODY
    try:
        return str(UUID(text))
    except ValueError as error:
        message = _("Give a member's id, or “unassigned”.")
        raise InvalidParameter("assigned_to", message) from error


def _require_all(actor: Actor) -> None:
    """What all leads cost is told to keys, and to people who are told of all leads."""
    if not sees_all(actor):
        actor.require(Permission.METRICS_ALL)


class MetricsView(ApiView):
    needs = {"GET": Permission.VIEW}

    def parameters(self, method: str) -> Any:
        return (
            *OWN_WORKSPACE,
            parameter("from", "Leads that came in from this day on, your workspace's days.", _DAY),
            parameter("to", "Leads that came in until this day, itself included.", _DAY),
            parameter("source", "Leads of one source."),
            parameter("assigned_to", "Leads of one member, by id, or `unassigned`."),
        )

    @documented(
        tag=TAG,
        summary="Measure the leads of a period",
        description=(
            "Of the leads that came in on the days `from` to `to` (both included, in the"
            " workspace's time zone; all leads when left out), whatever became of them since."
            " `funnel` counts a state as reached when a later one was; `rates` are percentages of"
            " all those leads. Times are seconds from the lead's coming in, nights and weekends"
            " included, over the `n` leads with which it happened. `cpl` and `cac` are ad spend per"
            " lead and per converted lead; null without spend, of one member's leads, and where"
            " spend is in several currencies. A rep gets the figures of their own leads.\n\n"
            "A period with many leads is added up from days counted before: changes until `as_of`"
            " are in it, and with `exact: false` medians and p90 are within 2.5 %."
        ),
        response=MetricsSerializer,
        answer=examples.METRICS,
    )
    def get(self, request: Request) -> Response:
        since, until = _day(request, "from"), _day(request, "to")
        if since and until and since > until:
            raise InvalidParameter("to", _("The last day lies before the first."))
        asked = question(
            self.actor, since=since, until=until, source=_source(request), owner=_owner(request)
        )
        figures = measure(asked)
        return Response(metrics_rendering.metrics(figures, prices(figures)))


class AdSpendView(ApiView):
    needs = {"GET": Permission.VIEW, "POST": Permission.IMPORT}
    listing = Listing(
        orderings=("day", "created_at"),
        default="-day",
        filters=(
            *OWN_WORKSPACE,
            parameter("from", "From this day on.", _DAY),
            parameter("to", "Until this day, itself included.", _DAY),
            parameter("source", "Spend on leads of one source."),
            parameter("platform", "Of one platform, such as `google_ads`."),
        ),
    )

    @documented(
        tag=TAG,
        summary="List ad spend",
        response=page_of(AdSpendSerializer),
        answer=page_answer(examples.SPEND_MADE),
    )
    def get(self, request: Request) -> Response:
        _require_all(self.actor)
        rows = AdSpend.objects.in_workspace(self.workspace.pk)
        wanted = {
            "day__gte": _day(request, "from"),
            "day__lte": _day(request, "to"),
            "source": _source(request),
            "platform": request.query_params.get("platform") or None,
        }
        rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
        return self.listing.answer(request, rows, metrics_rendering.ad_spend)

    @documented(
        tag=TAG,
        summary="Record ad spend",
        description=(
            "What a campaign cost on a day: one row, or up to 5,000 as `{rows: []}`. The same day,"
            " platform and campaign again replaces what was known (the answer's `replaced`), so"
            " that a report can be sent anew as often as it changes. All rows are taken or none."
        ),
        request=PolymorphicProxySerializer(
            component_name="AdSpendBody",
            serializers=[AdSpendInput, AdSpendRowsInput],
            resource_type_field_name=None,
        ),
        example=examples.SPEND,
        response=RecordedSpendSerializer,
        answer=examples.RECORDED,
        status=201,
        also={200: "All of it was known already, and was replaced."},
    )
    def post(self, request: Request) -> Response:
        if isinstance(request.data, dict) and "rows" in request.data:
            given = self.parsed(AdSpendRowsInput)["rows"]
        else:
            given = [self.parsed(AdSpendInput)]
        recorded = ad_spend.record([_spend(row) for row in given], actor=self.actor)
        body = {
            "created": recorded.created,
            "replaced": recorded.replaced,
            "results": [metrics_rendering.ad_spend(row) for row in recorded.rows],
        }
        return Response(body, status=201 if recorded.created else 200)


class AdSpendRowView(ApiView):
    needs = {"GET": Permission.VIEW, "DELETE": Permission.IMPORT}
    row: AdSpend

    def look_up(self, **kwargs: str) -> None:
        self.row = one_by_id(AdSpend.objects.in_workspace(self.workspace.pk), kwargs["spend"])

    @documented(
        tag=TAG,
        summary="Read a day's ad spend",
        response=AdSpendSerializer,
        answer=examples.SPEND_MADE,
    )
    def get(self, request: Request, spend: str) -> Response:
        _require_all(self.actor)
        return Response(metrics_rendering.ad_spend(self.row))

    @documented(tag=TAG, summary="Delete a day's ad spend", status=204)
    def delete(self, request: Request, spend: str) -> Response:
        ad_spend.delete(self.row.pk, actor=self.actor)
        return Response(status=204)


def _spend(given: dict[str, Any]) -> Spend:
    amount: Decimal = given["amount"]
    return Spend(
        day=given["day"],
        platform=given["platform"],
        amount=amount,
        campaign=given.get("campaign", ""),
        source=given.get("source", ""),
        currency=given.get("currency", ""),
    )
