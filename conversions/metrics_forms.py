"""What the Metrics page can be asked: a period, a source, an owner. All of it is in the address."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from leads.assigning.assignment import assignable_by_name
from leads.measuring.metrics import Question, question, sees_all
from leads.measuring.metrics_facts import NOBODY
from leads.models import Source

USUAL = "30d"
CUSTOM = "custom"
UNASSIGNED = "unassigned"

Period = tuple[date | None, date | None]


def _last(days: int) -> Callable[[date], Period]:
    return lambda today: (today - timedelta(days=days - 1), today)


def _last_month(today: date) -> Period:
    end = today.replace(day=1) - timedelta(days=1)
    return end.replace(day=1), end


PERIODS: dict[str, tuple[Any, Callable[[date], Period]]] = {
    "7d": (_("Last 7 days"), _last(7)),
    "30d": (_("Last 30 days"), _last(30)),
    "90d": (_("Last 90 days"), _last(90)),
    "month": (_("This month"), lambda today: (today.replace(day=1), today)),
    "last_month": (_("Last month"), _last_month),
    "year": (_("This year"), lambda today: (today.replace(month=1, day=1), today)),
    "all": (_("All time"), lambda _today: (None, None)),
}


class MetricsForm(forms.Form):
    """Takes the `actor`; a rep is not asked whose leads are meant."""

    def __init__(self, data: QueryDict, *, actor: Actor) -> None:
        given = data.copy()
        if not given.get("period"):
            given["period"] = CUSTOM if given.get("from") or given.get("to") else USUAL
        super().__init__(given)
        self.actor = actor
        zone = ZoneInfo(actor.own_workspace.time_zone)
        self.today = timezone.now().astimezone(zone).date()
        periods = [(name, label) for name, (label, _dates) in PERIODS.items()]
        self._ask("period", _("Period"), [*periods, (CUSTOM, _("Other dates"))])
        self.fields["from"] = forms.DateField(label=_("From"), required=False)
        self.fields["to"] = forms.DateField(label=_("To"), required=False)
        self._ask("source", _("Source"), [("", _("Any source")), *Source.choices])
        if sees_all(actor):
            members = [
                (str(row.user_id), row.user.get_full_name())
                for row in assignable_by_name(actor.own_workspace.pk).select_related("user")
            ]
            owners = [("", _("Any owner")), *members, (UNASSIGNED, _("Nobody"))]
            self._ask("assigned_to", _("Owner"), owners)

    def _ask(self, name: str, label: Any, choices: list[Any]) -> None:
        self.fields[name] = forms.ChoiceField(label=label, choices=choices, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("period") == CUSTOM:
            since, until = cleaned.get("from"), cleaned.get("to")
            if since and until and since > until:
                self.add_error("to", _("The last day lies before the first."))
            for name in ("from", "to"):
                if cleaned.get(name) and not 1900 < cleaned[name].year < 9000:
                    self.add_error(name, _("Use a date such as 2026-11-21."))
        return cleaned

    @property
    def dates(self) -> Period:
        """First and last day of what is asked."""
        period = self.cleaned_data["period"]
        if period == CUSTOM:
            return self.cleaned_data.get("from"), self.cleaned_data.get("to")
        return PERIODS[period][1](self.today)

    def question(self) -> Question:
        """What is asked; only when the form is valid."""
        since, until = self.dates
        owner = self.cleaned_data.get("assigned_to") or None
        return question(
            self.actor,
            since=since,
            until=until,
            source=self.cleaned_data["source"] or None,
            owner=NOBODY if owner == UNASSIGNED else owner,
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether it asks for a part of the leads, in whatever time."""
        return bool(self.cleaned_data["source"] or self.cleaned_data.get("assigned_to"))
