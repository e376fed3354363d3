"""Which rows go along when a contact, or a lead, goes into another, and bringing them back.

Every model with a reference to a contact or a lead is found by its definition, those of higher apps
too: nobody has to remember to say so, and nothing is imported from above.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet, UniqueConstraint

from accounts.models import TenantForeignKey, TenantModel
from leads.models import (
    Contact,
    ContactFieldValue,
    ContactTag,
    DuplicateSuggestion,
    Lead,
    LeadFieldValue,
    Merge,
    WaitingLead,
)

# Tags and values are copied instead (`leads.merges.merge_fields`); who waits for an owner does not
# wait for two leads; and a merge says itself which rows it is about.
_STAY = {ContactTag, ContactFieldValue, LeadFieldValue, WaitingLead, Merge, DuplicateSuggestion}

# As it is kept with the merge: the model, its column, from where, to where, and which rows.
Moved = dict[str, Any]


@cache
def references(target: type[TenantModel]) -> tuple[tuple[type[TenantModel], str], ...]:
    """The models and their columns that refer to rows of `target` and go along with them."""
    return tuple(
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, TenantForeignKey)
        and field.remote_field.model is target
        and issubclass(model, TenantModel)
        and model not in _STAY
    )


def move_all(source: Contact | Lead, target: Contact | Lead) -> list[Moved]:
    """Let everything that refers to `source` refer to `target`; returns what was moved.

    What the target has already, where it can only be there once, stays with the source.
    """
    moved = []
    for model, column in references(type(source)):
        rows = _referring(model, column, source)
        clash = _clash(model, column, target)
        if clash is not None:
            rows = rows.exclude(clash)
        ids = list(rows.order_by("pk").values_list("pk", flat=True))
        if ids:
            _referring(model, column, source).filter(pk__in=ids).update(**{column: target.pk})
            moved.append(
                {
                    "model": model._meta.label_lower,
                    "column": column,
                    "from": str(source.pk),
                    "to": str(target.pk),
                    "ids": [str(pk) for pk in ids],
                }
            )
    return moved


def move_back(moved: Iterable[Mapping[str, Any]], *, workspace_id: UUID) -> None:
    """Undo `move_all`: rows that are still where they were moved to go back, new ones stay."""
    for one in reversed(list(moved)):
        model = apps.get_model(one["model"])
        rows = model._default_manager.filter(workspace_id=workspace_id, pk__in=one["ids"])
        rows.filter(**{one["column"]: one["to"]}).update(**{one["column"]: one["from"]})


def counted(moved: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many rows of each model were moved."""
    counts: dict[str, int] = {}
    for one in moved:
        counts[one["model"]] = counts.get(one["model"], 0) + len(one["ids"])
    return counts


def _referring(model: type[TenantModel], column: str, target: Contact | Lead) -> QuerySet[Any]:
    rows: QuerySet[Any] = model._default_manager.filter(
        **{"workspace_id": target.workspace_id, column: target.pk}
    )
    return rows


def _clash(model: type[TenantModel], column: str, target: Contact | Lead) -> Q | None:
    """Which rows would break a unique key of their model at the target."""
    clash: Q | None = None
    for constraint in model._meta.constraints:
        if not isinstance(constraint, UniqueConstraint) or column not in constraint.fields:
            continue
        others = [name for name in constraint.fields if name not in (column, "workspace")]
        there = _referring(model, column, target)
        there = there.filter(**{name: OuterRef(name) for name in others})
        condition = constraint.condition or Q()
        met = condition & Q(Exists(there.filter(condition)))
        clash = met if clash is None else clash | met
    return clash
