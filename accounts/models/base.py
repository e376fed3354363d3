"""The base of every row that belongs to a workspace."""

from typing import Any, Self

from django.db import models
from django.utils import timezone

from accounts.ids import new_id


class TenantQuerySet(models.QuerySet[Any]):
    """Queries name their workspace; the row-level policy is the second wall."""

    def in_workspace(self, workspace_id: object) -> Self:
        return self.filter(workspace_id=workspace_id)


TenantManager = models.Manager.from_queryset(TenantQuerySet)


class TenantForeignKey(models.ForeignKey):
    """A reference to another row of the same workspace.

    The database enforces it as a composite key ``(workspace_id, <this>_id)``, which Django cannot
    declare and `accounts.tenancy_schema` makes after every migrate: policies do not apply to
    referential checks, so a plain key would let a row point into another workspace. Indexes are
    declared on the models, where they start with the workspace.
    """

    def __init__(self, to: Any, on_delete: Any, **kwargs: Any) -> None:
        kwargs.setdefault("db_constraint", False)
        kwargs.setdefault("db_index", False)
        super().__init__(to, on_delete, **kwargs)


class TenantModel(models.Model):
    """A row of one workspace: UUIDv7 key, and a `workspace_id` that isolation rests on.

    Each model names its own manager: `TenantManager`, or one of a subclass of `TenantQuerySet`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(
        "accounts.Workspace", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    # A default and not `auto_now_add`: rows of an imported past are written in bulk with their own.
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True
