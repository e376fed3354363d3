"""A task as a form: on the lead's page, to add one and to change each that is open."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.models import Membership
from leads.diary import followups
from leads.diary.followups import LONGEST_NOTES
from leads.errors import LeadError
from leads.forms import LocalDateTime, VerbForm
from leads.models import LONGEST_TITLE, Lead, Task


class TaskForm(VerbForm):
    """What is to be done, until when and by whom; of a new task, or of the one that is given."""

    title = forms.CharField(
        label=_("What is to be done?"),
        max_length=LONGEST_TITLE,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    due_at = forms.DateTimeField(label=_("Due"), widget=LocalDateTime())
    reminder_at = forms.DateTimeField(label=_("Remind at"), required=False, widget=LocalDateTime())
    owner_user_id = forms.TypedChoiceField(
        label=_("Whose task"), required=False, coerce=UUID, empty_value=None
    )
    notes = forms.CharField(
        label=_("Notes"),
        required=False,
        max_length=LONGEST_NOTES,
        widget=forms.Textarea({"rows": 2}),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        lead: Lead,
        members: Sequence[Membership],
        actor: Actor,
        task: Task | None = None,
    ) -> None:
        # Several of these stand on one page: their ids carry the task.
        super().__init__(data, auto_id=f"id_task_{task.pk if task else 'new'}_%s")
        self.lead = lead
        self.task = task
        people = {str(one.user_id): one.user.get_full_name() for one in members}
        self.initial = _of(task) if task else _usual(lead, actor, people)
        self.fields["owner_user_id"].choices = [  # type: ignore[attr-defined]
            ("", _("Nobody's yet")),
            *_with_owner(people, task).items(),
        ]

    def save(self, *, actor: Actor) -> Task:
        """Add the task or change it; raises `LeadError` with its errors on the fields."""
        facts = {name: self.cleaned_data[name] for name in followups.CHANGEABLE}
        if self.task is not None:
            facts = {name: value for name, value in facts.items() if name in self.changed_data}
        try:
            if self.task is None:
                return followups.add(self.lead, actor=actor, facts=facts)
            return followups.change(self.task.pk, actor=actor, changes=facts)
        except LeadError as error:
            self.refuse(error)
            raise


def _of(task: Task) -> dict[str, Any]:
    return {
        "title": task.title,
        # What the browser's picker shows has no seconds.
        "due_at": _shown(task.due_at),
        "reminder_at": _shown(task.reminder_at) if task.reminder_at else None,
        "owner_user_id": str(task.owner_id or ""),
        "notes": task.notes,
    }


def _shown(at: Any) -> Any:
    return timezone.localtime(at).replace(second=0, microsecond=0)


def _usual(lead: Lead, actor: Actor, people: Mapping[str, str]) -> dict[str, Any]:
    """For a new one: today, and whoever the verb would take."""
    person = str(lead.assigned_to_id or (actor.user.pk if actor.user else ""))
    return {
        "due_at": timezone.localtime(followups.end_of_today(lead.workspace)),
        "owner_user_id": person if person in people else "",
    }


def _with_owner(people: Mapping[str, str], task: Task | None) -> dict[str, str]:
    """Who may own it, and who does though they have left since."""
    if task is None or task.owner is None:
        return dict(people)
    return {**people, str(task.owner_id): task.owner.get_full_name()}
