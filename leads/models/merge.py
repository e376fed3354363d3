"""Two contacts that are one person: the suggestion that they are, and the merge of the two."""

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.encryption import SealedDict
from accounts.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet

from .contact import Contact
from .lead import Lead, sees_own_only

if TYPE_CHECKING:
    from accounts.actors import Actor


class MergeQuerySet(TenantQuerySet):
    def standing(self) -> Self:
        """Those that were not taken back."""
        return self.filter(undone_at__isnull=True)

    def visible_to(self, actor: "Actor") -> Self:
        """Those into contacts that the actor may see."""
        rows = self.in_workspace(actor.own_workspace.pk)
        if sees_own_only(actor):
            rows = rows.filter(kept__in=Contact.objects.visible_to(actor).values("pk"))
        return rows


class Merge(TenantModel):
    """One contact went into another; written by `leads.merges.merging` only.

    The lost contact stays as a deleted row, so that its id and number lead to the kept one. Had
    both an open lead, `lost_lead` went into `kept_lead` likewise.
    """

    kept = TenantForeignKey(
        Contact, on_delete=models.CASCADE, related_name="+", verbose_name=_("kept contact")
    )
    lost = TenantForeignKey(
        Contact, on_delete=models.CASCADE, related_name="+", verbose_name=_("lost contact")
    )
    kept_lead = TenantForeignKey(
        Lead,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("kept lead"),
    )
    lost_lead = TenantForeignKey(
        Lead,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("lost lead"),
    )
    # What was chosen of each field that both had: "keep" or "merge".
    choices = models.JSONField(_("choices"), default=dict, blank=True)
    # Which rows went along, from where to where, and how many of each kind: ids and numbers only.
    moved = models.JSONField(_("moved"), default=list, blank=True)
    # The suggestions that were made about the kept contact in place of those about the lost one.
    raised = models.JSONField(default=list, blank=True, editable=False)
    # How the two were before and after; as personal as they are, so kept sealed.
    record_sealed = models.TextField(blank=True, editable=False)
    record = SealedDict("record_sealed")
    # The address and the number that the kept contact did not take over: who writes from there is
    # still the same person.
    other_email = models.CharField(max_length=320, blank=True, editable=False)
    other_phone = models.CharField(max_length=16, blank=True, editable=False)
    merged_by = models.CharField(_("merged by"), max_length=200, blank=True)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)
    undone_by = models.CharField(_("undone by"), max_length=200, blank=True)

    objects = MergeQuerySet.as_manager()

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "lost"],
                condition=Q(undone_at__isnull=True),
                name="merge_loses_contact_once",
            ),
            models.UniqueConstraint(
                fields=["workspace", "lost_lead"],
                condition=Q(undone_at__isnull=True, lost_lead__isnull=False),
                name="merge_loses_lead_once",
            ),
            models.CheckConstraint(condition=~Q(kept=F("lost")), name="merge_is_of_two"),
        ]
        indexes = [
            models.Index(fields=["workspace", "-created_at", "-id"], name="merge_newest"),
            models.Index(fields=["workspace", "kept"], name="merge_of_kept"),
            models.Index(
                fields=["workspace", "other_email"],
                condition=Q(undone_at__isnull=True) & ~Q(other_email=""),
                name="merge_other_email",
            ),
            models.Index(
                fields=["workspace", "other_phone"],
                condition=Q(undone_at__isnull=True) & ~Q(other_phone=""),
                name="merge_other_phone",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.lost.number} → #{self.kept.number}"

    @property
    def is_undone(self) -> bool:
        return self.undone_at is not None


class DuplicateSuggestionQuerySet(TenantQuerySet):
    def open(self) -> Self:
        """Neither dismissed nor merged, and both people are still there."""
        return self.filter(
            dismissed_at__isnull=True,
            merge__isnull=True,
            first__deleted_at__isnull=True,
            second__deleted_at__isnull=True,
        )

    def visible_to(self, actor: "Actor") -> Self:
        """Those of two contacts that the actor may both see."""
        rows = self.in_workspace(actor.own_workspace.pk)
        if sees_own_only(actor):
            seen = Contact.objects.visible_to(actor).values("pk")
            rows = rows.filter(first__in=seen, second__in=seen)
        return rows

    def about(self, contact: Contact) -> Self:
        return self.filter(Q(first=contact) | Q(second=contact))


class DuplicateSuggestion(TenantModel):
    """Two contacts that may be one person; for a person to decide. Once a pair, the older first."""

    class Reason(models.TextChoices):
        ARRIVAL = "arrival", _("One came in with the other’s phone number")
        PHONE = "phone", _("Same phone number")
        NAME_COMPANY = "name_company", _("Same name and company")
        NAME_EMAIL = "name_email", _("Same name, similar e-mail")
        NAME = "name", _("Same name, and nothing else is known of one")

    first = TenantForeignKey(
        Contact, on_delete=models.CASCADE, related_name="+", verbose_name=_("contact")
    )
    second = TenantForeignKey(
        Contact, on_delete=models.CASCADE, related_name="+", verbose_name=_("other contact")
    )
    reasons = ArrayField(models.CharField(max_length=20, choices=Reason), verbose_name=_("reasons"))
    dismissed_at = models.DateTimeField(_("dismissed"), null=True, blank=True)
    dismissed_by = models.CharField(_("dismissed by"), max_length=200, blank=True)
    # The merge that settled it, until it is undone.
    merge = TenantForeignKey(
        Merge, on_delete=models.SET_NULL, null=True, blank=True, related_name="suggestions"
    )

    objects = DuplicateSuggestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("duplicate suggestion")
        verbose_name_plural = _("duplicate suggestions")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "first", "second"], name="duplicate_pair_once"
            ),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="duplicate_pair_in_order"
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "-created_at", "-id"],
                condition=Q(dismissed_at__isnull=True, merge__isnull=True),
                name="duplicate_open_newest",
            ),
            models.Index(
                fields=["workspace", "second"],
                condition=Q(dismissed_at__isnull=True, merge__isnull=True),
                name="duplicate_open_of_second",
            ),
            models.Index(fields=["workspace", "merge"], name="duplicate_of_merge"),
        ]

    def __str__(self) -> str:
        return f"#{self.first.number} = #{self.second.number}?"

    @property
    def reason_labels(self) -> list[str]:
        return [str(self.Reason(reason).label) for reason in self.reasons]


class DuplicateScan(TenantModel):
    """How far the contacts that a workspace had before were looked through for duplicates."""

    reached = models.UUIDField(null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = TenantManager()

    class Meta:
        verbose_name = _("search for duplicates")
        verbose_name_plural = _("searches for duplicates")
        constraints = [
            models.UniqueConstraint(fields=["workspace"], name="duplicate_scan_once"),
        ]

    def __str__(self) -> str:
        return str(self.reached or "–")
