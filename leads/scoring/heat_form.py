"""The shape of what a manager sets about heat."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from leads.errors import LeadError
from leads.forms import VerbForm
from leads.models import MANUAL_TYPES, MOST_POINTS, HeatSettings, InteractionType
from leads.scoring import heat, heat_settings

_NUMBERS = ("warm_from", "hot_from", "half_life_days")
# Those that score from the start, the lightest first, then the others.
_ORDER = sorted(MANUAL_TYPES, key=lambda kind: heat.DEFAULT.points(kind) or MOST_POINTS)


@dataclass(frozen=True)
class TypeRow:
    """One line of the table of points."""

    label: str
    weight: forms.BoundField
    cap: forms.BoundField


def _whole(label: Any, *, least: int, most: int | None = None, **kwargs: Any) -> forms.IntegerField:
    # A plain text field: the browser's number field swallows what it cannot read.
    widget = forms.TextInput({"inputmode": "numeric", "class": "input", "autocomplete": "off"})
    return forms.IntegerField(label=label, min_value=least, max_value=most, widget=widget, **kwargs)


class HeatForm(VerbForm):
    """Levels, half-life, and the points and cap of each type of interaction."""

    def __init__(self, data: Mapping[str, Any] | None = None, *, row: HeatSettings) -> None:
        initial = {name: getattr(row, name) for name in _NUMBERS}
        for kind in _ORDER:
            initial[f"weight_{kind}"] = row.weights.get(kind, 0)
            initial[f"cap_{kind}"] = row.caps.get(kind)
        super().__init__(data, initial=initial)
        self.fields["warm_from"] = _whole(_("Warm from"), least=1, most=30_000)
        self.fields["hot_from"] = _whole(_("Hot from"), least=1, most=30_000)
        self.fields["half_life_days"] = _whole(
            _("Half-life in days"),
            least=1,
            most=3_650,
            required=False,
            help_text=_("After so many days a touchpoint counts half. Empty: points stay."),
        )
        for kind in _ORDER:
            of = {"type": kind.label}
            self.fields[f"weight_{kind}"] = _whole(
                _("Points for: %(type)s") % of, least=0, most=MOST_POINTS, required=False
            )
            self.fields[f"cap_{kind}"] = _whole(
                _("At most for: %(type)s") % of, least=1, most=MOST_POINTS, required=False
            )

    @property
    def rows(self) -> list[TypeRow]:
        """The table of points."""
        return [
            TypeRow(str(InteractionType(kind).label), self[f"weight_{kind}"], self[f"cap_{kind}"])
            for kind in _ORDER
        ]

    def changes(self) -> dict[str, Any]:
        """What the verb takes; of a valid form."""
        given = self.cleaned_data
        return {
            **{name: given[name] for name in _NUMBERS},
            "weights": {kind.value: given[f"weight_{kind}"] or 0 for kind in _ORDER},
            "caps": {
                kind.value: given[f"cap_{kind}"]
                for kind in _ORDER
                if given[f"cap_{kind}"] is not None
            },
        }

    def save(self, *, actor: Actor) -> None:
        """Set it; raises `LeadError` with its errors on the fields."""
        try:
            heat_settings.save(actor=actor, changes=self.changes())
        except LeadError as error:
            self.refuse(error)
            raise

    def refuse(self, error: LeadError) -> None:
        super().refuse(error)
        for name, _code, message in error.errors:
            if name not in self.fields:
                self.add_error(None, message)
