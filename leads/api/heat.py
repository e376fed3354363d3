"""How good the leads are, and how much happens with them."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import ApiView
from accounts.api_lists import OWN_WORKSPACE, InvalidParameter
from accounts.api_schema import documented
from accounts.permissions import Permission
from leads.api import examples
from leads.api.listings import period
from leads.listing.filter_fields import MomentFilter
from leads.models import Heat, InteractionType, Platform, QualityRating
from leads.scoring import engagement
from leads.scoring.engagement import Figure
from leads.scoring.quality import quality

# What is looked at when nothing is said of it.
USUAL_PERIOD = timedelta(days=30)


class CountedSerializer(serializers.Serializer):
    count = serializers.IntegerField()
    average_score = serializers.FloatField()


class ByRatingSerializer(serializers.Serializer):
    def get_fields(self) -> dict[str, serializers.Field]:
        return {rating: CountedSerializer() for rating in QualityRating.values}


class ByHeatSerializer(serializers.Serializer):
    def get_fields(self) -> dict[str, serializers.Field]:
        return {level: CountedSerializer() for level in Heat.values}


class QualitySerializer(serializers.Serializer):
    quality_rating = ByRatingSerializer()
    heat = ByHeatSerializer()


class FigureSerializer(serializers.Serializer):
    count = serializers.IntegerField()
    count_before = serializers.IntegerField(help_text="In the period before, of the same length.")
    change = serializers.FloatField(
        allow_null=True, help_text="In percent; null where there was nothing before."
    )


class PlatformFigureSerializer(FigureSerializer):
    platform = serializers.ChoiceField(choices=Platform.choices, allow_blank=True)


class TypeFigureSerializer(FigureSerializer):
    type = serializers.ChoiceField(choices=[(k.value, k.label) for k in InteractionType])


class EngagedSerializer(PlatformFigureSerializer, TypeFigureSerializer):
    pass


class EngagementSerializer(serializers.Serializer):
    to = serializers.DateTimeField()
    total = FigureSerializer()
    by_platform = PlatformFigureSerializer(many=True)
    by_type = TypeFigureSerializer(many=True)
    results = EngagedSerializer(many=True, help_text="By platform and type, the most first.")

    def get_fields(self) -> dict[str, serializers.Field]:
        # `from` cannot be a class attribute.
        return {"from": serializers.DateTimeField(), **super().get_fields()}


class QualityView(ApiView):
    needs = {"GET": Permission.VIEW}

    def parameters(self, method: str) -> tuple[OpenApiParameter, ...]:
        return OWN_WORKSPACE if method in ("GET", "HEAD") else ()

    @documented(
        tag="Leads",
        summary="Count leads by quality and heat",
        description="With their average score: by what people think of them, and by their heat.",
        response=QualitySerializer,
        answer=examples.QUALITY,
    )
    def get(self, request: Request) -> Response:
        return Response(quality(self.actor))


class EngagementView(ApiView):
    needs = {"GET": Permission.VIEW}

    def parameters(self, method: str) -> tuple[OpenApiParameter, ...]:
        return (*period("Happened"), *OWN_WORKSPACE) if method in ("GET", "HEAD") else ()

    @documented(
        tag="Timeline",
        summary="Count engagement by platform and type",
        description=(
            "Calls, messages and touchpoints, against the period of the same length before. Of the"
            " last 30 days unless `from` and `to` say otherwise. Notes and automatic steps are not"
            " counted."
        ),
        response=EngagementSerializer,
        answer=examples.ENGAGEMENT,
    )
    def get(self, request: Request) -> Response:
        end = self._moment("to") or timezone.now()
        start = self._moment("from") or end - USUAL_PERIOD
        if start >= end:
            raise InvalidParameter("from", _("The period has to begin before it ends."))
        try:
            rows = engagement.engagement(self.actor, start=start, end=end)
        except OverflowError as error:
            raise InvalidParameter("from", _("This is too long ago.")) from error
        return Response(
            {
                "from": start,
                "to": end,
                "total": _figure(engagement.total(rows)),
                **{
                    f"by_{name}": [
                        {name: value, **_figure(figure)}
                        for value, figure in engagement.by(rows, name).items()
                    ]
                    for name in ("platform", "type")
                },
                "results": [
                    {"platform": row.platform, "type": row.type, **_figure(row.figure)}
                    for row in rows
                ],
            }
        )

    def _moment(self, name: str) -> datetime | None:
        """A bound of the period, as the lists understand it."""
        bound = MomentFilter(end=name == "to")
        try:
            value = bound.field_class(required=False).clean(self.request.query_params.get(name))
        except ValidationError as error:
            raise InvalidParameter(name, " ".join(error.messages)) from error
        return bound.bound(value, ZoneInfo(self.workspace.time_zone)) if value else None


def _figure(figure: Figure) -> dict[str, Any]:
    return {"count": figure.count, "count_before": figure.before, "change": figure.change}
