"""What was changed, by whom, from what to what: written by the database's own trigger."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .base import TenantManager, TenantModel


@dataclass(frozen=True)
class Tracked:
    """Which changes of a model's rows are kept; the model carries it as `history`.

    `values`: fields kept with what they were and became. `names`: personal fields and secrets, of
    which only the fact is kept that they changed, so that erasing a person never meets a row that
    must not be touched. Counters and scores are in neither. `labels`: what to call a field whose
    own name is no word for people. `codes`: a field's labels, by workspace id, where the workspace
    chose them.
    """

    values: tuple[str, ...]
    names: tuple[str, ...] = ()
    labels: Mapping[str, str | Promise] = field(default_factory=dict)
    codes: Mapping[str, Callable[[Any], Mapping[str, str]]] = field(default_factory=dict)


class ExactDecoder(json.JSONDecoder):
    """Money stays what it was: a `Decimal`, with its zeros."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"parse_float": Decimal})


class HistoryEvent(TenantModel):
    """One update or deletion of a tracked row. It outlives the row, and is never changed.

    Nothing in Python writes one: the trigger does, whoever changes the row and however many at
    once. `changes` is by column: `[before, after]`. A key of a whole organization has no workspace;
    its events are the system's alone.
    """

    class Operation(models.TextChoices):
        UPDATE = "update", _("Changed")
        DELETE = "delete", _("Deleted")

    class ActorKind(models.TextChoices):
        USER = "user", _("Person")
        KEY = "key", _("API key")
        SYSTEM = "system", _("Leadloop")
        # No scope was open: somebody with a database client.
        DATABASE = "database", _("Database")

    # Counts up within one transaction too, where times may be the same.
    id = models.BigAutoField(primary_key=True)  # type: ignore[assignment]
    # Without a constraint: the history of a workspace outlives it, until an operator prunes it.
    workspace = models.ForeignKey(  # type: ignore[assignment]
        "accounts.Workspace",
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,
        db_constraint=False,
        null=True,
    )
    model = models.CharField(_("kind of row"), max_length=100)
    object_id = models.UUIDField(_("row"))
    operation = models.CharField(_("what happened"), max_length=6, choices=Operation)
    changes = models.JSONField(_("changes"), decoder=ExactDecoder)
    concealed = models.JSONField(_("changed without their values"), default=list)
    actor_kind = models.CharField(_("kind of actor"), max_length=8, choices=ActorKind)
    actor_label = models.CharField(_("by"), max_length=400, blank=True)
    actor_id = models.UUIDField(_("actor"), null=True)
    via = models.CharField(_("through"), max_length=20, blank=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True)

    objects = TenantManager()

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["workspace", "model", "object_id", "-id"], name="history_of_row")
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.operation} {self.created_at:%Y-%m-%d %H:%M}"
