"""Deleting many rows a batch at a time: no long lock, no long transaction, no row read."""

from typing import Any

from django.db.models import QuerySet

BATCH = 5000


def delete_batch(rows: QuerySet[Any], *, batch: int = BATCH) -> int:
    """Delete the first `batch` of ordered rows that nothing refers to; returns how many.

    One statement. Rows that another transaction deletes meanwhile are its own.
    """
    chosen = rows.values("pk")[:batch]
    deleted, _by_model = rows.model._default_manager.filter(pk__in=chosen).delete()
    return deleted


def delete_all(rows: QuerySet[Any], *, batch: int = BATCH) -> int:
    """Batch after batch, each in a transaction of its own; returns how many."""
    total = 0
    while deleted := delete_batch(rows, batch=batch):
        total += deleted
        if deleted < batch:
            break
    return total
