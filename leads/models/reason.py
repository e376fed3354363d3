"""Why leads are lost or found unqualified: lists a workspace keeps for itself."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantModel, TenantQuerySet


class ReasonQuerySet(TenantQuerySet):
    def active(self, workspace_id: object, kind: str) -> "ReasonQuerySet":
        return self.filter(workspace_id=workspace_id, kind=kind, is_active=True)

    def choices_for(self, workspace_id: object, kind: str) -> list[tuple[Any, ...]]:
        return list(self.active(workspace_id, kind).values_list("code", "label"))

    def offered(self, workspace_id: object) -> dict[str, list[tuple[str, str]]]:
        """The choices of each kind, in one query."""
        found: dict[str, list[tuple[str, str]]] = {kind.value: [] for kind in Reason.Kind}
        rows = self.filter(workspace_id=workspace_id, is_active=True)
        for kind, code, label in rows.values_list("kind", "code", "label"):
            found[kind].append((code, label))
        return found


class Reason(TenantModel):
    """One reason, by code; `no_contact` and `lost_contact` are always there for the timers."""

    class Kind(models.TextChoices):
        LOSS = "loss", _("Loss reason")
        UNQUALIFIED = "unqualified", _("Unqualified reason")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    code = models.SlugField(_("code"), max_length=60, db_index=False)
    label = models.CharField(_("label"), max_length=200)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("offered"), default=True)

    objects = ReasonQuerySet.as_manager()

    class Meta:
        verbose_name = _("reason")
        verbose_name_plural = _("reasons")
        ordering = ["kind", "position", "label"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "kind", "code"], name="reason_once")
        ]

    def __str__(self) -> str:
        return self.label
