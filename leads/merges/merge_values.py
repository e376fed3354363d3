"""The tags and custom field values of two that become one: copied, so that the other keeps its own.

What stood in the way is remembered row by row, so that undoing brings back the very same rows.
"""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from leads.fields.custom_fields import VALUE_MODELS
from leads.models import Contact, ContactTag, CustomField, FieldValue, Lead

_COLUMNS = ("id", "field_id", "text_value", "match_text", "number_value", "date_value")


def copy_tags(source: Contact, target: Contact) -> list[str]:
    """Give the target the source's tags it lacks; returns the ids of the new rows."""
    tags = ContactTag.objects.in_workspace(target.workspace_id)
    names = set(tags.filter(contact=source).values_list("name", flat=True))
    names -= set(tags.filter(contact=target).values_list("name", flat=True))
    rows = [
        ContactTag(workspace_id=target.workspace_id, contact=target, name=name)
        for name in sorted(names)
    ]
    ContactTag.objects.bulk_create(rows)
    return [str(row.pk) for row in rows]


def drop_tags(target: Contact, ids: Collection[str]) -> None:
    """Undo `copy_tags`."""
    tags = ContactTag.objects.in_workspace(target.workspace_id)
    tags.filter(contact=target, pk__in=ids).delete()


def copy_values(
    source: Contact | Lead, target: Contact | Lead, keys: Collection[str]
) -> dict[str, list[dict[str, Any]]]:
    """Give the target the source's values of these fields; returns its former rows, by key.

    The rendered copy on the target is brought in line, unsaved.
    """
    if not keys:
        return {}
    former = _rows(target, keys)
    taken = _rows(source, keys)
    model, name = _values_of(target)
    model._default_manager.filter(pk__in=[row.pk for _key, row in former]).delete()
    model._default_manager.bulk_create(
        [
            model(
                **{
                    "workspace_id": target.workspace_id,
                    f"{name}_id": target.pk,
                    **{column: getattr(row, column) for column in _COLUMNS[1:]},
                }
            )
            for _key, row in taken
        ]
    )
    target.custom_fields = {
        **{key: value for key, value in target.custom_fields.items() if key not in keys},
        **{key: value for key, value in source.custom_fields.items() if key in keys},
    }
    before: dict[str, list[dict[str, Any]]] = {key: [] for key in keys}
    for key, row in former:
        before[key].append(_remembered(row))
    return before


def restore_values(
    target: Contact | Lead, before: Mapping[str, list[dict[str, Any]]], *, after: Mapping[str, Any]
) -> None:
    """Undo `copy_values`, but for fields whose value is no more what it was `after` it.

    The rendered copy is `leads.merges.merge_fields.put_back`'s to bring in line.
    """
    keys = [key for key in before if target.custom_fields.get(key) == after.get(key)]
    if not keys:
        return
    model, name = _values_of(target)
    present = [row.pk for _key, row in _rows(target, keys)]
    model._default_manager.filter(pk__in=present).delete()
    # A field may have been deleted for good since, and its values with it.
    fields = CustomField.objects.in_workspace(target.workspace_id).filter(key__in=keys)
    known = {str(pk) for pk in fields.values_list("pk", flat=True)}
    model._default_manager.bulk_create(
        [
            model(**{**row, "workspace_id": target.workspace_id, f"{name}_id": target.pk})
            for key in keys
            for row in before[key]
            if row["field_id"] in known
        ]
    )


def _values_of(row: Contact | Lead) -> tuple[type[FieldValue], str]:
    name = CustomField.Subject.LEAD if isinstance(row, Lead) else CustomField.Subject.CONTACT
    return VALUE_MODELS[name.value], name.value


def _rows(subject: Contact | Lead, keys: Collection[str]) -> list[tuple[str, FieldValue]]:
    model, name = _values_of(subject)
    rows = model._default_manager.filter(
        **{"workspace_id": subject.workspace_id, name: subject, "field__key__in": list(keys)}
    )
    return [(row.field.key, row) for row in rows.select_related("field").order_by("pk")]


def _remembered(row: FieldValue) -> dict[str, Any]:
    values = {column: getattr(row, column) for column in (*_COLUMNS, "created_at")}
    return {
        column: str(value) if isinstance(value, UUID) or hasattr(value, "isoformat") else value
        for column, value in values.items()
    }
