"""The Pipeline page: a column a status, cards that are moved by mouse, keyboard or menu."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor, requires
from accounts.keyset import BadCursor
from accounts.permissions import Permission
from accounts.requests import MemberRequest, is_part
from leads import board as pipeline
from leads import undoing
from leads.assigning.assignment import assignable_members
from leads.errors import LeadError
from leads.forms import DIALOG_FORMS, MoveForm
from leads.lifecycle import MOVES, why_not
from leads.listing.filters import LeadFilter
from leads.locking import check_seen
from leads.models import Lead, Status
from leads.models.lead import LeadQuerySet
from leads.stages import move_towards
from leads.transitions import UNDO_FOR, illegal
from leads.views.detail import get_lead, move_form_for
from leads.views.filter_row import chips, choices, errors_of, given_filters, without
from leads.views.view_bar import view_bar

_CONTROLS = ("q", "heat", "assigned_to", "source")
# What the address says beside the filters: how far a column is read, and a phone's column.
_OWN = ("cursor", "ordering", "stage", "columns", "view", "since")
_UNDO = "board_undo"


@dataclass(frozen=True)
class Target:
    """One line of a card's "Move to…" menu."""

    status: Status
    move: str
    why_not: str
    is_first: bool = False

    @property
    def needs_dialog(self) -> bool:
        return self.move in DIALOG_FORMS


class Asked:
    """What the address asks to see."""

    def __init__(self, request: MemberRequest) -> None:
        self.given = given_filters(request.GET)
        self.narrowing = without(self.given, *_OWN)
        self.filters: Any = LeadFilter(
            self.narrowing, queryset=Lead.objects.visible_to(request.actor), actor=request.actor
        )
        self.rows: LeadQuerySet = self.filters.qs
        # Reading the rows has cleaned the form; what it could not read is left out.
        self.shown = pipeline.shown_statuses(self.filters.form.cleaned_data.get("status") or [])

    @property
    def is_filtered(self) -> bool:
        return bool(without(self.narrowing, "status"))


@requires(Permission.VIEW)
def board(request: MemberRequest, slug: str) -> HttpResponse:
    """The columns, narrowed by the address; with `cursor` more cards of its one status."""
    # Before anything is read: what changes meanwhile is told again.
    looked_at = timezone.now()
    asked = Asked(request)
    if "cursor" in asked.given and len(asked.shown) == 1:
        return _more(request, asked, asked.shown[0])
    columns = pipeline.columns(asked.rows, asked.shown)
    owners = [
        (str(m.user_id), m.user.get_full_name()) for m in assignable_members(request.workspace.pk)
    ]
    context = {
        "columns": columns,
        "looked_at": looked_at.isoformat(),
        "has_cards": any(column.cards for column in columns),
        "is_counted": not any(column.has_more_than_counted for column in columns),
        "stage": _stage(asked.given.get("stage", ""), columns),
        "given": asked.given,
        "is_filtered": bool(asked.narrowing),
        "bar": view_bar(asked.given, request.actor),
        "query": asked.narrowing.urlencode(),
        "errors": errors_of(asked.filters),
        "chips": chips(asked.narrowing, asked.filters, dict(owners)),
        "hidden": [
            (name, value)
            for name, values in asked.narrowing.lists()
            if name not in _CONTROLS
            for value in values
        ],
        "choices": choices(owners),
        "undo": request.session.pop(_UNDO, None),
        "undo_milliseconds": _undo_milliseconds(),
    }
    return render(request, "leads/board.html", context)


def _stage(asked: str, columns: list[pipeline.Column]) -> str:
    """The one column a phone shows: the one asked for, else the first with cards."""
    shown = [column.status.value for column in columns]
    if asked in shown:
        return asked
    return next((column.status.value for column in columns if column.cards), (*shown, "")[0])


def _undo_milliseconds() -> int:
    return round(UNDO_FOR.total_seconds() * 1000)


def _more(request: MemberRequest, asked: Asked, status: Status) -> HttpResponse:
    try:
        column = pipeline.more_cards(asked.rows, status, str(asked.given["cursor"]))
    except BadCursor:
        return redirect(f"{request.path}?{asked.narrowing.urlencode()}")
    context = {
        "column": column,
        "query": without(asked.narrowing, "status").urlencode(),
        "narrowing": asked.narrowing.urlencode(),
    }
    name = "board_more" if is_part(request) else "board_further"
    return render(request, f"leads/{name}.html", context)


@requires(Permission.VIEW)
def counts(request: MemberRequest, slug: str) -> HttpResponse:
    """How many leads each column has: the page asks when it is there."""
    if not is_part(request):
        return _back(request)
    return render(request, "leads/board_counts.html", {"counts": counts_of(Asked(request))})


def counts_of(asked: Asked) -> list[tuple[Status, int, bool]]:
    found = pipeline.counted(asked.rows, asked.shown, is_filtered=asked.is_filtered)
    return [(status, number, more) for status, (number, more) in found.items()]


@requires(Permission.LEAD_EDIT)
def menu(request: MemberRequest, slug: str, ref: str) -> HttpResponse:
    """The card's "Move to…" menu; without a script a page."""
    return _ask(request, get_lead(request, ref))


def _ask(
    request: MemberRequest,
    lead: Lead,
    *,
    form: MoveForm | None = None,
    target: str = "",
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    """Ask what the move needs, or, without a form, where to."""
    context = {
        "lead": lead,
        "targets": [] if form else _targets(lead),
        "form": form,
        "label": str(MOVES[form.move].label) if form else "",
        "target": target,
        "refused": refused,
        "query": request.GET.urlencode(),
    }
    name = "board_dialog" if is_part(request) else "board_lead"
    return render(request, f"leads/{name}.html", context, status=status)


def _targets(lead: Lead) -> list[Target]:
    """Every other status; the first that is possible is where the menu begins."""
    targets: list[Target] = []
    for status in Status:
        if status == lead.status:
            continue
        try:
            name = move_towards(lead, status)
        except LeadError as error:
            targets.append(Target(status, "", error.detail))
            continue
        reason = why_not(lead, name)
        is_first = not reason and not any(target.is_first for target in targets)
        targets.append(Target(status, name, reason, is_first))
    return targets


@requires(Permission.LEAD_EDIT)
def move(request: MemberRequest, slug: str, ref: str, status: str) -> HttpResponse:
    """Move the lead to a status; a move that needs something is asked about before it is made.

    `dropped` says that nobody was asked yet. Refused, the answer says why, and where the lead is.
    """
    lead = get_lead(request, ref)
    if status not in Status:
        raise Http404
    try:
        name = move_towards(lead, status)
        if request.method != "POST":
            return _ask(request, lead, form=move_form_for(lead, name), target=status)
        check_seen(lead, request.POST.get("expected_status"))
        if lead.status != status and why_not(lead, name):
            # Before anybody is asked for a reason.
            raise illegal(lead, name)
        if "dropped" in request.POST and name in DIALOG_FORMS:
            return _ask(request, lead, form=move_form_for(lead, name), target=status)
        return _make(request, lead, name, status)
    except LeadError as error:
        return _refused(request, get_lead(request, ref), error)


def _make(request: MemberRequest, lead: Lead, name: str, target: str) -> HttpResponse:
    form = move_form_for(lead, name, request.POST)
    if not form.is_valid():
        return _ask(request, lead, form=form, target=target, status=422)
    try:
        made = undoing.make(lead, actor=request.actor, move=partial(_perform, form))
    except LeadError as error:
        if name not in DIALOG_FORMS or error.status == 409:
            raise
        form.refuse(error)
        return _ask(
            request, lead, form=form, target=target, refused=error.detail, status=error.status
        )
    moved = get_lead(request, str(made.lead.pk))
    text = _("%(name)s is “%(status)s” now.") % {
        "name": moved.contact.name,
        "status": Status(moved.status).label,
    }
    return _moved(request, moved, text, memory=made.undo)


def _perform(form: MoveForm, actor: Actor) -> Lead:
    return form.perform(actor=actor)


@requires(Permission.LEAD_EDIT)
def undo(request: MemberRequest, slug: str) -> HttpResponse:
    """Take back the move that this page just made."""
    if request.method != "POST":
        return _back(request)
    memory = request.POST.get("memory", "")
    try:
        lead = undoing.undo(memory, actor=request.actor)
    except LeadError as error:
        return _refused(request, None, error)
    restored = get_lead(request, str(lead.pk))
    text = _("Taken back: %(name)s is “%(status)s” again.") % {
        "name": restored.contact.name,
        "status": Status(restored.status).label,
    }
    return _moved(request, restored, text)


def _moved(request: MemberRequest, lead: Lead, text: str, *, memory: str = "") -> HttpResponse:
    if not is_part(request):
        if memory:
            request.session[_UNDO] = {"memory": memory, "text": text}
        else:
            messages.success(request, text)
        return _back(request, stage=lead.status)
    return _changes(request, lead, text, level="success", memory=memory)


def _refused(request: MemberRequest, lead: Lead | None, error: LeadError) -> HttpResponse:
    """Say why; a lead that somebody else moved goes to where it is by now."""
    if not is_part(request):
        messages.error(request, error.detail)
        return _back(request, stage=lead.status if lead else "")
    seen = request.POST.get("expected_status", "")
    is_elsewhere = lead is not None and bool(seen) and lead.status != seen
    return _changes(
        request,
        lead if is_elsewhere else None,
        error.detail,
        level="error",
        status=error.status,
    )


def _changes(
    request: MemberRequest,
    lead: Lead | None,
    text: str,
    *,
    level: str,
    memory: str = "",
    status: int = 200,
) -> HttpResponse:
    """What changes on the board that stands in the browser."""
    asked = Asked(request)
    context = {
        "card": pipeline.card_of(lead) if lead else None,
        "counts": counts_of(asked) if lead else [],
        "query": without(asked.narrowing, "status").urlencode(),
        "text": text,
        "level": level,
        "memory": memory,
        "undo_milliseconds": _undo_milliseconds(),
    }
    body = render_to_string("leads/board_changes.html", context, request)
    return HttpResponse(body, status=status)


def _back(request: MemberRequest, *, stage: str = "") -> HttpResponse:
    """To the board as it was, a phone with the column where the card went."""
    query = without(given_filters(request.GET), "stage")
    if stage:
        query["stage"] = stage
    return redirect(f"{reverse('leads:board', args=[request.workspace.slug])}?{query.urlencode()}")
