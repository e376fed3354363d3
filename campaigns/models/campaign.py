"""A calling effort, and the lists it works through."""

from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import DecimalField, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantForeignKey, TenantModel, TenantQuerySet, Tracked

from .lead_list import LeadList

if TYPE_CHECKING:
    from accounts.actors import Actor

MOST_ATTEMPTS = 50
MOST_PRIORITY = 1000

_COUNTERS = (
    "total_leads",
    "waiting_leads",
    "contacted_leads",
    "successful_leads",
    "attempts",
    "talk_time",
)
_AMOUNTS = ("pledged_amount", "donated_amount")


class CampaignQuerySet(TenantQuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        return self.in_workspace(actor.own_workspace.pk)

    def running(self) -> Self:
        return self.filter(status=Campaign.Status.ACTIVE)

    def with_totals(self) -> Self:
        """With each counter and amount of its lists summed up, under the same names.

        A campaign has no counters of its own: fifty callers would wait for one row.
        """
        rows = CampaignLeadList.objects.filter(campaign=OuterRef("pk")).order_by()
        grouped = rows.values("campaign")
        money = DecimalField(max_digits=16, decimal_places=2)
        counts = {
            name: Coalesce(Subquery(grouped.annotate(n=Sum(name)).values("n")), 0)
            for name in _COUNTERS
        }
        amounts = {
            name: Coalesce(
                Subquery(grouped.annotate(n=Sum(name)).values("n")),
                Decimal(0),
                output_field=money,
            )
            for name in _AMOUNTS
        }
        return self.annotate(**counts, **amounts)


class Campaign(TenantModel):
    """`draft` → `active` ⇄ `paused` → `completed`.

    `calling_hours` is `{start, end, days[]}` in the lead's time zone, or null for any hour;
    `retry_delays` has minutes by outcome and overrides `OUTCOME_RULES`.
    """

    history = Tracked(
        (
            "name",
            "description",
            "status",
            "script",
            "calling_hours",
            "retry_delays",
            "max_attempts",
            "lease_minutes",
            "currency",
        )
    )

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        COMPLETED = "completed", _("Completed")

    # Which status may follow which.
    MOVES = {
        Status.DRAFT: (Status.ACTIVE,),
        Status.ACTIVE: (Status.PAUSED, Status.COMPLETED),
        Status.PAUSED: (Status.ACTIVE, Status.COMPLETED),
        Status.COMPLETED: (),
    }

    name = models.CharField(_("name"), max_length=255)
    description = models.TextField(_("description"), blank=True)
    status = models.CharField(
        _("status"), max_length=9, choices=Status, default=Status.DRAFT, editable=False
    )
    script = models.TextField(_("script"), blank=True)
    calling_hours = models.JSONField(_("calling hours"), null=True, blank=True)
    retry_delays = models.JSONField(_("minutes to the next attempt"), default=dict, blank=True)
    max_attempts = models.PositiveSmallIntegerField(
        _("attempts at most"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_ATTEMPTS)],
    )
    lease_minutes = models.PositiveSmallIntegerField(
        _("minutes a caller has"),
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(240)],
    )
    currency = models.CharField(_("currency"), max_length=3)
    created_by = models.CharField(_("created by"), max_length=200, blank=True, editable=False)
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    completed_at = models.DateTimeField(_("completed"), null=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(currency=""), name="campaign_has_name_and_currency"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "active", "paused", "completed"]),
                name="campaign_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="completed", completed_at__isnull=False)
                | (~Q(status="completed") & Q(completed_at__isnull=True)),
                name="campaign_completed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(max_attempts__gte=1, max_attempts__lte=MOST_ATTEMPTS)
                & Q(lease_minutes__gte=1),
                name="campaign_limits_in_range",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-created_at", "-id"], name="campaign_newest"),
            models.Index(
                fields=["workspace", "status", "-created_at", "-id"], name="campaign_by_status"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def allowed(self) -> tuple[str, ...]:
        """Which statuses may follow its own."""
        return self.MOVES[Campaign.Status(self.status)]


class CampaignLeadListQuerySet(TenantQuerySet):
    def attached(self) -> Self:
        return self.filter(detached_at__isnull=True)

    def in_turn(self) -> Self:
        """Those that are called through, the most urgent first."""
        return self.attached().filter(is_active=True).order_by("priority", "assigned_at", "id")


class CampaignLeadList(TenantModel):
    """A list in a campaign: how it is worked through and how far that is.

    The counters are kept by the database (ADR 15) and never written here: save with
    `update_fields`. Priority and pause are read by the queue from here, so that changing them
    rewrites no lead. A list that was taken away after some of it was called stays, `detached_at`
    set, as the source of those leads.
    """

    history = Tracked(
        ("priority", "max_attempts_override", "filter_criteria", "is_active", "detached_at"),
        labels={"detached_at": _("taken away")},
    )

    campaign = TenantForeignKey(
        Campaign,
        on_delete=models.CASCADE,
        related_name="attached_lists",
        verbose_name=_("campaign"),
    )
    lead_list = TenantForeignKey(
        LeadList, on_delete=models.CASCADE, related_name="uses", verbose_name=_("list")
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_PRIORITY)],
        help_text=_("1 is called first."),
    )
    max_attempts_override = models.PositiveSmallIntegerField(
        _("attempts at most"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_ATTEMPTS)],
        help_text=_("Empty: as the campaign says."),
    )
    # As `LeadList.criteria`; empty for the whole list.
    filter_criteria = models.JSONField(_("only those who"), default=dict, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    assigned_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)
    completed_at = models.DateTimeField(_("completed"), null=True, editable=False)
    detached_at = models.DateTimeField(null=True, editable=False)

    total_leads = models.PositiveIntegerField(_("leads"), default=0, editable=False)
    # Those who are still to be called.
    waiting_leads = models.PositiveIntegerField(_("waiting"), default=0, editable=False)
    contacted_leads = models.PositiveIntegerField(_("contacted"), default=0, editable=False)
    successful_leads = models.PositiveIntegerField(_("successful"), default=0, editable=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0, editable=False)
    talk_time = models.PositiveBigIntegerField(_("talk time"), default=0, editable=False)
    pledged_amount = models.DecimalField(
        _("pledged"), max_digits=16, decimal_places=2, default=Decimal(0), editable=False
    )
    donated_amount = models.DecimalField(
        _("donated"), max_digits=16, decimal_places=2, default=Decimal(0), editable=False
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects = CampaignLeadListQuerySet.as_manager()

    class Meta:
        verbose_name = _("list of a campaign")
        verbose_name_plural = _("lists of campaigns")
        ordering = ["priority", "assigned_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "campaign", "lead_list"], name="campaign_list_once"
            ),
            models.CheckConstraint(
                condition=Q(priority__gte=1, priority__lte=MOST_PRIORITY),
                name="campaign_list_priority_in_range",
            ),
            models.CheckConstraint(
                condition=Q(max_attempts_override__isnull=True)
                | Q(max_attempts_override__gte=1, max_attempts_override__lte=MOST_ATTEMPTS),
                name="campaign_list_override_in_range",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "lead_list"], name="campaign_list_of_list"),
            models.Index(fields=["workspace", "-created_at", "-id"], name="campaign_list_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.lead_list_id}"

    @property
    def conversion_rate(self) -> Decimal | None:
        """Successes per contacted lead in percent; None while nobody was reached."""
        if not self.contacted_leads:
            return None
        rate = Decimal(100 * self.successful_leads) / self.contacted_leads
        return rate.quantize(Decimal("0.01"))
