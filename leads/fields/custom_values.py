"""Writing the values of custom fields: the rows that filters look through, and the rendered copy.

Intake and editing call this inside their own transactions, with the contact and the lead held.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.bulk import insert_rows
from leads.fields.custom_fields import VALUE_MODELS, InvalidField, define_missing, hold_definitions
from leads.fields.custom_kinds import Fitted, Unfit, fitted, is_blank, kind_of, plain_key, shown
from leads.models import Contact, CustomField, FieldValue, Lead

Subject = CustomField.Subject
Values = dict[CustomField, list[Fitted]]


@dataclass(frozen=True)
class Understood:
    """What was given, by subject; a field without values is to be cleared."""

    contact: Values = field(default_factory=dict)
    lead: Values = field(default_factory=dict)


def understand(given: Any, *, workspace_id: UUID, for_lead: bool = True) -> Understood:
    """Fit what a door was given to the workspace's fields; a key nobody defined defines itself.

    Raises `InvalidField`, whose errors are at `custom_fields.<key>` as it was written. For a
    contact alone (`for_lead=False`), a field of leads is refused.
    """
    if not given:
        return Understood()
    if not isinstance(given, Mapping):
        message = _("Send a JSON object.")
        raise InvalidField(message, errors=[("custom_fields", "not_an_object", message)])
    names, errors = _by_key(given)
    hold_definitions(workspace_id)
    rows = CustomField.objects.in_workspace(workspace_id).filter(key__in=names)
    known: dict[str, CustomField] = {row.key: row for row in rows}
    unknown: dict[str, tuple[str, Any]] = {}
    for key, name in names.items():
        if key in known or is_blank(given[name]):
            continue
        try:
            # The kind refuses what is no value at all, before anything is defined.
            kind_of(given[name])
        except Unfit as error:
            errors.append((f"custom_fields.{name}", error.code, error.message))
        else:
            unknown[key] = (name, given[name])
    if unknown and not errors:
        known |= define_missing(workspace_id, unknown)
    understood = Understood()
    for key, name in names.items():
        if key not in known:
            continue
        row = known[key]
        try:
            if row.subject == Subject.LEAD and not for_lead:
                raise Unfit(_("This is a field of leads: set it on a lead."), code="field_of_leads")
            values = understood.lead if row.subject == Subject.LEAD else understood.contact
            values[row] = fitted(row, given[name])
        except Unfit as error:
            errors.append((f"custom_fields.{name}", error.code, error.message))
    if errors:
        raise InvalidField(errors[0][2], errors=errors)
    return understood


def understand_many(
    given: Sequence[Mapping[str, Any]], *, workspace_id: UUID, define: bool = True
) -> list[Understood | InvalidField]:
    """`understand` for many at once: each gets what it means, or what is wrong with it.

    Without `define`, nothing is written: a key nobody defined is taken for a text.
    """
    keys = {name: plain_key(name) for name in {name: None for one in given for name in one}}
    if not keys:
        return [Understood() for _one in given]
    hold_definitions(workspace_id)
    rows = CustomField.objects.in_workspace(workspace_id).filter(key__in=set(keys.values()))
    known: dict[str, CustomField] = {row.key: row for row in rows}
    refused: tuple[str, str] | None = None
    try:
        known |= _new_fields(given, keys, known, workspace_id, define=define)
    except InvalidField as error:
        refused = (error.code, error.detail)
    return [_understood(one, keys, known, refused) for one in given]


def _new_fields(
    given: Sequence[Mapping[str, Any]],
    keys: Mapping[str, str],
    known: Mapping[str, CustomField],
    workspace_id: UUID,
    *,
    define: bool,
) -> dict[str, CustomField]:
    """The fields of keys that nobody defined, of which some value came that is one."""
    unknown: dict[str, tuple[str, Any]] = {}
    if set(keys.values()) - {""} <= set(known):
        return {}
    for one in given:
        for name, value in one.items():
            key = keys[name]
            if key and key not in known and key not in unknown and not is_blank(value):
                with suppress(Unfit):
                    kind_of(value)
                    unknown[key] = (name, value)
    if not define:
        return {
            key: CustomField(workspace_id=workspace_id, key=key, kind=kind_of(value))
            for key, (_name, value) in unknown.items()
        }
    return define_missing(workspace_id, unknown) if unknown else {}


def _understood(
    given: Mapping[str, Any],
    keys: Mapping[str, str],
    known: Mapping[str, CustomField],
    refused: tuple[str, str] | None,
) -> Understood | InvalidField:
    understood = Understood()
    names, errors = _by_key(given, keys)
    for key, name in names.items():
        value = given[name]
        row = known.get(key)
        try:
            if row is None:
                if is_blank(value) or not key:
                    continue
                kind_of(value)
                code, detail = refused or ("invalid", "")
                raise Unfit(detail, code=code)
            values = understood.lead if row.subject == Subject.LEAD else understood.contact
            values[row] = fitted(row, value)
        except Unfit as error:
            errors.append((f"custom_fields.{name}", error.code, error.message))
    return InvalidField(errors[0][2], errors=errors) if errors else understood


def _by_key(
    given: Mapping[str, Any], keys: Mapping[str, str] | None = None
) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """The names as they were written, by key; and what is wrong with the others."""
    names: dict[str, str] = {}
    errors = []
    for name in given:
        key = plain_key(name) if keys is None else keys[name]
        if not key:
            errors.append((f"custom_fields.{name}", "invalid", _("Name the field.")))
        elif key in names and given[names[key]] != given[name]:
            message = _("This is another name of “%(name)s”: give one of them.")
            errors.append((f"custom_fields.{name}", "conflict", message % {"name": names[key]}))
        else:
            names.setdefault(key, name)
    return names, errors


def store(subject: Contact | Lead, values: Values, *, only_blanks: bool = False) -> bool:
    """Write the rows, and the copy on `subject`, which the caller saves; whether anything differs.

    Only the fields in `values` are touched; with `only_blanks`, only those that hold nothing yet.
    """
    changed = differing(subject, values, only_blanks=only_blanks)
    if not changed:
        return False
    name = _subject_of(subject)
    values_of_all = VALUE_MODELS[name]._default_manager
    # Somebody who is not stored yet has none to replace.
    if not subject._state.adding:
        values_of_all.filter(
            **{"workspace_id": subject.workspace_id, name: subject, "field__in": changed}
        ).delete()
    values_of_all.bulk_create(rows_of(subject, changed))
    return True


def differing(subject: Contact | Lead, values: Values, *, only_blanks: bool = False) -> Values:
    """Those of the values that the subject does not have, or with `only_blanks`, lacks."""
    return {
        row: found
        for row, found in values.items()
        if subject.custom_fields.get(row.key) != (shown(row.kind, found) if found else None)
        and not (only_blanks and (not found or row.key in subject.custom_fields))
    }


def store_many(changes: Sequence[tuple[Contact | Lead, Values]]) -> None:
    """`store` for many subjects of one model that are in the database by now."""
    by_field: defaultdict[CustomField, list[Contact | Lead]] = defaultdict(list)
    for subject, values in changes:
        for row in values:
            by_field[row].append(subject)
    for row, subjects in by_field.items():
        name = _subject_of(subjects[0])
        VALUE_MODELS[name]._default_manager.filter(
            **{"workspace_id": row.workspace_id, f"{name}__in": subjects, "field": row}
        ).delete()
    insert_rows([row for subject, values in changes for row in rows_of(subject, values)])


def rows_of(subject: Contact | Lead, values: Values) -> list[FieldValue]:
    """The unsaved rows of these values, with the copy on `subject` brought in line.

    The one place that writes the copy; on its own it is the set-based form, for many new subjects.
    """
    name = _subject_of(subject)
    copy = dict(subject.custom_fields)
    rows = []
    for one, found in values.items():
        copy.pop(one.key, None)
        if found:
            copy[one.key] = shown(one.kind, found)
        for value in found:
            rows.append(
                VALUE_MODELS[name](
                    **{
                        "workspace_id": subject.workspace_id,
                        "field": one,
                        f"{name}_id": subject.pk,
                        "text_value": value.text,
                        "match_text": value.match,
                        "number_value": value.number,
                        "date_value": value.day,
                    }
                )
            )
    subject.custom_fields = copy
    return rows


def _subject_of(subject: Contact | Lead) -> str:
    return Subject.LEAD.value if isinstance(subject, Lead) else Subject.CONTACT.value
