"""What a campaign, and a list in it, are asked for on their pages."""

from datetime import time
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from campaigns.calling_hours import day_number
from campaigns.models import MOST_ATTEMPTS, MOST_PRIORITY, Campaign, CampaignLeadList, LeadList
from campaigns.outcomes import LONGEST_DELAY, offered
from campaigns.refusals import RefusableForm
from campaigns.running import LONGEST_LEASE, LONGEST_NAME, LONGEST_TEXT
from leads.models import SavedView

# So many lists and views are offered for choice.
MOST_OFFERED = 500
DAYS = (
    ("0", _("Monday")),
    ("1", _("Tuesday")),
    ("2", _("Wednesday")),
    ("3", _("Thursday")),
    ("4", _("Friday")),
    ("5", _("Saturday")),
    ("6", _("Sunday")),
)
_DELAY = "delay_"


class CampaignForm(RefusableForm):
    """What it is called, what callers say, when they call and how often."""

    verb_fields = {"calling_hours": "end"}

    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    description = forms.CharField(
        label=_("Description"),
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    script = forms.CharField(
        label=_("Script"),
        max_length=LONGEST_TEXT,
        required=False,
        help_text=_("Callers read it beside each lead."),
        widget=forms.Textarea({"rows": 8}),
    )
    days = forms.MultipleChoiceField(
        label=_("Days"),
        choices=DAYS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    start = forms.TimeField(
        label=_("From"),
        required=False,
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
    )
    end = forms.TimeField(
        label=_("Until"),
        required=False,
        help_text=_("Both empty: at any hour."),
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
    )
    max_attempts = forms.IntegerField(
        label=_("Calls to a lead at most"), min_value=1, max_value=MOST_ATTEMPTS
    )
    lease_minutes = forms.IntegerField(
        label=_("Minutes a caller has for a lead"),
        min_value=1,
        max_value=LONGEST_LEASE,
        help_text=_("Then it is handed to somebody else."),
    )
    currency = forms.CharField(
        label=_("Currency of pledges and donations"), max_length=3, widget=forms.TextInput
    )

    def __init__(self, data: Any = None, *, actor: Actor, campaign: Campaign | None = None) -> None:
        row = campaign or Campaign(
            workspace=actor.own_workspace, currency=actor.own_workspace.currency
        )
        super().__init__(data, initial=_initial(row))
        self.verb_fields = dict(self.verb_fields)
        for one in offered(actor.own_workspace.pk):
            if one.rule.delay is None:
                continue
            self.fields[_DELAY + one.code] = forms.IntegerField(
                label=one.label,
                required=False,
                min_value=1,
                max_value=LONGEST_DELAY,
                initial=row.retry_delays.get(one.code),
                widget=forms.NumberInput({"placeholder": str(one.rule.delay)}),
            )
            self.verb_fields[f"retry.delays.{one.code}"] = _DELAY + one.code

    @property
    def delays(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(_DELAY)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        is_narrowed = bool(cleaned.get("start") or cleaned.get("end"))
        for name in ("start", "end"):
            if is_narrowed and not cleaned.get(name) and name not in self.errors:
                self.add_error(name, _("Give both times, or none."))
        if is_narrowed and not cleaned.get("days"):
            self.add_error("days", _("Choose at least one day."))
        return cleaned

    def values(self) -> dict[str, Any]:
        """What the verb takes."""
        given = self.cleaned_data
        hours = None
        if given["start"] is not None and given["end"] is not None:
            hours = {
                "start": f"{given['start']:%H:%M}",
                "end": f"{given['end']:%H:%M}",
                "days": sorted(map(int, given["days"])),
            }
        plain = ("name", "description", "script", "max_attempts", "lease_minutes", "currency")
        return {
            **{name: given[name] for name in plain},
            "calling_hours": hours,
            "retry_delays": {
                name.removeprefix(_DELAY): value
                for name, value in given.items()
                if name.startswith(_DELAY) and value is not None
            },
        }


def _initial(row: Campaign) -> dict[str, Any]:
    hours = row.calling_hours or {}
    plain = ("name", "description", "script", "max_attempts", "lease_minutes", "currency")
    return {
        **{name: getattr(row, name) for name in plain},
        "days": [str(day_number(day)) for day in hours.get("days", range(5))],
        "start": time.fromisoformat(hours["start"]) if hours else None,
        "end": time.fromisoformat(hours["end"]) if hours else None,
    }


class _PlaceForm(RefusableForm):
    """When a list in a campaign has its turn, and how often its leads are called."""

    priority = forms.IntegerField(
        label=_("Priority"),
        min_value=1,
        max_value=MOST_PRIORITY,
        help_text=_("1 is called first."),
    )
    max_attempts_override = forms.IntegerField(
        label=_("Calls to a lead at most"),
        min_value=1,
        max_value=MOST_ATTEMPTS,
        required=False,
        help_text=_("Empty: as the campaign says."),
    )


class AttachForm(_PlaceForm):
    """Which list, in which place, and whom of it: what a saved view filters by."""

    verb_fields = {"list_id": "list"}
    field_order = ("list",)

    list = forms.ChoiceField(label=_("List"))
    view = forms.ChoiceField(
        label=_("Only those whom a view shows"),
        required=False,
        help_text=_("Its filters are kept as they are now."),
    )

    def __init__(
        self, data: Any = None, *, actor: Actor, campaign: Campaign, asked: Any = None
    ) -> None:
        """`asked` is what an address asks for, which is shown and not judged."""
        self.given = data if data is not None else (asked or {})
        attached = CampaignLeadList.objects.in_workspace(campaign.workspace_id).attached()
        taken = attached.filter(campaign=campaign)
        wanted = {name: self.given.get(name, "") for name in ("list", "view")}
        super().__init__(data, initial={"priority": _next_priority(taken), **wanted})
        lists = LeadList.objects.visible_to(actor).filter(is_archived=False)
        free = lists.exclude(pk__in=taken.values("lead_list")).order_by("name", "id")
        self.lists = {str(row.pk): row for row in free[:MOST_OFFERED]}
        views = SavedView.objects.visible_to(actor).exclude(filters={}).order_by("name", "id")
        self.views = {str(row.pk): row for row in views[:MOST_OFFERED]}
        lists_offered = [(key, row.name) for key, row in self.lists.items()]
        views_offered = [(key, row.name) for key, row in self.views.items()]
        self.fields["list"].choices = [("", _("Choose…")), *lists_offered]  # type: ignore[attr-defined]
        self.fields["view"].choices = [  # type: ignore[attr-defined]
            ("", _("The whole list")),
            *views_offered,
        ]

    @property
    def chosen(self) -> LeadList | None:
        return self.lists.get(str(self.given.get("list", "")))

    @property
    def filter_criteria(self) -> dict[str, Any]:
        view = self.views.get(str(self.given.get("view", "")))
        return dict(view.filters) if view else {}

    def values(self) -> dict[str, Any]:
        """What the verb takes, beside the list."""
        return {
            "priority": self.cleaned_data["priority"],
            "max_attempts_override": self.cleaned_data["max_attempts_override"],
            "filter_criteria": self.filter_criteria or None,
        }


def _next_priority(taken: Any) -> int:
    places = list(taken.values_list("priority", flat=True))
    return min(max(places, default=0) + 1, MOST_PRIORITY)


class AttachedForm(_PlaceForm):
    """What is set of one list in a campaign."""

    is_active = forms.BooleanField(label=_("It is called"), required=False)

    def __init__(self, data: Any = None, *, attached: CampaignLeadList) -> None:
        names = ("priority", "max_attempts_override", "is_active")
        super().__init__(data, initial={name: getattr(attached, name) for name in names})


def priorities_in(data: Any) -> dict[UUID, int]:
    """Numbers by list, as the table of lists posts them; what is no number is left as it is."""
    found = {}
    for name, text in data.items():
        kind, _dash, key = name.partition("-")
        if kind == "priority" and text.strip().isascii() and text.strip().isdigit():
            try:
                found[UUID(key)] = int(text.strip()[:9])
            except ValueError:
                continue
    return found
