"""Leads grouped for reuse, and who is in a group."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import (
    TenantForeignKey,
    TenantModel,
    TenantQuerySet,
    Tracked,
    workspace_without_key,
)
from leads.models import Lead
from leads.models.lead import sees_own_only

if TYPE_CHECKING:
    from accounts.actors import Actor

LONGEST_LIST_NAME = 255


class LeadListQuerySet(TenantQuerySet):
    def alive(self) -> Self:
        return self.filter(deleted_at__isnull=True)

    def current(self) -> Self:
        """Those offered for work: neither deleted nor archived."""
        return self.alive().filter(is_archived=False)

    def visible_to(self, actor: "Actor") -> Self:
        """Every member sees the lists; whom of a list they see, the leads decide."""
        return self.alive().in_workspace(actor.own_workspace.pk)

    def smart(self) -> Self:
        """Whose members a rule keeps up to date."""
        return self.current().filter(list_type=LeadList.Type.SMART)

    def due_for_rebuild(self, now: datetime) -> Self:
        return self.smart().filter(rebuild_due_at__lte=now).order_by("rebuild_due_at", "id")

    def with_use(self) -> Self:
        """With `campaigns_used_in`, in the same query."""
        from .campaign import CampaignLeadList

        uses = CampaignLeadList.objects.attached().filter(lead_list=OuterRef("pk")).order_by()
        number = uses.values("lead_list").annotate(n=Count("*")).values("n")
        return self.annotate(campaigns_used_in=Coalesce(Subquery(number), 0))


class LeadList(TenantModel):
    """A group of leads: `static` by hand, `dynamic` asked when read, `smart` asked and kept.

    `criteria` is what GET /leads/ takes, as `SavedView.filters` keeps it: each filter with its
    values. `lead_count` is kept by the database (ADR 15) and never written here: save with
    `update_fields`. A dynamic list has no members; its `lead_count` is what was found at
    `counted_at`.
    """

    history = Tracked(
        ("name", "description", "list_type", "criteria", "tags", "is_archived", "deleted_at"),
        labels={"deleted_at": _("deleted")},
    )

    class Type(models.TextChoices):
        STATIC = "static", _("Static")
        DYNAMIC = "dynamic", _("Dynamic")
        SMART = "smart", _("Smart")

    name = models.CharField(_("name"), max_length=LONGEST_LIST_NAME)
    description = models.TextField(_("description"), blank=True)
    list_type = models.CharField(_("kind"), max_length=7, choices=Type, default=Type.STATIC)
    criteria = models.JSONField(_("rule"), default=dict, blank=True)
    tags = models.JSONField(_("tags"), default=list, blank=True)
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    is_archived = models.BooleanField(_("archived"), default=False)
    lead_count = models.PositiveIntegerField(_("leads"), default=0, editable=False)
    counted_at = models.DateTimeField(_("counted"), null=True, editable=False)
    # Of a smart list: last gone through in full, and when that is to be done again. Rules that
    # depend on the day ("not contacted for 30 days") are brought up to date by that alone.
    rebuilt_at = models.DateTimeField(_("gone through"), null=True, editable=False)
    rebuild_due_at = models.DateTimeField(null=True, editable=False)
    # Why the rule cannot be asked, such as a custom field that is no more.
    rule_error = models.TextField(_("error in the rule"), blank=True, editable=False)
    created_by = models.CharField(_("created by"), max_length=200, blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = LeadListQuerySet.as_manager()

    class Meta:
        verbose_name = _("list")
        verbose_name_plural = _("lists")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="lead_list_has_name"),
            models.CheckConstraint(
                condition=Q(list_type__in=["static", "dynamic", "smart"]),
                name="lead_list_type_known",
            ),
            models.CheckConstraint(
                condition=~Q(list_type="static") | Q(criteria={}), name="lead_list_static_no_rule"
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "-created_at", "-id"],
                condition=Q(deleted_at__isnull=True),
                name="lead_list_newest",
            ),
            models.Index(
                fields=["workspace", "name", "id"],
                condition=Q(deleted_at__isnull=True, is_archived=False),
                name="lead_list_by_name",
            ),
            # Whether a workspace has smart lists at all: the triggers ask it of every change.
            models.Index(
                fields=["workspace", "rebuild_due_at"],
                condition=Q(deleted_at__isnull=True, is_archived=False, list_type="smart"),
                name="lead_list_smart",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_rule(self) -> bool:
        return self.list_type != LeadList.Type.STATIC


class LeadListMemberQuerySet(TenantQuerySet):
    def present(self) -> Self:
        """Who is in the list: not taken out by hand, and the lead is there."""
        return self.filter(removed_at__isnull=True, is_present=True)

    def visible_to(self, actor: "Actor") -> Self:
        rows = self.present().in_workspace(actor.own_workspace.pk)
        if sees_own_only(actor):
            rows = rows.filter(lead__in=Lead.objects.visible_to(actor).values("pk"))
        return rows


class LeadListMember(TenantModel):
    """A lead in a static or smart list: who put it there, when, and why.

    A smart list's rebuild adds and takes away what came `by` its rule and leaves alone what a
    person did: `by` hand stays in, and `removed_at` stays out.
    """

    class By(models.TextChoices):
        HAND = "hand", _("By hand")
        RULE = "rule", _("By its rule")
        IMPORT = "import", _("By an import")

    # Without a constraint of its own: the lead's, which names both, holds the workspace too, and
    # each is asked for every one of a hundred thousand rows.
    workspace = workspace_without_key()
    lead_list = TenantForeignKey(
        LeadList, on_delete=models.CASCADE, related_name="members", verbose_name=_("list")
    )
    lead = TenantForeignKey(
        Lead, on_delete=models.CASCADE, related_name="list_memberships", verbose_name=_("lead")
    )
    by = models.CharField(_("put in"), max_length=6, choices=By, default=By.HAND)
    added_at = models.DateTimeField(_("added"), default=timezone.now)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("added by"),
    )
    notes = models.TextField(_("notes"), blank=True)
    removed_at = models.DateTimeField(_("taken out"), null=True, blank=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("taken out by"),
    )
    # The lead is not deleted; the database keeps it.
    is_present = models.BooleanField(default=True, editable=False)

    objects = LeadListMemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("list member")
        verbose_name_plural = _("list members")
        ordering = ["-added_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "lead_list", "lead"], name="lead_list_member_once"
            ),
            models.CheckConstraint(
                condition=Q(by__in=["hand", "rule", "import"]), name="lead_list_member_by_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "lead_list", "-added_at", "-id"],
                condition=Q(removed_at__isnull=True, is_present=True),
                name="lead_list_member_newest",
            ),
            models.Index(fields=["workspace", "lead"], name="lead_list_member_lead"),
        ]

    def __str__(self) -> str:
        return f"{self.lead_list_id}: {self.lead_id}"
