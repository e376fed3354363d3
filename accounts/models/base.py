"""The base of every row that belongs to a workspace."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Value
from django.db.models.base import ModelState
from django.utils import timezone
from django.utils.encoding import force_str

from accounts.ids import new_id


class _EachOf(models.Func):
    """The elements of an array, as rows."""

    template = "(SELECT unnest(%(expressions)s))"


class TenantQuerySet(models.QuerySet[Any]):
    """Queries name their workspace; the row-level policy is the second wall."""

    def in_workspace(self, workspace_id: object) -> Self:
        return self.filter(workspace_id=workspace_id)

    def with_any(self, column: str, texts: Iterable[str]) -> Self:
        """The rows whose `column` is one of these, none of them blank.

        However many: each is looked up in the index of those that are not blank. From a list of
        more than a hundred PostgreSQL does not conclude that they are not, so it is said; and as
        the policy makes a workspace look small, it would rather read all of one.
        """
        given = Value([text for text in texts if text], ArrayField(models.TextField()))
        return self.filter(**{f"{column}__in": _EachOf(given)}).exclude(**{column: ""})


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


def workspace_without_key() -> models.ForeignKey:
    """A row's workspace that no key of its own holds to exist.

    For rows whose composite key to another row holds it already, where a second check of the same
    costs too much, and for marks of triggers, which may outlive it.
    """
    return models.ForeignKey(
        "accounts.Workspace",
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )


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

    @classmethod
    # The stubs are of Django 6, which has one argument more.
    def from_db(  # type: ignore[override]
        cls, db: str | None, field_names: Sequence[str], values: Sequence[Any]
    ) -> Self:
        """A row as it was read.

        Django's own goes through `__init__`, which asks each of a lead's ninety fields, also those
        that were not read, how it wants to be set. None of ours minds.
        """
        row = _empty(cls, vars_=dict(zip(field_names, values, strict=True)))
        row._state.adding = False
        row._state.db = db
        return row

    @classmethod
    def unsaved(cls, **columns: Any) -> Self:
        """The unsaved row that `cls(**columns)` makes, for who makes thousands.

        By the names of columns (`contact_id`), which nobody checks.
        """
        plain, called = _defaults(cls)
        for name, default in called.items():
            if name not in columns:
                columns[name] = default()
        return _empty(cls, vars_={**plain, **columns})

    def _get_FIELD_display(self, field: "models.Field[Any, Any]") -> Any:  # noqa: N802 - its name
        """What `get_<field>_display` says.

        Django's own makes a dictionary of all choices at each call, and translates their labels to
        do so: on a page with a hundred rows a quarter of its time.
        """
        value = getattr(self, field.attname)
        return force_str(_labels(field).get(value, value), strings_only=True)

    def remember(self, **related: models.Model) -> None:
        """Say which rows foreign keys mean whose ids are set already: nobody asks for them."""
        self._state.fields_cache.update(related)


def _empty(model: type[Any], *, vars_: dict[str, Any]) -> Any:
    row = object.__new__(model)
    vars_["_state"] = ModelState()
    row.__dict__ = vars_
    return row


@cache
def _labels(field: "models.Field[Any, Any]") -> dict[Any, Any]:
    return dict(field.flatchoices)


@cache
def _defaults(model: type[TenantModel]) -> tuple[dict[str, Any], dict[str, Callable[[], Any]]]:
    """What columns hold that nobody names: what never changes, and what is made for each row."""
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    plain: dict[str, Any] = {}
    called: dict[str, Callable[[], Any]] = {}
    for field in fields:
        if field.has_default() and callable(field.default):
            called[field.attname] = field.default
        elif field.has_db_default():
            called[field.attname] = field.get_default
        else:
            plain[field.attname] = field.get_default()
    return plain, called
