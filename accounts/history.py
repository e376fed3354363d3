"""The history of a row in words: who changed what, from what to what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Field, ForeignKey, Model, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import HistoryEvent, Tracked

NOTHING = "–"


@dataclass(frozen=True)
class Change:
    """One field. A personal one or a secret has no values: only that it changed is known."""

    label: str
    before: str = ""
    after: str = ""
    is_concealed: bool = False

    def __str__(self) -> str:
        if self.is_concealed:
            return _("%(field)s: changed") % {"field": self.label}
        return f"{self.label}: {self.before} → {self.after}"


@dataclass(frozen=True)
class Entry:
    """One update or deletion, ready to be shown."""

    at: datetime
    who: str
    door: str
    is_deletion: bool
    changes: Sequence[Change]


def events_of(row: Model) -> QuerySet[HistoryEvent]:
    """What was changed about one row of a workspace, or of an organization, the latest first."""
    workspace_id: Any = row.workspace_id  # type: ignore[attr-defined]
    rows: QuerySet[HistoryEvent] = HistoryEvent.objects.filter(
        workspace_id=workspace_id, model=row._meta.label_lower, object_id=row.pk
    )
    return rows.order_by("-id")


def told(events: Iterable[HistoryEvent]) -> list[Entry]:
    """Events in words and in the active time zone; one look-up for each kind of thing named."""
    rows = list(events)
    names = _Names(rows)
    return [_entry(event, names) for event in rows]


def changed_fields(event: HistoryEvent) -> list[str]:
    """What the fields are called that an event is about, for a line of a list."""
    return [_label(event.model, column) for column in (*event.changes, *event.concealed)]


def _entry(event: HistoryEvent, names: "_Names") -> Entry:
    order = [field.column for field in _fields(event.model)]
    columns = sorted(event.changes, key=lambda name: order.index(name) if name in order else -1)
    changes = [
        Change(
            label=_label(event.model, column),
            before=names.words(event, column, event.changes[column][0]),
            after=names.words(event, column, event.changes[column][1]),
        )
        for column in columns
    ]
    concealed = [
        Change(label=_label(event.model, column), is_concealed=True) for column in event.concealed
    ]
    return Entry(
        at=event.created_at,
        who=_who(event),
        door=_door(event.via),
        is_deletion=event.operation == HistoryEvent.Operation.DELETE,
        changes=[*changes, *concealed],
    )


def _who(event: HistoryEvent) -> str:
    if event.actor_kind == HistoryEvent.ActorKind.DATABASE:
        return _("Directly in the database")
    if event.actor_kind == HistoryEvent.ActorKind.KEY:
        return _("%(name)s (API key)") % {"name": event.actor_label}
    return event.actor_label


def _door(via: str) -> str:
    doors = {"api": _("API"), "admin": _("admin"), "form": _("form"), "timer": _("timer")}
    return doors.get(via, "")


def _fields(model: str) -> "list[Field[Any, Any]]":
    return list(apps.get_model(model)._meta.concrete_fields)


def _field(model: str, column: str) -> "Field[Any, Any] | None":
    return next((field for field in _fields(model) if field.column == column), None)


def _label(model: str, column: str) -> str:
    field = _field(model, column)
    if field is None:
        # A column of an older version: its events stay readable.
        return capfirst(column.replace("_", " "))
    tracked: Tracked = apps.get_model(model).history
    return capfirst(str(tracked.labels.get(field.name, field.verbose_name)))


class _Names:
    """What the ids and codes in some events stand for, read at most once each."""

    def __init__(self, events: Sequence[HistoryEvent]) -> None:
        self._events = events
        self._codes: dict[tuple[str, str, UUID | None], dict[str, str]] = {}

    def words(self, event: HistoryEvent, column: str, value: Any) -> str:
        """One value as a person would say it."""
        if value in (None, "", [], {}):
            return NOTHING
        field = _field(event.model, column)
        if isinstance(field, ForeignKey):
            return self._rows.get(field.remote_field.model, {}).get(str(value), _("gone"))
        codes = self._labels(event, field)
        if codes is not None:
            return codes.get(str(value), str(value))
        return _plain(value)

    def _labels(
        self, event: HistoryEvent, field: "Field[Any, Any] | None"
    ) -> dict[str, str] | None:
        if field is None:
            return None
        own = apps.get_model(event.model).history.codes.get(field.name)
        if own is None:
            return {str(key): str(label) for key, label in field.flatchoices} or None
        key = (event.model, field.name, event.workspace_id)
        if key not in self._codes:
            self._codes[key] = dict(own(event.workspace_id))
        return self._codes[key]

    @cached_property
    def _rows(self) -> dict[type[Model], dict[str, str]]:
        wanted: dict[type[Model], set[str]] = {}
        for event in self._events:
            for column, values in event.changes.items():
                field = _field(event.model, column)
                if isinstance(field, ForeignKey):
                    ids = wanted.setdefault(field.remote_field.model, set())
                    ids.update(value for value in values if value)
        return {
            model: {str(pk): str(row) for pk, row in _in_bulk(model, ids).items()}
            for model, ids in wanted.items()
            if ids
        }


def _in_bulk(model: type[Model], ids: set[str]) -> dict[Any, Model]:
    rows = model._default_manager.all()
    named_by = [f.name for f in model._meta.concrete_fields if f.name in {"contact", "user"}]
    # Whose name is somebody else's, such as a lead's, is read with it.
    return rows.select_related(*named_by).in_bulk(ids) if named_by else rows.in_bulk(ids)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_plain(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(item)}" for name, item in value.items())
    text = str(value)
    moment = parse_datetime(text) if len(text) >= 19 and text[:4].isdigit() else None
    if moment is None or timezone.is_naive(moment):
        return text
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
