"""The Lead page: everything known of one inquiry, and every form to work it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.actors import Actor, requires
from accounts.models import Membership
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from leads.assigning.assignment import assignable_members
from leads.channels import CHANNELS
from leads.diary.task_forms import TaskForm
from leads.fields.custom_forms import CustomFieldsForm, offered_fields, shown_fields, values_of
from leads.forms import DIALOG_FORMS, LoseForm, MoveForm
from leads.lifecycle import MOVES, why_not
from leads.merges import merged
from leads.merges.duplicates import suggested_for
from leads.messaging.composer_form import ComposerForm
from leads.messaging.conversation import thread
from leads.models import (
    ATTRIBUTION_FIELDS,
    Appointment,
    Attribution,
    Interaction,
    Lead,
    Reason,
    Task,
)
from leads.responding.response import standing
from leads.scoring.heat_explanation import explain
from leads.stages import MOVE_TO, stages

ENTRIES = 50
MOST_ENTRIES = 1000
DONE_TASKS = 20


@dataclass(frozen=True)
class MoveOption:
    """One line of the "Move to…" menu: posted at once, or through a dialog that asks first."""

    name: str
    label: str
    why_not: str
    form: MoveForm

    @property
    def needs_dialog(self) -> bool:
        return self.name in DIALOG_FORMS


def get_lead(request: MemberRequest, ref: str) -> Lead:
    """The lead by number or id, as far as the actor may see it; 404 otherwise."""
    rows = Lead.objects.visible_to(request.actor).for_list()
    found = merged.lead_by_ref(rows, ref, workspace_id=request.workspace.pk)
    if found is None:
        raise Http404
    return found


@requires(Permission.VIEW)
def lead(request: MemberRequest, slug: str, ref: str) -> HttpResponse:
    """One lead; `?dialog=<move>` opens a dialog without a script."""
    found = get_lead(request, ref)
    if not merged.is_named(found, ref):
        return redirect("leads:detail", slug=slug, ref=found.number)
    return render_lead(request, found, open_dialog=request.GET.get("dialog", ""))


def render_lead(
    request: MemberRequest,
    lead: Lead,
    *,
    composer: ComposerForm | None = None,
    move_form: MoveForm | None = None,
    custom_form: CustomFieldsForm | None = None,
    task_form: TaskForm | None = None,
    open_dialog: str = "",
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page, with the form that was refused as it was typed."""
    reasons = Reason.objects.offered(lead.workspace_id)
    members = assignable_members(lead.workspace_id)
    now = timezone.now()
    context = {
        "now": now,
        "first_response": standing(lead, now).value,
        "lead": lead,
        "stages": stages(lead),
        "moves": _moves(lead, reasons, move_form),
        "open_dialog": open_dialog,
        "refused": refused,
        "composer": composer or _composer(request, lead),
        "thread": thread(
            lead, channel=request.GET.get("thread", ""), shown=request.GET.get("last", "")
        ),
        "loss_labels": dict(reasons[Reason.Kind.LOSS]),
        "unqualified_labels": dict(reasons[Reason.Kind.UNQUALIFIED]),
        "why": explain(lead),
        "members": members,
        "suggested": suggested_for(lead.contact, actor=request.actor),
        **_tasks(lead, request.actor, members, task_form),
        **_custom_fields(lead, custom_form),
        **_timeline(request, lead),
        **_appointments(lead),
        **_attribution(lead),
    }
    return render(request, "leads/detail.html", context, status=status)


def _composer(request: MemberRequest, lead: Lead) -> ComposerForm:
    """Empty; `?compose=email` in the address has chosen what to write."""
    asked = request.GET.get("compose", "")
    initial = {"kind": asked} if asked in dict(ComposerForm.KINDS) else {}
    return ComposerForm(lead=lead, initial=initial)


def _moves(
    lead: Lead, reasons: dict[str, list[tuple[str, str]]], refused_form: MoveForm | None
) -> list[MoveOption]:
    options = []
    for name in (*MOVE_TO.values(), "lose", "reopen"):
        if refused_form is not None and refused_form.move == name:
            form = refused_form
        else:
            form = move_form_for(lead, name, reasons=reasons)
        options.append(MoveOption(name, str(MOVES[name].label), why_not(lead, name), form))
    return options


def move_form_for(
    lead: Lead,
    move: str,
    data: Mapping[str, Any] | None = None,
    *,
    reasons: dict[str, list[tuple[str, str]]] | None = None,
) -> MoveForm:
    """The form of a move, bound when `data` is given."""
    form_class = DIALOG_FORMS.get(move, MoveForm)
    if form_class is LoseForm:
        reasons = reasons or Reason.objects.offered(lead.workspace_id)
        return LoseForm(data, lead=lead, move=move, reasons=reasons)
    return form_class(data, lead=lead, move=move)


def _timeline(request: MemberRequest, lead: Lead) -> dict[str, Any]:
    """The latest entries of the chosen channel; `shown` in the address asks for more."""
    channel = request.GET.get("channel", "")
    entries: QuerySet[Interaction] = Interaction.objects.in_workspace(lead.workspace_id).filter(
        lead=lead
    )
    if channel in CHANNELS:
        entries = entries.filter(type__in=CHANNELS[channel][1])
    asked = request.GET.get("shown", "")
    shown = min(int(asked), MOST_ENTRIES) if asked.isascii() and asked.isdigit() else ENTRIES
    rows = list(entries.order_by("-at", "-id")[: shown + 1])
    return {
        "entries": rows[:shown],
        "more_entries": shown + ENTRIES if shown < len(rows) and shown < MOST_ENTRIES else 0,
        "channel": channel if channel in CHANNELS else "",
        "channels": [(name, label) for name, (label, _types) in CHANNELS.items()],
    }


def _custom_fields(lead: Lead, refused_form: CustomFieldsForm | None) -> dict[str, Any]:
    fields, values = offered_fields(lead.workspace_id), values_of(lead)
    return {
        "custom_fields": shown_fields(fields, values),
        "custom_form": refused_form or CustomFieldsForm(fields=fields, values=values),
    }


def _tasks(
    lead: Lead, actor: Actor, members: list[Membership], refused_form: TaskForm | None
) -> dict[str, Any]:
    """What is to be done, each with its form, and what was done last; and a form for one more."""
    rows = Task.objects.in_workspace(lead.workspace_id).filter(lead=lead).select_related("owner")
    open_tasks = []
    for task in rows.open().order_by("due_at", "id"):
        form = TaskForm(lead=lead, members=members, actor=actor, task=task)
        if refused_form is not None and refused_form.task == task:
            form = refused_form
        open_tasks.append((task, form))
    is_new = refused_form is not None and refused_form.task is None
    return {
        "open_tasks": open_tasks,
        "done_tasks": rows.exclude(done_at__isnull=True).order_by("-done_at", "-id")[:DONE_TASKS],
        "new_task_form": refused_form
        if is_new
        else TaskForm(lead=lead, members=members, actor=actor),
    }


def _appointments(lead: Lead) -> dict[str, Any]:
    rows = list(
        Appointment.objects.in_workspace(lead.workspace_id)
        .filter(lead=lead)
        .order_by("scheduled_for", "id")
    )
    planned = [row for row in rows if row.status == Appointment.Status.SCHEDULED]
    following = planned[0] if planned else None
    return {
        "next_appointment": following,
        "other_appointments": [row for row in reversed(rows) if row is not following],
    }


def _attribution(lead: Lead) -> dict[str, Any]:
    """First and last touch; a lead that came without any has neither."""
    touches = list(lead.touches.order_by("at", "id"))
    first = _known(touches[0] if touches else lead)
    last = _known(touches[-1]) if len(touches) > 1 else []
    return {
        "first_touch": first,
        "first_touch_at": touches[0].at if touches else lead.created_at,
        "last_touch": last,
        "last_touch_at": touches[-1].at if touches else None,
        "touch_count": len(touches),
    }


def _known(touch: Attribution) -> list[tuple[str, str]]:
    return [(name, value) for name in ATTRIBUTION_FIELDS if (value := getattr(touch, name))]
