"""The fields a workspace defines for itself: making, changing and archiving them.

Two locks keep definitions and values true to each other. Whoever writes values holds the
workspace's definitions as they are (shared); whoever changes one holds them alone, so that no value
of the old kind slips in meanwhile. Adding has a lock of its own, taken after the other: two posts
that bring the same new key at once make one field.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.locks import wait_for_others
from accounts.permissions import Permission
from leads.errors import Conflict, LeadError
from leads.fields.custom_kinds import LONGEST_CHOICE, kind_of, match_text, plain_key
from leads.models import ContactFieldValue, CustomField, FieldValue, LeadFieldValue

CHANGEABLE = ("label", "kind", "choices", "position", "is_archived")
MOST_FIELDS = 200
MOST_CHOICES = 200
LONGEST_LABEL = 200
MOST_POSITION = 32_767

VALUE_MODELS: dict[str, type[FieldValue]] = {
    CustomField.Subject.CONTACT: ContactFieldValue,
    CustomField.Subject.LEAD: LeadFieldValue,
}


class InvalidField(LeadError):
    """The field cannot be like that; `errors` names each setting."""


class FieldNotFound(LeadError):
    status = 404
    code = "not_found"

    def __init__(self) -> None:
        super().__init__("There is no such custom field.")


def hold_definitions(workspace_id: UUID, *, alone: bool = False) -> None:
    """Keep the workspace's definitions as they are until the transaction ends."""
    wait_for_others([f"custom fields as:{workspace_id}"], shared=not alone)


def _hold_adding(workspace_id: UUID) -> None:
    wait_for_others([f"custom fields more:{workspace_id}"])


def define(
    *,
    actor: Actor,
    label: str,
    key: str = "",
    kind: str = CustomField.Kind.TEXT,
    subject: str = CustomField.Subject.CONTACT,
    choices: Iterable[Any] = (),
    position: int | None = None,
) -> CustomField:
    """A new field, last unless `position` says otherwise; without a `key` the label makes one.

    Raises `InvalidField`, and `Conflict` (``key_exists``) where the key is in use.
    """
    actor.require(Permission.RULE_EDIT)
    workspace_id = actor.own_workspace.pk
    named = plain_key(key or label)
    errors = []
    if not named:
        errors.append(("key" if key else "label", "required", _("Name the field.")))
    if subject not in CustomField.Subject.values:
        errors.append(("subject", "invalid_choice", _one_of(CustomField.Subject.values)))
    if errors:
        raise InvalidField(errors[0][2], errors=errors)
    row = CustomField(workspace_id=workspace_id, subject=subject, key=named)
    _apply(row, {"label": label, "kind": kind, "choices": list(choices)})
    with transaction.atomic():
        _hold_adding(workspace_id)
        if CustomField.objects.in_workspace(workspace_id).filter(key=named).exists():
            message = _("There is a field with the key “%(key)s” already.") % {"key": named}
            raise Conflict(message, code="key_exists", errors=[("key", "key_exists", message)])
        _refuse_too_many(workspace_id, adding=1)
        row.position = _next_position(workspace_id)
        _apply(row, {} if position is None else {"position": position})
        row.save(force_insert=True)
    return row


def define_missing(workspace_id: UUID, given: Mapping[str, Any]) -> dict[str, CustomField]:
    """The fields of these new keys, by key; `given` has the name and first value of each.

    The caller holds the definitions, in its transaction. Raises `InvalidField` past the limit, and
    `Unfit` for a value that no kind fits.
    """
    _hold_adding(workspace_id)
    rows = CustomField.objects.in_workspace(workspace_id)
    # Another post may have brought some of them while this one waited.
    found: dict[str, CustomField] = {row.key: row for row in rows.filter(key__in=given)}
    missing = [key for key in given if key not in found]
    if not missing:
        return found
    _refuse_too_many(workspace_id, adding=len(missing))
    position = _next_position(workspace_id)
    made = []
    for key in missing:
        name, value = given[key]
        label = " ".join(name.replace("_", " ").split())
        made.append(
            CustomField(
                workspace_id=workspace_id,
                key=key,
                label=(label[:1].upper() + label[1:])[:LONGEST_LABEL],
                kind=kind_of(value),
                position=position,
            )
        )
    CustomField.objects.bulk_create(made)
    return found | {row.key: row for row in made}


def redefine(field: CustomField | UUID, *, actor: Actor, changes: Mapping[str, Any]) -> CustomField:
    """Set what `changes` names of `CHANGEABLE`; raises `InvalidField` with its errors.

    The kind changes only while there is no value, and a choice in use cannot be taken away.
    """
    actor.require(Permission.RULE_EDIT)
    workspace_id = actor.own_workspace.pk
    field_id = field if isinstance(field, UUID) else field.pk
    with transaction.atomic():
        hold_definitions(workspace_id, alone=True)
        row: CustomField | None = (
            CustomField.objects.in_workspace(workspace_id).filter(pk=field_id).first()
        )
        if row is None:
            raise FieldNotFound
        was_archived = row.is_archived
        _apply(row, changes)
        _refuse_what_values_forbid(row)
        if was_archived and not row.is_archived:
            _hold_adding(workspace_id)
            _refuse_too_many(workspace_id, adding=1)
        row.save()
        return row


def move(field: CustomField | UUID, *, actor: Actor, by: int) -> None:
    """Ask a field in use so many places later (negative: earlier); the ends hold it."""
    actor.require(Permission.RULE_EDIT)
    workspace_id = actor.own_workspace.pk
    field_id = field if isinstance(field, UUID) else field.pk
    with transaction.atomic():
        hold_definitions(workspace_id, alone=True)
        rows = list(CustomField.objects.in_workspace(workspace_id).active())
        place = next((n for n, row in enumerate(rows) if row.pk == field_id), None)
        if place is None:
            raise FieldNotFound
        rows.insert(max(0, place + by), rows.pop(place))
        moved = [(n, row) for n, row in enumerate(rows) if row.position != n]
        for number, row in moved:
            row.position, row.updated_at = number, timezone.now()
        CustomField.objects.bulk_update([row for _n, row in moved], ["position", "updated_at"])


def archive(field: CustomField | UUID, *, actor: Actor) -> CustomField:
    """Take the field out of forms and filters; its values stay."""
    return redefine(field, actor=actor, changes={"is_archived": True})


def _refuse_too_many(workspace_id: UUID, *, adding: int) -> None:
    if CustomField.objects.in_workspace(workspace_id).active().count() + adding > MOST_FIELDS:
        message = _("A workspace has at most %(count)d custom fields. Archive one first.")
        raise InvalidField(message % {"count": MOST_FIELDS}, code="too_many_fields")


def _next_position(workspace_id: UUID) -> int:
    last = CustomField.objects.in_workspace(workspace_id).aggregate(last=Max("position"))["last"]
    return min(MOST_POSITION, 0 if last is None else last + 1)


def _apply(row: CustomField, changes: Mapping[str, Any]) -> None:
    errors: list[tuple[str, str, str]] = []
    if "label" in changes:
        row.label = " ".join(str(changes["label"]).split())
        if not row.label:
            errors.append(("label", "required", _("Say what the field is called.")))
        elif len(row.label) > LONGEST_LABEL:
            message = _("Use at most %(count)d characters.") % {"count": LONGEST_LABEL}
            errors.append(("label", "max_length", message))
    if "kind" in changes:
        row.kind = changes["kind"]
        if row.kind not in CustomField.Kind.values:
            errors.append(("kind", "invalid_choice", _one_of(CustomField.Kind.values)))
    if "position" in changes:
        row.position = changes["position"]
        if not 0 <= row.position <= MOST_POSITION:
            message = _("Use a number from 0 to %(most)d.") % {"most": MOST_POSITION}
            errors.append(("position", "invalid", message))
    if "is_archived" in changes and changes["is_archived"] != row.is_archived:
        row.archived_at = timezone.now() if changes["is_archived"] else None
    if "choices" in changes:
        try:
            row.choices = clean_choices(changes["choices"])
        except InvalidField as error:
            errors += error.errors
    if row.choices and not row.has_choices:
        message = _("Only the choice kinds have choices.")
        errors.append(("choices", "invalid", message))
    if errors:
        raise InvalidField(errors[0][2], errors=errors)


def clean_choices(given: Any) -> list[dict[str, str]]:
    """The list of `{"value", "label"}`; a text alone is both. Raises `InvalidField`."""

    def refused(message: str) -> InvalidField:
        return InvalidField(message, errors=[("choices", "invalid", message)])

    if not isinstance(given, (list, tuple)):
        raise refused(_("Give a list of choices."))
    if len(given) > MOST_CHOICES:
        raise refused(_("Give at most %(count)d choices.") % {"count": MOST_CHOICES})
    choices: list[dict[str, str]] = []
    taken: set[str] = set()
    for one in given:
        parts = {"value": one} if isinstance(one, str) else one
        if not isinstance(parts, Mapping) or set(parts) - {"value", "label"}:
            raise refused(_("Each choice is a text, or has a value and a label."))
        value, label = parts.get("value"), parts.get("label") or parts.get("value")
        if not isinstance(value, str) or not isinstance(label, str):
            raise refused(_("Each choice is a text, or has a value and a label."))
        value, label = " ".join(value.split()), " ".join(label.split())
        if not value or "\0" in value + label or max(len(value), len(label)) > LONGEST_CHOICE:
            raise refused(_("A choice has 1 to %(count)d characters.") % {"count": LONGEST_CHOICE})
        # By value or label, a choice is named by one text only.
        names = {match_text(value), match_text(label)}
        if names & taken:
            raise refused(_("“%(value)s” is there twice.") % {"value": value})
        taken |= names
        choices.append({"value": value, "label": label})
    return choices


def _refuse_what_values_forbid(row: CustomField) -> None:
    before = CustomField.objects.in_workspace(row.workspace_id).get(pk=row.pk)
    values = (
        VALUE_MODELS[row.subject]
        ._default_manager.filter(workspace_id=row.workspace_id, field=row)
        .order_by()
    )
    if row.kind != before.kind and values.exists():
        message = _("The kind can change only while the field has no values. Make a new field.")
        raise InvalidField(message, code="in_use", errors=[("kind", "in_use", message)])
    if row.choices and row.choices != before.choices:
        kept = [match_text(choice["value"]) for choice in row.choices]
        left_out = values.exclude(match_text__in=kept).values_list("text_value", flat=True).first()
        if left_out is not None:
            message = _("“%(value)s” is in use: keep it among the choices.") % {"value": left_out}
            raise InvalidField(message, code="in_use", errors=[("choices", "in_use", message)])


def _one_of(values: Iterable[str]) -> str:
    return _("Use one of: %(known)s.") % {"known": ", ".join(values)}
