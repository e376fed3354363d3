"""What can be done to leads from the admin: the domain's verbs, each with the form it needs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.actors import Actor
from leads import editing, lifecycle, timeline
from leads.assigning import assignment, auto_assignment
from leads.bulk.many import Done
from leads.forms import CONTACT_METHODS
from leads.models import Direction, Lead, Reason
from leads.transitions import MOVES

Given = dict[str, Any]


class LocalDateTime(UnfoldAdminTextInputWidget):
    """The browser's own picker; read in the time zone of the leads' workspace."""

    input_type = "datetime-local"


class ActForm(forms.Form):
    """What an act asks for; choices are those of the leads' workspaces."""

    def __init__(self, *args: Any, leads: Sequence[Lead], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.workspace_ids = list(dict.fromkeys(lead.workspace_id for lead in leads))


class NotesForm(ActForm):
    notes = forms.CharField(
        label=_("Notes"), required=False, widget=UnfoldAdminTextareaWidget({"rows": 3})
    )


class ContactForm(NotesForm):
    method = forms.ChoiceField(
        label=_("How?"), choices=CONTACT_METHODS, widget=UnfoldAdminSelectWidget
    )
    direction = forms.ChoiceField(
        label=_("Direction"),
        choices=[
            (Direction.OUTBOUND.value, _("From us to them")),
            (Direction.INBOUND.value, _("From them to us")),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    field_order = ("method", "direction", "notes")


class ScheduleForm(NotesForm):
    scheduled_for = forms.DateTimeField(
        label=_("When is the visit?"),
        widget=LocalDateTime,
        help_text=_("In the workspace's time zone; in UTC for leads of several workspaces."),
    )
    location = forms.CharField(
        label=_("Where"), max_length=300, required=False, widget=UnfoldAdminTextInputWidget
    )
    field_order = ("scheduled_for", "location", "notes")


class LoseForm(NotesForm):
    loss_reason = forms.ChoiceField(label=_("Why is it lost?"), widget=UnfoldAdminSelectWidget)
    unqualified_reason = forms.ChoiceField(
        label=_("Why was it never qualified?"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("Needed for leads that were never qualified."),
    )
    field_order = ("loss_reason", "unqualified_reason", "notes")

    def __init__(self, *args: Any, leads: Sequence[Lead], **kwargs: Any) -> None:
        super().__init__(*args, leads=leads, **kwargs)
        self._offer("loss_reason", Reason.Kind.LOSS)
        self._offer("unqualified_reason", Reason.Kind.UNQUALIFIED)

    def _offer(self, field: str, kind: str) -> None:
        offered: dict[str, str] = {}
        for workspace_id in self.workspace_ids:
            offered |= dict(Reason.objects.choices_for(workspace_id, kind))
        self.fields[field].choices = [("", _("Choose…")), *offered.items()]  # type: ignore[attr-defined]


class AssignForm(ActForm):
    user_id = forms.TypedChoiceField(
        label=_("Owner"),
        required=False,
        coerce=UUID,
        empty_value=None,
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, leads: Sequence[Lead], **kwargs: Any) -> None:
        super().__init__(*args, leads=leads, **kwargs)
        people: dict[str, str] = {}
        for workspace_id in self.workspace_ids:
            members = assignment.assignable_members(workspace_id)
            people |= {str(m.user_id): m.user.get_full_name() for m in members}
        self.fields["user_id"].choices = [("", _("Nobody")), *people.items()]  # type: ignore[attr-defined]


class NoteForm(ActForm):
    text = forms.CharField(label=_("Note"), widget=UnfoldAdminTextareaWidget({"rows": 4}))


@dataclass(frozen=True)
class Act:
    """One entry of the menus; `needs` names the admin's permission, `move` the lifecycle's."""

    label: Any
    perform: Callable[[Lead, Actor, Given], object]
    form: type[ActForm] = NotesForm
    needs: str = "change"
    icon: str = "arrow_forward"
    move: str = ""
    # The same for many leads of one workspace at once.
    perform_many: Callable[[Sequence[Lead], Actor, Given], Done] | None = None

    @property
    def asks(self) -> bool:
        """Whether it cannot be done without asking."""
        return self.form is not NotesForm


def _move(name: str, icon: str, form: type[ActForm] = NotesForm) -> Act:
    verb = getattr(lifecycle, name)
    return Act(
        MOVES[name].label,
        lambda lead, actor, given: verb(lead, actor=actor, **given),
        form=form,
        icon=icon,
        move=name,
    )


def _enrich(lead: Lead, actor: Actor, _given: Given) -> object:
    return lifecycle.enrich(lead, actor=actor, enrichment_data={})


def _all_at_once(verb: Callable[..., Done]) -> Callable[[Sequence[Lead], Actor, Given], Done]:
    """The set-based form of a verb, which takes ids."""

    def perform(leads: Sequence[Lead], actor: Actor, given: Given) -> Done:
        return verb([lead.pk for lead in leads], actor=actor, **given)

    return perform


def _auto_assign(lead: Lead, actor: Actor, _given: Given) -> None:
    waits = auto_assignment.auto_assign(lead, actor=actor).waits
    if waits:
        raise auto_assignment.NobodyAvailable(waits)


def _restore(lead: Lead, actor: Actor, _given: Given) -> object:
    return editing.restore(str(lead.pk), actor=actor)


ACTS: dict[str, Act] = {
    "log_contact": Act(
        _("Log contact"),
        lambda lead, actor, given: lifecycle.log_contact(lead, actor=actor, **given),
        form=ContactForm,
        icon="call",
    ),
    "note": Act(
        _("Add note"),
        lambda lead, actor, given: timeline.add_note(lead, actor=actor, **given),
        form=NoteForm,
        icon="sticky_note_2",
    ),
    "assign": Act(
        _("Assign"),
        lambda lead, actor, given: assignment.assign(lead, actor=actor, **given),
        form=AssignForm,
        needs="assign",
        icon="person_add",
        perform_many=_all_at_once(assignment.assign_many),
    ),
    "auto_assign": Act(
        _("Assign automatically"),
        _auto_assign,
        needs="assign",
        icon="smart_toy",
        form=ActForm,
        perform_many=_all_at_once(auto_assignment.auto_assign_many),
    ),
    "enrich": Act(MOVES["enrich"].label, _enrich, icon="auto_awesome", move="enrich"),
    "converse": _move("converse", "forum"),
    "qualify": _move("qualify", "verified"),
    "schedule": _move("schedule", "event", ScheduleForm),
    "complete": _move("complete", "event_available"),
    "convert": _move("convert", "paid"),
    "lose": replace(
        _move("lose", "block", LoseForm), perform_many=_all_at_once(lifecycle.lose_many)
    ),
    "reopen": _move("reopen", "undo"),
    "restore": Act(
        _("Restore"),
        _restore,
        needs="delete",
        icon="restore_from_trash",
        form=ActForm,
        perform_many=_all_at_once(editing.restore_many),
    ),
}
