"""The first-response target and the business hours, as a manager sets them."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import Actor
from leads.errors import LeadError
from leads.forms import VerbForm
from leads.models import ResponseSettings
from leads.models.response import MOST_TARGET_MINUTES
from leads.responding import response

DAYS = [
    ("0", gettext_lazy("Monday")),
    ("1", gettext_lazy("Tuesday")),
    ("2", gettext_lazy("Wednesday")),
    ("3", gettext_lazy("Thursday")),
    ("4", gettext_lazy("Friday")),
    ("5", gettext_lazy("Saturday")),
    ("6", gettext_lazy("Sunday")),
]


class ResponseForm(VerbForm):
    """How soon a new lead is to be answered, and when there is somebody to do it."""

    target_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes to the first response"),
        required=False,
        min_value=1,
        max_value=MOST_TARGET_MINUTES,
        help_text=gettext_lazy("Counted in business hours. Empty: no target."),
    )
    days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Business days"),
        choices=DAYS,
        coerce=int,
        widget=forms.CheckboxSelectMultiple(),
    )
    opens_at = forms.TimeField(
        label=gettext_lazy("Open from"),
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
    )
    closes_at = forms.TimeField(
        label=gettext_lazy("Open until"),
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("00:00 is the end of the day."),
    )
    holidays = forms.CharField(
        label=gettext_lazy("Holidays"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea({"rows": 6, "spellcheck": "false"}),
        help_text=gettext_lazy("One day a line, such as 2026-12-25."),
    )

    def __init__(self, data: Any = None, *, settings: ResponseSettings) -> None:
        initial = {name: getattr(settings, name) for name in response.CHANGEABLE}
        initial["days"] = [str(day) for day in settings.days]
        initial["holidays"] = "\n".join(day.isoformat() for day in settings.holidays)
        super().__init__(data, initial=initial)

    def clean_holidays(self) -> list[date]:
        return holidays_in(self.cleaned_data["holidays"])

    def save(self, *, actor: Actor) -> ResponseSettings:
        """Set it; raises `LeadError` with its errors on the fields."""
        try:
            return response.save(actor=actor, changes=self.cleaned_data)
        except LeadError as error:
            self.refuse(error)
            raise


def holidays_in(text: str) -> list[date]:
    """The days named in a text, one a line or with commas between; raises `ValidationError`."""
    days = []
    for word in text.replace(",", " ").split():
        day = _day(word)
        if day is None:
            message = _("“%(text)s” is not a day. Write it as 2026-12-25.") % {"text": word}
            raise ValidationError(message)
        days.append(day)
    return days


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
