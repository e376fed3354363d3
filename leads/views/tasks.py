"""Tasks: on the page of their lead, and with the appointments on a page of their own."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actors import requires
from accounts.models import User
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from accounts.sent_once import once
from leads.assigning.assignment import assignable_members
from leads.diary import appointments, followups
from leads.diary.agenda import agenda
from leads.diary.task_forms import TaskForm
from leads.errors import LeadError
from leads.models import Appointment, Lead, Task
from leads.views.detail import get_lead, render_lead

EVERYBODY = "all"
_WENT = (Appointment.Status.ATTENDED, Appointment.Status.NO_SHOW, Appointment.Status.CANCELED)


@requires(Permission.VIEW)
def tasks(request: MemberRequest, slug: str) -> HttpResponse:
    """What is overdue, and what today and the next days bring; `owner` says whose."""
    members = assignable_members(request.workspace.pk) if _may_choose(request) else []
    people = {str(one.user_id): one.user for one in members}
    chosen = request.GET.get("owner", "")
    is_everybody = chosen == EVERYBODY or not request.actor.can(Permission.LEAD_EDIT)
    usual = None if members and is_everybody else request.user
    owner: User | None = people.get(chosen, usual)
    context = {
        "agenda": agenda(request.actor, owner),
        "owner": owner,
        "others": [one for one in people.values() if one != request.user],
        "may_choose": _may_choose(request),
        "query": request.GET.urlencode(),
    }
    return render(request, "leads/tasks.html", context)


def _may_choose(request: MemberRequest) -> bool:
    """Managers look at everybody's; so does a viewer, who has none of their own."""
    return request.actor.can(Permission.METRICS_ALL) or not request.actor.can(Permission.LEAD_EDIT)


def _to_tasks(request: MemberRequest, slug: str) -> HttpResponse:
    query = request.GET.urlencode()
    address = reverse("leads:tasks", args=[slug])
    return redirect(f"{address}?{query}" if query else address)


@requires(Permission.LEAD_EDIT)
def mark(request: MemberRequest, slug: str, task_id: UUID) -> HttpResponse:
    """Tick a task off on the page of tasks, or take it up again."""
    get_object_or_404(Task.objects.visible_to(request.actor), pk=task_id)
    if request.method == "POST":
        try:
            _mark(request, task_id, is_done=request.POST.get("done") != "no")
        except LeadError as error:
            messages.error(request, error.detail)
    return _to_tasks(request, slug)


def _mark(request: MemberRequest, task_id: UUID, *, is_done: bool) -> None:
    verb = followups.complete if is_done else followups.reopen
    task = verb(task_id, actor=request.actor)
    text = _("Done: %(title)s") if is_done else _("To be done again: %(title)s")
    messages.success(request, text % {"title": task.title})


@requires(Permission.LEAD_EDIT)
def visit(request: MemberRequest, slug: str, appointment_id: UUID) -> HttpResponse:
    """Say on the page of tasks how an appointment went."""
    status = request.POST.get("status", "")
    get_object_or_404(Appointment.objects.visible_to(request.actor), pk=appointment_id)
    if request.method == "POST" and status in _WENT:
        try:
            changed = appointments.set_status(appointment_id, actor=request.actor, status=status)
        except LeadError as error:
            messages.error(request, error.detail)
        else:
            label = changed.get_status_display()
            messages.success(request, _("Appointment: %(status)s.") % {"status": label})
    return _to_tasks(request, slug)


@requires(Permission.LEAD_EDIT)
@once
def add(request: MemberRequest, slug: str, ref: str) -> HttpResponse:
    """Add a task to a lead; refused, the page keeps what was typed."""
    lead = get_lead(request, ref)
    if request.method != "POST":
        return redirect("leads:detail", slug=slug, ref=lead.number)
    return _save(request, lead, None, _("The task is added."))


@requires(Permission.LEAD_EDIT)
def change(request: MemberRequest, slug: str, ref: str, task_id: UUID) -> HttpResponse:
    """Change a task of the lead, tick it off, take it up again or delete it."""
    lead = get_lead(request, ref)
    task = Task.objects.in_workspace(lead.workspace_id).filter(lead=lead, pk=task_id)
    found = task.select_related("owner").first()
    if found is None:
        raise Http404
    what = request.POST.get("do", "")
    if request.method != "POST":
        return redirect("leads:detail", slug=slug, ref=lead.number)
    if what == "save":
        return _save(request, lead, found, _("The task is saved."))
    try:
        if what == "delete":
            followups.delete(found.pk, actor=request.actor)
            messages.success(request, _("The task is deleted."))
        elif what in ("complete", "reopen"):
            _mark(request, found.pk, is_done=what == "complete")
    except LeadError as error:
        return render_lead(request, lead, refused=error.detail, status=error.status)
    return redirect("leads:detail", slug=slug, ref=lead.number)


def _save(request: MemberRequest, lead: Lead, task: Task | None, done: str) -> HttpResponse:
    members = assignable_members(lead.workspace_id)
    form = TaskForm(request.POST, lead=lead, members=members, actor=request.actor, task=task)
    if not form.is_valid():
        return render_lead(request, lead, task_form=form, status=422)
    try:
        form.save(actor=request.actor)
    except LeadError as error:
        refused = "" if form.errors else error.detail
        return render_lead(request, lead, task_form=form, refused=refused, status=error.status)
    messages.success(request, done)
    return redirect("leads:detail", slug=request.workspace.slug, ref=lead.number)
