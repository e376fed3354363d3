"""One lead in one campaign: where it came from, how far it is, and whose turn it is to call."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantForeignKey, TenantModel, TenantQuerySet, workspace_without_key
from leads.models import Lead
from leads.models.lead import sees_own_only

from .campaign import Campaign, CampaignLeadList

if TYPE_CHECKING:
    from accounts.actors import Actor


class CampaignLeadQuerySet(TenantQuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        """Those of the leads the actor may see; a caller also sees what is leased to them."""
        rows = self.in_workspace(actor.own_workspace.pk)
        if sees_own_only(actor):
            mine = Q(lead__in=Lead.objects.visible_to(actor).values("pk"))
            rows = rows.filter(mine | Q(leased_by=actor.user))
        return rows

    def waiting(self) -> Self:
        """Still to be called, now or later, those in a call included."""
        return self.filter(due_at__isnull=False)

    def due(self, now: datetime) -> Self:
        """May be called; a lease that ran out puts its lead back among them by itself."""
        return self.filter(due_at__lte=now)

    def in_queue_order(self) -> Self:
        """Within one attached list: the hottest first, of equals the oldest lead.

        The ids are time-ordered. With one list, `due` and zones this is one walk along the index
        `campaign_lead_queue`.
        """
        return self.order_by("-heat_score", "lead_id")

    def leased_to(self, actor: "Actor", now: datetime) -> Self:
        """What the actor is in a call with."""
        rows = self.in_workspace(actor.own_workspace.pk)
        return rows.filter(status=CampaignLead.Status.CALLING, leased_by=actor.user, due_at__gt=now)


class CampaignLead(TenantModel):
    """`new` → `queued` → `calling` → `contacted` → `converted` | `failed`.

    New is who was enrolled before the campaign started. `due_at` is the queue's one column: when
    the lead may be called; while it is `calling`, when the caller's lease is over; null when
    nothing is left to do. `contacted_at` and `succeeded_at` are the first time either was true:
    the counters of the attached list count them, so that a callback stays counted as contacted.
    """

    class Status(models.TextChoices):
        NEW = "new", _("New")
        QUEUED = "queued", _("Queued")
        CALLING = "calling", _("In a call")
        CONTACTED = "contacted", _("Contacted")
        CONVERTED = "converted", _("Converted")
        FAILED = "failed", _("Failed")

    # Without a constraint of its own: the lead's, which names both, holds the workspace too, and
    # each is asked for every one of a hundred thousand rows.
    workspace = workspace_without_key()
    campaign = TenantForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="leads", verbose_name=_("campaign")
    )
    lead = TenantForeignKey(
        Lead, on_delete=models.CASCADE, related_name="campaign_leads", verbose_name=_("lead")
    )
    # The first list it came from; later ones only add who is not there.
    source = TenantForeignKey(
        CampaignLeadList, on_delete=models.CASCADE, related_name="leads", verbose_name=_("list")
    )
    status = models.CharField(
        _("status"), max_length=9, choices=Status, default=Status.QUEUED, editable=False
    )
    outcome = models.CharField(_("outcome"), max_length=40, blank=True, editable=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0, editable=False)
    last_attempt_at = models.DateTimeField(_("last attempt"), null=True, editable=False)
    due_at = models.DateTimeField(_("due"), null=True, default=timezone.now, editable=False)
    # Promised to somebody at a time; its `due_at` is the same.
    callback_at = models.DateTimeField(_("call back at"), null=True, editable=False)
    contacted_at = models.DateTimeField(_("contacted"), null=True, editable=False)
    succeeded_at = models.DateTimeField(_("success"), null=True, editable=False)

    # Copies that the queue is ordered and narrowed by. The heat follows the lead by trigger; the
    # zone is looked at again when the lead is handed out. Empty: the workspace's own.
    heat_score = models.IntegerField(_("heat score"), default=0, editable=False)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, editable=False)

    # Who has it, and, of a callback, who promised it. A key's lease has no person.
    leased_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
        verbose_name=_("caller"),
    )
    lease_token = models.UUIDField(null=True, editable=False)
    leased_at = models.DateTimeField(null=True, editable=False)

    pledged_amount = models.DecimalField(
        _("pledged"), max_digits=14, decimal_places=2, default=Decimal(0), editable=False
    )
    donated_amount = models.DecimalField(
        _("donated"), max_digits=14, decimal_places=2, default=Decimal(0), editable=False
    )
    total_talk_time = models.PositiveIntegerField(_("talk time"), default=0, editable=False)
    last_call_duration = models.PositiveIntegerField(_("last call"), default=0, editable=False)
    # Of an import of the old shape.
    notes = models.TextField(_("notes"), blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CampaignLeadQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign lead")
        verbose_name_plural = _("campaign leads")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "campaign", "lead"], name="campaign_lead_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=["new", "queued", "calling", "contacted", "converted", "failed"]
                ),
                name="campaign_lead_status_known",
            ),
            # What is finished is nobody's turn, and what is not always is at some time.
            models.CheckConstraint(
                condition=Q(status__in=["new", "queued", "calling"], due_at__isnull=False)
                | Q(status__in=["contacted", "converted", "failed"], due_at__isnull=True),
                name="campaign_lead_due_while_open",
            ),
            models.CheckConstraint(
                condition=~Q(status="calling") | Q(lease_token__isnull=False),
                name="campaign_lead_calling_is_leased",
            ),
            models.CheckConstraint(
                condition=Q(succeeded_at__isnull=True) | Q(contacted_at__isnull=False),
                name="campaign_lead_success_was_contacted",
            ),
            models.CheckConstraint(
                condition=Q(pledged_amount__gte=0, donated_amount__gte=0),
                name="campaign_lead_amounts_positive",
            ),
        ]
        indexes = [
            # The queue itself. What is not due, or in a zone where it is night, is passed over
            # without a look at the row.
            models.Index(
                fields=["source", "-heat_score", "lead", "due_at", "time_zone"],
                condition=Q(due_at__isnull=False),
                name="campaign_lead_queue",
            ),
            models.Index(
                fields=["workspace", "leased_by", "callback_at"],
                condition=Q(callback_at__isnull=False, due_at__isnull=False),
                name="campaign_lead_callbacks",
            ),
            # Callbacks whose time has come, whoever promised them.
            models.Index(
                fields=["workspace", "campaign", "callback_at"],
                condition=Q(callback_at__isnull=False, due_at__isnull=False),
                name="campaign_lead_promised",
            ),
            # In which zones people wait, and since or until when.
            models.Index(
                fields=["workspace", "campaign", "time_zone", "due_at"],
                condition=Q(due_at__isnull=False),
                name="campaign_lead_waiting",
            ),
            models.Index(
                fields=["workspace", "leased_by", "due_at"],
                condition=Q(status="calling"),
                name="campaign_lead_in_call",
            ),
            models.Index(
                fields=["workspace", "campaign", "status", "-id"], name="campaign_lead_status"
            ),
            # Progress by outcome, and the page of an outcome.
            models.Index(
                fields=["workspace", "campaign", "outcome", "-id"],
                condition=~Q(outcome=""),
                name="campaign_lead_outcome",
            ),
            models.Index(fields=["workspace", "campaign", "-id"], name="campaign_lead_newest"),
            models.Index(fields=["workspace", "source", "-id"], name="campaign_lead_of_list"),
            models.Index(fields=["workspace", "lead"], name="campaign_lead_lead"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.lead_id}"

    @property
    def is_waiting(self) -> bool:
        return self.due_at is not None
