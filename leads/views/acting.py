"""What is done to a lead from its page: each view fetches, calls a verb and goes back there."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from accounts.sent_once import once
from leads import editing
from leads.assigning import assignment, auto_assignment
from leads.diary import appointments
from leads.errors import LeadError
from leads.fields.custom_forms import CustomFieldsForm, offered_fields, values_of
from leads.forms import DIALOG_FORMS
from leads.lifecycle import MOVES
from leads.messaging.composer_form import ComposerForm, was_queued
from leads.models import Appointment, Lead, Status
from leads.stages import MOVE_TO
from leads.views.detail import get_lead, move_form_for, render_lead

# Among the people of the menu: whose turn it is.
AUTOMATICALLY = "auto"
PAGE_MOVES = (*MOVE_TO.values(), "lose", "reopen")


def _back(lead: Lead, slug: str) -> HttpResponse:
    return redirect("leads:detail", slug=slug, ref=lead.number)


@requires(Permission.LEAD_EDIT)
def move(request: MemberRequest, slug: str, ref: str, move: str) -> HttpResponse:
    """Make a move of the lifecycle; refused, the page says why and keeps what was typed."""
    lead = get_lead(request, ref)
    if request.method != "POST" or move not in PAGE_MOVES:
        return _back(lead, slug)
    form = move_form_for(lead, move, request.POST)
    if not form.is_valid():
        return render_lead(request, lead, move_form=form, open_dialog=move, status=422)
    try:
        moved = form.perform(actor=request.actor)
    except LeadError as error:
        return _refused_move(request, get_lead(request, ref), move, error)
    messages.success(request, _moved_message(move, moved))
    return _back(lead, slug)


def _refused_move(request: MemberRequest, lead: Lead, move: str, error: LeadError) -> HttpResponse:
    """The page as it is by now, with what was typed; who reads it decides about that status."""
    form = move_form_for(lead, move, {**request.POST.dict(), "expected_status": lead.status})
    form.refuse(error)
    # Somebody else's move may have made this one impossible: then there is nothing to fill in.
    has_dialog = move in DIALOG_FORMS and lead.status in MOVES[move].sources
    return render_lead(
        request,
        lead,
        move_form=form,
        open_dialog=move if has_dialog else "",
        refused=error.detail,
        status=error.status,
    )


def _moved_message(move: str, lead: Lead) -> str:
    if move == "schedule":
        return _("The appointment is on the calendar.")
    return _("The lead is “%(status)s” now.") % {"status": Status(lead.status).label}


@requires(Permission.LEAD_ASSIGN)
def assign(request: MemberRequest, slug: str, ref: str) -> HttpResponse:
    """Give the lead to a member, or to nobody."""
    lead = get_lead(request, ref)
    if request.method != "POST":
        return _back(lead, slug)
    try:
        chosen = request.POST.get("user_id", "")
        if chosen == AUTOMATICALLY:
            return _auto_assign(request, lead, slug)
        assigned = assignment.assign(
            lead, actor=request.actor, user_id=UUID(chosen) if chosen else None
        )
    except ValueError:
        return render_lead(request, lead, refused=_("Choose one of the members."), status=422)
    except LeadError as error:
        return render_lead(request, lead, refused=error.detail, status=error.status)
    if assigned.assigned_to:
        name = assigned.assigned_to.get_full_name()
        messages.success(request, _("Assigned to %(name)s.") % {"name": name})
    else:
        messages.success(request, _("Nobody owns this lead now."))
    return _back(lead, slug)


def _auto_assign(request: MemberRequest, lead: Lead, slug: str) -> HttpResponse:
    done = auto_assignment.auto_assign(lead, actor=request.actor)
    if done.waits:
        messages.warning(request, auto_assignment.NobodyAvailable(done.waits).detail)
    elif done.lead.assigned_to:
        name = done.lead.assigned_to.get_full_name()
        messages.success(request, _("Assigned to %(name)s.") % {"name": name})
    return _back(lead, slug)


@requires(Permission.LEAD_EDIT)
@once
def log(request: MemberRequest, slug: str, ref: str) -> HttpResponse:
    """Write down what happened; refused, what was typed stays in the composer."""
    lead = get_lead(request, ref)
    if request.method != "POST":
        return _back(lead, slug)
    form = ComposerForm(request.POST, lead=lead)
    if not form.is_valid():
        return render_lead(request, lead, composer=form, status=422)
    try:
        written = form.record(actor=request.actor)
    except LeadError as error:
        refused = "" if form.errors else error.detail
        return render_lead(request, lead, composer=form, refused=refused, status=error.status)
    # The class tells the page that the draft of the composer can go.
    told = _("The e-mail is on its way.") if was_queued(written) else _("Added to the timeline.")
    messages.success(request, told, extra_tags="composed")
    return _back(lead, slug)


@requires(Permission.LEAD_EDIT)
def appointment(request: MemberRequest, slug: str, ref: str, appointment_id: UUID) -> HttpResponse:
    """Attended, no-show or cancelled, in one click."""
    lead = get_lead(request, ref)
    status = request.POST.get("status", "")
    if request.method != "POST" or not lead.appointments.filter(pk=appointment_id).exists():
        return _back(lead, slug)
    if status not in (
        Appointment.Status.ATTENDED,
        Appointment.Status.NO_SHOW,
        Appointment.Status.CANCELED,
    ):
        return render_lead(
            request, lead, refused=_("Choose attended, no-show or canceled."), status=422
        )
    try:
        changed = appointments.set_status(appointment_id, actor=request.actor, status=status)
    except LeadError as error:
        return render_lead(request, lead, refused=error.detail, status=error.status)
    label = changed.get_status_display()
    messages.success(request, _("Appointment: %(status)s.") % {"status": label})
    return _back(lead, slug)


@requires(Permission.LEAD_EDIT)
def custom_fields(request: MemberRequest, slug: str, ref: str) -> HttpResponse:
    """Set the custom fields that were changed; refused, the form keeps what was typed."""
    lead = get_lead(request, ref)
    if request.method != "POST":
        return _back(lead, slug)
    fields = offered_fields(lead.workspace_id)
    form = CustomFieldsForm(request.POST, fields=fields, values=values_of(lead))
    if not form.is_valid():
        return render_lead(request, lead, custom_form=form, status=422)
    try:
        editing.update(lead, actor=request.actor, changes={"custom_fields": form.changes()})
    except LeadError as error:
        form.refuse(error)
        refused = "" if form.errors else error.detail
        return render_lead(request, lead, custom_form=form, refused=refused, status=error.status)
    messages.success(request, _("The details are saved."))
    return _back(lead, slug)
