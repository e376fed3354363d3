"""What the lists of leads, timeline and people can be narrowed and ordered by."""

from collections.abc import Sequence
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from accounts.api_lists import OWN_WORKSPACE, Listing, ParameterFamily
from leads.fields.custom_filters import PATTERN
from leads.listing.filter_fields import (
    BeforeFilter,
    CommaListFilter,
    FlagFilter,
    MomentFilter,
    OwnerFilter,
)
from leads.listing.filters import DEFAULT_ORDERING, ORDERINGS, ActorFilterSet
from leads.measuring.metrics_tally import STAGES
from leads.models import (
    Appointment,
    CustomField,
    Heat,
    Interaction,
    InteractionType,
    Platform,
    QualityRating,
    SavedView,
    Source,
    Status,
    Task,
)
from leads.tracking import METHODS

DAY_OR_MOMENT = (
    "A date (inclusive, in the workspace's zone), a datetime (half-open), or `30d`: 30 days ago."
)


def parameter(name: str, description: str, kind: Any = str) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=description)


def any_of(name: str, values: Sequence[str], description: str) -> OpenApiParameter:
    """Values repeated or comma-separated."""
    return OpenApiParameter(
        name,
        str,
        enum=list(values),
        many=True,
        description=f"{description} Several: repeated or comma-separated.",
    )


def _number(name: str, description: str) -> OpenApiParameter:
    return parameter(name, description, {"type": "integer", "format": "int32"})


def period(what: str) -> tuple[OpenApiParameter, ...]:
    return (
        parameter("from", f"{what} from. {DAY_OR_MOMENT}"),
        parameter("to", f"{what} to. {DAY_OR_MOMENT}"),
    )


CUSTOM_FIELDS = ParameterFamily(
    "attr",
    pattern=PATTERN,
    description=(
        "By a custom field: `attr.<key>=`, any of several values repeated or comma-separated, in"
        " any case. A choice by its value or label, a boolean by true or false. Numbers and dates"
        " also from and to, inclusive: `attr.<key>.min=` and `attr.<key>.max=`. A key that is no"
        " field, see GET /custom-fields/, is 422."
    ),
)

LEADS = Listing(
    orderings=ORDERINGS,
    default=DEFAULT_ORDERING,
    filters=(
        any_of("status", Status.values, "Where in the lifecycle."),
        parameter("open", "Neither completed, converted nor lost.", bool),
        parameter("q", "Part of a name, e-mail or phone, or a number such as `#1042`."),
        *period("Created"),
        any_of("source", Source.values, "Where it came from."),
        OpenApiParameter(
            "assigned_to", str, many=True, description="User ids: repeated or comma-separated."
        ),
        parameter("assigned_to_me", "Mine; with an API key, which is nobody, it is 422.", bool),
        parameter("unassigned", "Nobody's.", bool),
        any_of("heat", Heat.values, "How hot."),
        _number("min_score", "Heat score, at least."),
        _number("max_score", "Heat score, at most."),
        any_of("quality_rating", QualityRating.values, "A person's judgement."),
        OpenApiParameter("tag", str, many=True, description="Carrying any of these tags."),
        any_of("last_contact_method", METHODS, "How they were last contacted."),
        parameter(
            "last_contacted_before", "Last contacted before this day or moment; `30d`: 30 days ago."
        ),
        parameter(
            "last_contacted_after", "Last contacted from this day or moment; `30d`: 30 days ago."
        ),
        parameter("never_contacted", "Without any contact.", bool),
        parameter("never_responded", "Never answered, wrote or called by themselves.", bool),
        _number("min_contact_count", "Contact attempts, at least."),
        _number("max_contact_count", "Contact attempts, at most."),
        parameter("follow_up_due", "Contacted or conversing, last contact over 7 days ago.", bool),
        parameter("has_gclid", "Came through a Google ad.", bool),
        any_of(
            "reached",
            [stage.value for stage in STAGES],
            "Came to this stage or beyond it, whatever became of it since: as the funnel of"
            " `GET /leads/metrics/` counts. Of several, to any.",
        ),
        OpenApiParameter(
            "loss_reason", str, many=True, description="Lost, with any of these reasons by code."
        ),
        OpenApiParameter(
            "unqualified_reason",
            str,
            many=True,
            description="Lost without being qualified, for any of these reasons by code.",
        ),
        OpenApiParameter(
            "external_id",
            str,
            many=True,
            description=(
                "Your own id: of the lead, or of one that went into it when two were merged."
            ),
        ),
        CUSTOM_FIELDS,
        *OWN_WORKSPACE,
    ),
)

INTERACTIONS = Listing(
    orderings=("at",),
    default="-at",
    filters=(
        any_of("platform", Platform.values, "Where it happened."),
        any_of("type", InteractionType.values, "What happened."),
        *period("Happened"),
        *OWN_WORKSPACE,
    ),
)

APPOINTMENTS = Listing(
    orderings=("scheduled_for",),
    default="-scheduled_for",
    filters=(
        any_of("status", Appointment.Status.values, "How it stands."),
        *period("Takes place"),
        *OWN_WORKSPACE,
    ),
)

TASKS = Listing(
    orderings=("due_at", "created_at"),
    default="due_at",
    filters=(
        OpenApiParameter(
            "owner", str, many=True, description="User ids: repeated or comma-separated."
        ),
        parameter("owned_by_me", "Mine; with an API key, which is nobody, it is 422.", bool),
        parameter("due_before", "Due before this day or moment."),
        parameter("due_after", "Due from this day or moment."),
        parameter("done", "`true` those that are done, `false` those that are to be done.", bool),
        parameter("overdue", "To be done, and due before now.", bool),
        *OWN_WORKSPACE,
    ),
)

CONTACTS = Listing(
    filters=(
        parameter("q", "Part of a name, e-mail or phone, or a number such as `#1042`."),
        OpenApiParameter("tag", str, many=True, description="Carrying any of these tags."),
        parameter("company", "Working for the company of this id.", OpenApiTypes.UUID),
        CUSTOM_FIELDS,
        *OWN_WORKSPACE,
    )
)

COMPANIES = Listing(
    orderings=("name", "created_at"),
    default="name",
    filters=(parameter("q", "Part of the name."), *OWN_WORKSPACE),
)

MEMBERS = Listing()

VIEWS = Listing(
    orderings=("name", "created_at"),
    default="name",
    filters=(
        parameter("shared", "`true` the workspace's, `false` your own.", bool),
        *OWN_WORKSPACE,
    ),
)

FIELDS = Listing(
    orderings=("position", "created_at"),
    default="position",
    filters=(
        any_of("subject", CustomField.Subject.values, "Whose field it is."),
        parameter("archived", "`true` shows those that are out of use, instead.", bool),
        *OWN_WORKSPACE,
    ),
)

REASONS = Listing(
    orderings=("position",),
    default="position",
    filters=(any_of("kind", ("loss", "unqualified"), "Which of the two lists."), *OWN_WORKSPACE),
)


def _filter_set(name: str, model: type[Any], filters: dict[str, Any]) -> type[Any]:
    """`from` cannot be a class attribute, hence the dict."""
    meta = type("Meta", (), {"model": model, "fields": []})
    return type(name, (ActorFilterSet,), {**filters, "Meta": meta})


def _period(column: str) -> dict[str, django_filters.Filter]:
    return {
        "from": MomentFilter(field_name=column, label=_("From")),
        "to": MomentFilter(field_name=column, end=True, label=_("To")),
    }


InteractionFilter = _filter_set(
    "InteractionFilter",
    Interaction,
    {
        "platform": CommaListFilter(field_name="platform", choices=Platform.choices),
        "type": CommaListFilter(field_name="type", choices=InteractionType.choices),
        **_period("at"),
    },
)

FieldFilter = _filter_set(
    "FieldFilter",
    CustomField,
    {
        "subject": CommaListFilter(field_name="subject", choices=CustomField.Subject.choices),
        "archived": FlagFilter(field_name="archived_at", lookup_expr="isnull", exclude=True),
    },
)

ViewFilter = _filter_set(
    "ViewFilter", SavedView, {"shared": FlagFilter(field_name="owner", lookup_expr="isnull")}
)

AppointmentFilter = _filter_set(
    "AppointmentFilter",
    Appointment,
    {
        "status": CommaListFilter(field_name="status", choices=Appointment.Status.choices),
        **_period("scheduled_for"),
    },
)


class TaskFilterBase(ActorFilterSet):
    """The filters of tasks that take a method."""

    def filter_mine(self, qs: QuerySet[Any], _name: str, value: bool | None) -> QuerySet[Any]:
        if value is None:
            return qs
        mine = Q(owner=self.actor.user)
        return qs.filter(mine) if value else qs.exclude(mine)

    def filter_overdue(self, qs: QuerySet[Any], _name: str, value: bool | None) -> QuerySet[Any]:
        if value is None:
            return qs
        overdue = Q(done_at__isnull=True, due_at__lt=timezone.now())
        return qs.filter(overdue) if value else qs.exclude(overdue)


TaskFilter = type(
    "TaskFilter",
    (TaskFilterBase,),
    {
        "owner": OwnerFilter(field_name="owner"),
        "owned_by_me": FlagFilter(method="filter_mine"),
        "due_before": BeforeFilter(field_name="due_at", end=True),
        "due_after": MomentFilter(field_name="due_at"),
        "done": FlagFilter(field_name="done_at", lookup_expr="isnull", exclude=True),
        "overdue": FlagFilter(method="filter_overdue"),
        "Meta": type("Meta", (), {"model": Task, "fields": []}),
    },
)
