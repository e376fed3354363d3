"""One inquiry of a contact, with a lifecycle and an owner."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantForeignKey, TenantModel, Tracked
from accounts.permissions import Role

from .attribution import Attribution
from .contact import Contact
from .lead_words import OPEN_STATUSES, Heat, QualityRating, Source, Status
from .numbers import NumberedQuerySet, NumberField
from .reason import Reason

if TYPE_CHECKING:
    from accounts.actors import Actor
    from accounts.models import User


FOLLOW_UP_AFTER = timedelta(days=7)

# What the questions below mean, for keeping rows, leaving them out and counting them alike.
IS_OPEN = Q(status__in=OPEN_STATUSES)
IS_READY_FOR_OUTREACH = Q(status=Status.ENRICHED)
IS_IN_CONVERSATION = Q(status=Status.CONVERSING)


def follow_up_is_due(now: datetime) -> Q:
    """In touch, but the last contact was more than seven days ago."""
    return Q(
        status__in=[Status.CONTACTED, Status.CONVERSING],
        last_contacted_at__lt=now - FOLLOW_UP_AFTER,
    )


# What a row of a table usually shows, and what it is ordered by.
TABLE_READS = (
    "number",
    "created_at",
    "status",
    "source",
    "heat",
    "heat_score",
    "last_contacted_at",
    "last_contact_method",
    "contact_count",
    "last_activity_at",
    "contact__company__name",
    "assigned_to__name",
    "assigned_to__email",
)


def sees_own_only(actor: "Actor") -> bool:
    """Whether the actor is shown nothing but their own leads and those that are nobody's."""
    if actor.workspace is None or actor.user is None:
        return False
    own_only = actor.workspace.rep_lead_access == actor.workspace.RepAccess.OWN
    return actor.role == Role.REP and own_only


class LeadQuerySet(NumberedQuerySet):
    def alive(self) -> Self:
        return self.filter(deleted_at__isnull=True)

    def open(self) -> Self:
        return self.alive().filter(IS_OPEN)

    def assigned_to_user(self, user: "User") -> Self:
        return self.filter(assigned_to=user)

    def ready_for_outreach(self) -> Self:
        return self.filter(IS_READY_FOR_OUTREACH)

    def in_conversation(self) -> Self:
        return self.filter(IS_IN_CONVERSATION)

    def follow_ups_due(self, now: datetime) -> Self:
        return self.filter(follow_up_is_due(now))

    def hot_and_untouched(self) -> Self:
        """Open and hot, yet nobody has contacted them."""
        return self.open().filter(heat=Heat.HOT, last_contacted_at__isnull=True)

    def awaiting_first_response(self) -> Self:
        """Came in with a target, and nobody has contacted them."""
        return self.alive().filter(
            status__in=[Status.NEW, Status.ENRICHED],
            first_contacted_at__isnull=True,
            first_response_due_at__isnull=False,
        )

    def visible_to(self, actor: "Actor") -> Self:
        """Who sees what inside a workspace: the one rule for pages, API, search and admin."""
        rows = self.alive()
        if actor.workspace is None:
            # The admin: the scope names the workspaces, the membership decides what is visible.
            return rows
        rows = rows.in_workspace(actor.workspace.pk)
        if sees_own_only(actor):
            rows = rows.filter(Q(assigned_to=actor.user) | Q(assigned_to__isnull=True))
        return rows

    def for_list(self) -> Self:
        """With all that a row of a table or of the API shows, in a fixed number of queries."""
        return self.select_related(
            "contact", "contact__company", "assigned_to", "workspace"
        ).prefetch_related("contact__tags")

    def for_table(self, reads: Iterable[str] = TABLE_READS) -> Self:
        """With what a page shows of one lead among others, and no other column.

        `reads` are the columns beside the number and the person's name.
        """
        named = {"number", *reads, *(f"contact__{column}" for column in Contact.NAME_COLUMNS)}
        joined = {path.rpartition("__")[0] for path in named} - {""}
        return self.select_related(*sorted(joined)).only(*sorted(named))


def _labels_of(kind: str) -> Callable[[object], dict[str, str]]:
    """What a workspace calls the reasons of a kind, those it no longer offers included."""

    def labels(workspace_id: object) -> dict[str, str]:
        rows = Reason.objects.in_workspace(workspace_id).filter(kind=kind)
        return dict(rows.values_list("code", "label"))

    return labels


class Lead(Attribution, TenantModel):
    """An inquiry. `status` is only ever written by `leads.lifecycle`."""

    history = Tracked(
        (
            "contact",
            "status",
            "assigned_to",
            "source",
            "source_workflow",
            "external_id",
            "quality_rating",
            "loss_reason",
            "unqualified_reason",
            "deleted_at",
        ),
        names=("notes",),
        labels={"contact": _("contact"), "deleted_at": _("deleted")},
        codes={
            "loss_reason": _labels_of(Reason.Kind.LOSS),
            "unqualified_reason": _labels_of(Reason.Kind.UNQUALIFIED),
        },
    )

    number = NumberField(_("number"))
    contact = TenantForeignKey(Contact, on_delete=models.CASCADE, related_name="leads")
    status = models.CharField(
        _("status"), max_length=12, choices=Status, default=Status.NEW, editable=False
    )
    status_changed_at = models.DateTimeField(editable=False)
    # Where a no-show or a cancelled appointment puts the lead back to, and where reopening does.
    scheduled_from = models.CharField(max_length=12, blank=True, editable=False)
    lost_from = models.CharField(max_length=12, blank=True, editable=False)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("owner"),
    )
    assigned_at = models.DateTimeField(_("assigned"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=20, choices=Source, default=Source.OTHER)
    source_workflow = models.CharField(_("source workflow"), max_length=200, blank=True)
    external_id = models.CharField(_("external id"), max_length=200, blank=True)
    platform_ref = models.JSONField(_("platform reference"), default=dict, blank=True)
    enrichment_data = models.JSONField(_("enrichment"), default=dict, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    # The rendered copy of `LeadFieldValue`; the default is the database's, to add it at once.
    custom_fields = models.JSONField(
        _("custom fields"),
        default=dict,
        db_default=Value({}, models.JSONField()),
        blank=True,
    )
    notes = models.TextField(_("notes"), blank=True)
    heat_score = models.IntegerField(_("heat score"), default=0, editable=False)
    heat = models.CharField(
        _("heat"), max_length=4, choices=Heat, default=Heat.COLD, editable=False
    )
    quality_rating = models.CharField(
        _("quality rating"), max_length=8, choices=QualityRating, default=QualityRating.UNRATED
    )
    first_contacted_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_contacted_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_contact_method = models.CharField(max_length=10, blank=True, editable=False)
    contact_count = models.PositiveIntegerField(default=0, editable=False)
    last_response_at = models.DateTimeField(null=True, blank=True, editable=False)
    response_count = models.PositiveIntegerField(default=0, editable=False)
    enriched_at = models.DateTimeField(null=True, blank=True, editable=False)
    conversing_at = models.DateTimeField(null=True, blank=True, editable=False)
    qualified_at = models.DateTimeField(null=True, blank=True, editable=False)
    scheduled_at = models.DateTimeField(null=True, blank=True, editable=False)
    completed_at = models.DateTimeField(null=True, blank=True, editable=False)
    converted_at = models.DateTimeField(null=True, blank=True, editable=False)
    lost_at = models.DateTimeField(null=True, blank=True, editable=False)
    loss_reason = models.CharField(max_length=60, blank=True, editable=False)
    unqualified_reason = models.CharField(max_length=60, blank=True, editable=False)
    last_activity_at = models.DateTimeField(editable=False)
    # The earliest open task; see `leads.diary.followups`.
    next_task_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Reckoned when the lead comes in; see `leads.responding.response`.
    first_response_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    auto_close_alarm_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Set by the conversions app, which this one does not know.
    conversion_id = models.UUIDField(null=True, blank=True, editable=False)
    conversion_metadata = models.JSONField(default=dict, blank=True, editable=False)
    created_by = models.CharField(_("created by"), max_length=200, blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = LeadQuerySet.as_manager()

    class Meta:
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "contact"],
                condition=Q(deleted_at__isnull=True, status__in=list(OPEN_STATUSES)),
                name="lead_one_open_per_contact",
            ),
            models.UniqueConstraint(fields=["workspace", "number"], name="lead_number"),
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in Status]),
                name="lead_status_known",
            ),
            models.CheckConstraint(
                condition=Q(heat__in=[heat.value for heat in Heat]), name="lead_heat_known"
            ),
            models.CheckConstraint(
                condition=~Q(status="lost") | Q(lost_at__isnull=False), name="lead_lost_has_time"
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "-created_at", "-id"],
                condition=Q(deleted_at__isnull=True),
                name="lead_newest",
            ),
            models.Index(
                fields=["workspace", "-last_activity_at", "-id"],
                condition=Q(deleted_at__isnull=True),
                name="lead_last_activity",
            ),
            models.Index(
                fields=["workspace", "-heat_score", "-id"],
                condition=Q(deleted_at__isnull=True),
                name="lead_hottest",
            ),
            models.Index(
                fields=["workspace", "status", "-created_at", "-id"],
                condition=Q(deleted_at__isnull=True),
                name="lead_status_newest",
            ),
            models.Index(
                fields=["workspace", "assigned_to", "-created_at", "-id"],
                condition=Q(deleted_at__isnull=True),
                name="lead_owner_newest",
            ),
            models.Index(
                fields=["workspace", "source", "-created_at", "-id"],
                condition=Q(deleted_at__isnull=True),
                name="lead_source_newest",
            ),
            models.Index(
                fields=["workspace", "last_contacted_at"],
                condition=Q(deleted_at__isnull=True),
                name="lead_last_contact",
            ),
            models.Index(
                fields=["workspace", "assigned_to", "status", "last_contacted_at"],
                condition=Q(deleted_at__isnull=True, status__in=list(OPEN_STATUSES)),
                name="lead_open_by_owner",
            ),
            # How many open leads each member has: small enough to be counted through.
            models.Index(
                fields=["workspace", "assigned_to"],
                condition=Q(deleted_at__isnull=True, status__in=list(OPEN_STATUSES)),
                name="lead_open_of_member",
            ),
            models.Index(
                fields=["workspace", "-created_at", "-id", "last_contacted_at"],
                condition=Q(deleted_at__isnull=True, status__in=["contacted", "conversing"]),
                name="lead_in_touch_newest",
            ),
            # The named questions of the Leads page: what they ask stands in the index.
            models.Index(
                fields=[
                    "workspace",
                    "-created_at",
                    "-id",
                    "last_contacted_at",
                    "contact_count",
                    "last_response_at",
                ],
                condition=Q(deleted_at__isnull=True, status__in=list(OPEN_STATUSES)),
                name="lead_open_newest",
            ),
            models.Index(
                fields=["workspace", "last_contact_method", "-created_at", "-id"],
                condition=Q(deleted_at__isnull=True),
                name="lead_method_newest",
            ),
            models.Index(
                fields=["workspace", "-heat_score", "created_at", "id"],
                condition=Q(
                    deleted_at__isnull=True,
                    status__in=list(OPEN_STATUSES),
                    heat="HOT",
                    last_contacted_at__isnull=True,
                ),
                name="lead_hot_untouched",
            ),
            # Hot leads are few among many: without an index of their own, a list or a column of
            # them is looked for among all the others.
            models.Index(
                fields=["workspace", "status", "-created_at", "-id"],
                condition=Q(deleted_at__isnull=True, heat="HOT"),
                name="lead_hot_by_status",
            ),
            # How many open leads have which score: small enough to be counted through.
            models.Index(
                fields=["workspace", "heat_score"],
                condition=Q(deleted_at__isnull=True, status__in=list(OPEN_STATUSES)),
                name="lead_open_by_score",
            ),
            models.Index(
                fields=["workspace", "first_response_due_at", "id"],
                condition=Q(
                    deleted_at__isnull=True,
                    status__in=["new", "enriched"],
                    first_contacted_at__isnull=True,
                    first_response_due_at__isnull=False,
                ),
                name="lead_awaits_response",
            ),
            models.Index(
                fields=["workspace", "external_id"],
                condition=~Q(external_id=""),
                name="lead_external_id",
            ),
            # Whose leads they are, told from deleted ones and in the order of lists without reading
            # a row: what a list asks that goes by people's tags or fields.
            models.Index(
                fields=["workspace", "contact"],
                include=("id", "deleted_at", "created_at"),
                name="lead_of_contact",
            ),
            models.Index(
                fields=["auto_close_alarm_at"],
                condition=Q(deleted_at__isnull=True, status__in=["new", "enriched", "qualified"]),
                name="lead_alarm_due",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.contact.name}"

    @property
    def awaits_first_response(self) -> bool:
        """One row of `awaiting_first_response`."""
        is_untouched = self.status in (Status.NEW, Status.ENRICHED)
        has_target = self.first_response_due_at is not None
        return has_target and is_untouched and self.first_contacted_at is None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES
