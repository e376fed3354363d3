"""Filters by custom fields, `attr.<key>`: made for each request of the fields that it names."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.postgresql.prepared import prepared_cursor
from accounts.row_versions import KeptByVersion
from leads.fields.custom_fields import VALUE_MODELS
from leads.fields.custom_kinds import Fitted, Unfit, fitted
from leads.listing.narrowing import among
from leads.models import CustomField

if TYPE_CHECKING:
    from accounts.actors import Actor

PREFIX = "attr."
# `attr.budget`, `attr.budget.min`, `attr.budget.max`
PATTERN = r"attr\.[^.]+(\.(min|max))?"
# Each is a join; more of them than this is no question a person asks.
MOST_FILTERS = 12
# What has a size, and the column that holds it.
_RANGED: dict[str, str] = {
    CustomField.Kind.NUMBER: "number_value",
    CustomField.Kind.DATE: "date_value",
}
_BOUNDS = {"min": "gte", "max": "lte"}


def _fit(field: CustomField, text: str) -> list[Fitted]:
    try:
        return fitted(field, text)
    except Unfit as error:
        raise ValidationError(error.message, code=error.code) from error


class MatchField(forms.CharField):
    """Values repeated or comma-separated, as what the rows are compared with."""

    widget = forms.SelectMultiple

    def __init__(self, *, custom_field: CustomField, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.custom_field = custom_field

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        given = value if isinstance(value, (list, tuple)) else [value]
        wanted: dict[str, None] = {}
        for text in (str(text) for text in given if text):
            wanted |= dict.fromkeys(one.match for one in self._read(text))
        return list(wanted)

    def _read(self, text: str) -> list[Fitted]:
        """A value may hold commas itself: then the whole counts, beside its parts."""
        parts = [part for part in text.split(",") if part.strip()]
        try:
            whole = fitted(self.custom_field, text) if "," in text else []
        except Unfit:
            whole = []
        try:
            return whole + [one for part in parts for one in _fit(self.custom_field, part)]
        except ValidationError:
            if whole:
                return whole
            raise


class BoundField(forms.CharField):
    """One end of a range, in the type of the field's column."""

    def __init__(self, *, custom_field: CustomField, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.custom_field = custom_field

    def to_python(self, value: Any) -> Any:
        if self.custom_field.kind not in _RANGED:
            raise ValidationError(_("Only numbers and dates have a range."), code="invalid")
        found = _fit(self.custom_field, str(value or ""))
        return (found[0].number if found[0].day is None else found[0].day) if found else None


class RefusedField(forms.CharField):
    """A filter that is none: a typo must not pass for "everything"."""

    def __init__(self, *, message: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.message = message

    def to_python(self, value: Any) -> Any:
        raise ValidationError(self.message, code="unknown_parameter")


class _ValueFilter(django_filters.Filter):
    """Rows whose subject holds a value; `path` leads from the row to the subject's id."""

    def __init__(self, *, custom_field: CustomField, path: str, **kwargs: Any) -> None:
        super().__init__(custom_field=custom_field, **kwargs)
        self.custom_field = custom_field
        self.path = path

    def holding(self, qs: QuerySet[Any], **condition: Any) -> QuerySet[Any]:
        field = self.custom_field
        rows = VALUE_MODELS[field.subject]._default_manager.filter(
            workspace_id=field.workspace_id, field=field, **condition
        )
        column = f"{field.subject}_id"
        return among(qs, self.path, rows, column, takes_all=self.parent.takes_all)


class MatchFilter(_ValueFilter):
    field_class = MatchField

    @property
    def value_labels(self) -> dict[str, str]:
        """What the values are called, for showing the filter."""
        return self.custom_field.choice_labels

    def filter(self, qs: QuerySet[Any], value: list[str]) -> QuerySet[Any]:
        return self.holding(qs, match_text__in=value) if value else qs


class BoundFilter(_ValueFilter):
    field_class = BoundField

    def __init__(self, *, bound: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bound = bound

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        bounds = self._bounds()
        # Both ends are one question, and it is the first of them that asks it.
        if value is None or next(iter(bounds)) != self.bound:
            return qs
        column = _RANGED[self.custom_field.kind]
        return self.holding(
            qs, **{f"{column}__{_BOUNDS[bound]}": end for bound, end in bounds.items()}
        )

    def _bounds(self) -> dict[str, Any]:
        given = self.parent.form.cleaned_data
        name = f"{PREFIX}{self.custom_field.key}"
        found = {bound: given.get(f"{name}.{bound}") for bound in _BOUNDS}
        return {bound: end for bound, end in found.items() if end is not None}


class RefusedFilter(django_filters.Filter):
    field_class = RefusedField


def custom_filters(
    names: Mapping[str, Any], *, actor: "Actor", paths: Mapping[str, str]
) -> dict[str, django_filters.Filter]:
    """A filter for each `attr.…` among `names`, the parameters of a request.

    `paths` leads from a row to the id of each subject whose fields can be asked for. What no field
    stands behind becomes a filter that refuses.
    """
    asked = [name for name in names if name.startswith(PREFIX)]
    if not asked:
        return {}
    if len(asked) > MOST_FILTERS:
        message = _("Filter by at most %(count)d custom fields.") % {"count": MOST_FILTERS}
        return {asked[-1]: RefusedFilter(message=message, label=asked[-1])}
    known = _fields({_key(name) for name in asked}, actor, paths)
    return {name: _filter(name, known.get(_key(name)), paths) for name in asked}


def _key(name: str) -> str:
    return name.removeprefix(PREFIX).partition(".")[0]


_VERSIONS = """
    SELECT id, ROW(xmin, ctid)::text FROM leads_customfield
    WHERE workspace_id = %s AND archived_at IS NULL AND key = ANY(%s)
"""
_known: KeptByVersion[CustomField] = KeptByVersion(1_000)


def _fields(keys: set[str], actor: "Actor", paths: Mapping[str, str]) -> dict[str, CustomField]:
    if actor.workspace is None:
        return {}
    with prepared_cursor() as cursor:
        cursor.execute(_VERSIONS, [actor.workspace.pk, list(keys)])
        versions = dict(cursor.fetchall())
    found = {pk: _known.get(pk, version) for pk, version in versions.items()}
    unknown = [pk for pk, row in found.items() if row is None]
    if unknown:
        for row in CustomField.objects.in_workspace(actor.workspace.pk).filter(pk__in=unknown):
            _known.keep(row.pk, versions[row.pk], row)
            found[row.pk] = row
    return {row.key: row for row in found.values() if row is not None and row.subject in paths}


def _filter(
    name: str, field: CustomField | None, paths: Mapping[str, str]
) -> django_filters.Filter:
    if field is None or re.fullmatch(PATTERN, name) is None:
        message = _("There is no custom field “%(name)s” to filter by.") % {
            "name": name.removeprefix(PREFIX)
        }
        return RefusedFilter(message=message, label=name)
    bound = name.removeprefix(f"{PREFIX}{field.key}").removeprefix(".")
    path = paths[field.subject]
    if not bound:
        return MatchFilter(custom_field=field, path=path, label=field.label)
    words = {"min": _("%(field)s from"), "max": _("%(field)s to")}
    label = words[bound] % {"field": field.label}
    return BoundFilter(custom_field=field, path=path, bound=bound, label=label)
