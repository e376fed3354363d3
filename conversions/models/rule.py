"""Which result goes to which ad platform, as what, with which value."""

from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantForeignKey, TenantModel, TenantQuerySet, Tracked
from integrations.models import Connection

STAGE_TRIGGERS = ("qualified", "scheduled", "completed", "converted")
CONVERSION_TRIGGER = "conversion:"


class ConversionRuleQuerySet(TenantQuerySet):
    def alive(self) -> Self:
        return self.filter(deleted_at__isnull=True)

    def firing(
        self, workspace_id: object, triggers: Collection[str]
    ) -> "defaultdict[str, list[ConversionRule]]":
        """The rules that send any of these triggers of this workspace somewhere, by trigger."""
        rows = self.alive().filter(workspace_id=workspace_id, trigger__in=triggers, is_active=True)
        found: defaultdict[str, list[ConversionRule]] = defaultdict(list)
        for rule in rows.select_related("workspace"):
            found[rule.trigger].append(rule)
        return found


class ConversionRule(TenantModel):
    """A deleted rule stays as a row: its uploads keep it from ever sending twice."""

    history = Tracked(
        (
            "trigger",
            "connection",
            "external_action",
            "value_strategy",
            "amount",
            "share",
            "currency",
            "is_active",
            "deleted_at",
        ),
        labels={"connection": _("connection"), "deleted_at": _("deleted")},
    )

    class ValueStrategy(models.TextChoices):
        NONE = "none", _("No value")
        FIXED = "fixed", _("A fixed amount")
        CONVERSION = "conversion", _("The conversion's value")
        SHARE = "share", _("A share of the conversion's value")

    trigger = models.CharField(
        _("trigger"),
        max_length=80,
        help_text=_("qualified, scheduled, completed, converted, or conversion:<type>"),
    )
    connection = TenantForeignKey(Connection, on_delete=models.CASCADE, related_name="rules")
    external_action = models.CharField(
        _("sent as"),
        max_length=200,
        help_text=_("The platform's conversion action id, or the name of the event."),
    )
    value_strategy = models.CharField(
        _("value"), max_length=12, choices=ValueStrategy, default=ValueStrategy.NONE
    )
    amount = models.DecimalField(
        _("amount"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )
    share = models.DecimalField(
        _("share in percent"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
    )
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ConversionRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("conversion rule")
        verbose_name_plural = _("conversion rules")
        constraints = [
            models.CheckConstraint(
                condition=~Q(value_strategy="fixed") | Q(amount__isnull=False),
                name="rule_fixed_has_amount",
            ),
            models.CheckConstraint(
                condition=~Q(value_strategy="share") | Q(share__isnull=False),
                name="rule_share_has_share",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "trigger"], name="rule_trigger"),
            models.Index(fields=["workspace", "-created_at", "-id"], name="rule_newest"),
            models.Index(fields=["workspace", "connection"], name="rule_connection"),
        ]

    def __str__(self) -> str:
        return f"{self.trigger} → {self.external_action}"
