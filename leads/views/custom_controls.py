"""A control of the filter row for every custom field of the workspace."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _

from leads.fields.custom_filters import PREFIX
from leads.fields.custom_kinds import match_text
from leads.models import CustomField

Kind = CustomField.Kind
_RANGES = {Kind.NUMBER: "number", Kind.DATE: "date"}


@dataclass(frozen=True)
class Control:
    """One field's: boxes to tick, a from and a to, or a text for each value that is asked for."""

    name: str
    label: str
    # (value, label, whether it is ticked)
    boxes: list[tuple[str, str, bool]] = field(default_factory=list)
    # (name, label, value)
    range: list[tuple[str, str, str]] = field(default_factory=list)
    range_type: str = ""
    texts: list[str] = field(default_factory=list)

    @property
    def names(self) -> Iterator[str]:
        """The parameters that it sets."""
        yield from (name for name, _label, _value in self.range)
        if not self.range:
            yield self.name

    @property
    def is_in_use(self) -> bool:
        ticked = any(is_ticked for _value, _label, is_ticked in self.boxes)
        return ticked or any(self.texts) or any(value for _name, _label, value in self.range)


def custom_controls(fields: Sequence[CustomField], given: QueryDict) -> list[Control]:
    """What the address asks of each field, ready to be changed."""
    return [_control(one, given) for one in fields]


def _control(one: CustomField, given: QueryDict) -> Control:
    name = f"{PREFIX}{one.key}"
    if one.kind in _RANGES:
        ends = [
            (f"{name}.{bound}", words, str(given.get(f"{name}.{bound}", "")))
            for bound, words in (("min", _("from")), ("max", _("to")))
        ]
        return Control(name, one.label, range=ends, range_type=_RANGES[Kind(one.kind)])
    options = _options(one)
    asked = given.getlist(name)
    if not options:
        return Control(name, one.label, texts=asked or [""])
    parts = {match_text(part) for text in asked for part in (text, *text.split(","))}
    boxes = [
        (value, label, bool({match_text(value), match_text(label)} & parts))
        for value, label in options
    ]
    return Control(name, one.label, boxes=boxes)


def _options(one: CustomField) -> list[tuple[str, str]]:
    if one.kind == Kind.BOOLEAN:
        return [("true", _("Yes")), ("false", _("No"))]
    return list(one.choice_labels.items())
