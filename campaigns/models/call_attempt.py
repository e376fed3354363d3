"""One call of a campaign, as it was recorded."""

from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantForeignKey, TenantModel, TenantQuerySet
from leads.models import Lead
from leads.models.lead import sees_own_only

from .campaign import Campaign
from .campaign_lead import CampaignLead

if TYPE_CHECKING:
    from accounts.actors import Actor


class CallAttemptQuerySet(TenantQuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        rows = self.in_workspace(actor.own_workspace.pk)
        if sees_own_only(actor):
            leads = Lead.objects.visible_to(actor).values("pk")
            rows = rows.filter(Q(user=actor.user) | Q(campaign_lead__lead__in=leads))
        return rows


class CallAttempt(TenantModel):
    """Added, never changed. The campaign lead's attempts, talk time and amounts are its sums."""

    campaign = TenantForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="calls", verbose_name=_("campaign")
    )
    campaign_lead = TenantForeignKey(
        CampaignLead, on_delete=models.CASCADE, related_name="calls", verbose_name=_("lead")
    )
    # The lease it was made under: recording the same call twice finds the first.
    lease_token = models.UUIDField(null=True, editable=False)
    at = models.DateTimeField(_("at"), default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("caller"),
    )
    created_by = models.CharField(_("called by"), max_length=200, blank=True)
    outcome = models.CharField(_("outcome"), max_length=40)
    duration = models.PositiveIntegerField(_("seconds"), default=0)
    notes = models.TextField(_("notes"), blank=True)
    callback_at = models.DateTimeField(_("call back at"), null=True, blank=True)
    pledged_amount = models.DecimalField(
        _("pledged"), max_digits=14, decimal_places=2, default=Decimal(0)
    )
    donated_amount = models.DecimalField(
        _("donated"), max_digits=14, decimal_places=2, default=Decimal(0)
    )
    # Its line on the lead's timeline.
    interaction_id = models.UUIDField(null=True, editable=False)

    objects = CallAttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "lease_token"],
                condition=Q(lease_token__isnull=False),
                name="call_once_per_lease",
            ),
            models.CheckConstraint(
                condition=Q(pledged_amount__gte=0, donated_amount__gte=0) & ~Q(outcome=""),
                name="call_has_outcome_and_sane_amounts",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-at", "-id"], name="call_newest"),
            models.Index(fields=["workspace", "campaign", "-at", "-id"], name="call_of_campaign"),
            models.Index(fields=["workspace", "campaign_lead", "-at"], name="call_of_lead"),
            models.Index(fields=["workspace", "user", "-at"], name="call_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.at:%Y-%m-%d %H:%M}"
