"""Who is given leads by itself: a workspace's policy, its rules, its territories, and who waits."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantForeignKey, TenantManager, TenantModel, Tracked

from .lead import Lead

MOST_CAP = 100_000
_A_CAP = [MinValueValidator(0), MaxValueValidator(MOST_CAP)]


class AssignmentPolicy(TenantModel):
    """When a workspace gives leads away by itself, and how; a workspace without one never does.

    Changed through `leads.assigning.assignment_policy`, as are rules and territories.
    """

    class Trigger(models.TextChoices):
        NONE = "none", _("Never")
        CREATED = "created", _("When a lead comes in")
        ENRICHED = "enriched", _("When a lead is enriched")

    class Strategy(models.TextChoices):
        ROUND_ROBIN = "round_robin", _("In turn (round robin)")
        LEAST_LOADED = "least_loaded", _("Whoever has the fewest open leads")

    history = Tracked(("trigger", "strategy", "default_cap"))

    trigger = models.CharField(_("when"), max_length=8, choices=Trigger, default=Trigger.NONE)
    strategy = models.CharField(
        _("whose turn"), max_length=12, choices=Strategy, default=Strategy.ROUND_ROBIN
    )
    default_cap = models.PositiveIntegerField(
        _("most open leads of a member"), null=True, blank=True, validators=_A_CAP
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager()

    class Meta:
        verbose_name = _("assignment policy")
        verbose_name_plural = _("assignment policies")
        constraints = [
            models.UniqueConstraint(fields=["workspace"], name="assignment_policy_once"),
            models.CheckConstraint(
                condition=Q(trigger__in=["none", "created", "enriched"]),
                name="assignment_trigger_known",
            ),
            models.CheckConstraint(
                condition=Q(strategy__in=["round_robin", "least_loaded"]),
                name="assignment_strategy_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_trigger_display()} · {self.get_strategy_display()}"


class Territory(TenantModel):
    """A named set of places: a contact is in it when any of the three names where they are.

    Regions and postal prefixes carry their country, ``US-CA`` and ``DE-80``; see
    `leads.assigning.territories`.
    """

    history = Tracked(("name", "countries", "regions", "postal_prefixes"))

    name = models.CharField(_("name"), max_length=120)
    countries = ArrayField(
        models.CharField(max_length=2), verbose_name=_("countries"), default=list, blank=True
    )
    regions = ArrayField(
        models.CharField(max_length=103), verbose_name=_("regions"), default=list, blank=True
    )
    postal_prefixes = ArrayField(
        models.CharField(max_length=23), verbose_name=_("postal codes"), default=list, blank=True
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager()

    class Meta:
        verbose_name = _("territory")
        verbose_name_plural = _("territories")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="territory_name_once")
        ]

    def __str__(self) -> str:
        return self.name


class AssignmentRule(TenantModel):
    """Which members are asked for which leads; the first rule that fits decides.

    Every condition that is set must hold: any of the sources, any of the tags, the territory. Who
    left the workspace stays among `member_ids` and is passed over.
    """

    class IfNobody(models.TextChoices):
        WAIT = "wait", _("The lead waits for them")
        NEXT = "next", _("The next rule is tried, at last everybody")

    history = Tracked(
        (
            "name",
            "position",
            "is_active",
            "sources",
            "tags",
            "territory",
            "member_ids",
            "if_nobody",
        ),
        labels={"member_ids": _("members")},
    )

    name = models.CharField(_("name"), max_length=120)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    sources = ArrayField(
        models.CharField(max_length=20), verbose_name=_("sources"), default=list, blank=True
    )
    tags = ArrayField(
        models.CharField(max_length=60), verbose_name=_("tags"), default=list, blank=True
    )
    territory = TenantForeignKey(
        Territory,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="rules",
        verbose_name=_("territory"),
    )
    member_ids = ArrayField(models.UUIDField(), verbose_name=_("members"), default=list)
    if_nobody = models.CharField(
        _("if nobody can"), max_length=4, choices=IfNobody, default=IfNobody.NEXT
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager()

    class Meta:
        verbose_name = _("assignment rule")
        verbose_name_plural = _("assignment rules")
        ordering = ["position", "created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="assignment_rule_name_once"),
            models.CheckConstraint(
                condition=Q(if_nobody__in=["wait", "next"]), name="assignment_if_nobody_known"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "position", "id"], name="assignment_rule_position"),
            models.Index(fields=["workspace", "territory"], name="assignment_rule_territory"),
        ]

    def __str__(self) -> str:
        return self.name


class AssignmentMember(TenantModel):
    """What assigning knows of a member beside their membership; made when there is something."""

    history = Tracked(("user", "cap", "by_email"))

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        verbose_name=_("member"),
    )
    cap = models.PositiveIntegerField(
        _("most open leads"),
        null=True,
        blank=True,
        validators=_A_CAP,
        help_text=_("Empty: as the policy says for everybody."),
    )
    # The latest number drawn; whose is lowest is next. Times would tie within a batch.
    turn = models.BigIntegerField(_("last turn"), default=0, editable=False)
    by_email = models.BooleanField(
        _("tell by e-mail"), default=True, help_text=_("Of leads that somebody else gave them.")
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager()

    class Meta:
        verbose_name = _("member's assignment")
        verbose_name_plural = _("members' assignment")
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="assignment_member_once")
        ]

    def __str__(self) -> str:
        return str(self.user)


class WaitingLead(TenantModel):
    """A lead that is to be assigned by itself as soon as somebody can take it, oldest first."""

    lead = TenantForeignKey(
        Lead, on_delete=models.CASCADE, related_name="+", verbose_name=_("lead")
    )
    # Whose members it waits for; none: for anybody.
    rule = TenantForeignKey(
        AssignmentRule,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("rule"),
    )

    objects = TenantManager()

    class Meta:
        verbose_name = _("waiting lead")
        verbose_name_plural = _("waiting leads")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "lead"], name="waiting_lead_once")
        ]
        indexes = [
            models.Index(fields=["workspace", "id"], name="waiting_lead_order"),
            models.Index(fields=["workspace", "rule"], name="waiting_lead_rule"),
        ]

    def __str__(self) -> str:
        return str(self.lead)
