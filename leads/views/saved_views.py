"""Keeping views of the Leads page: saving, changing, pinning and opening them."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from accounts.sent_once import once
from leads.errors import LeadError
from leads.listing import saved_views
from leads.listing.saved_views import address_of, may_share
from leads.listing.view_forms import ViewForm
from leads.models import SavedView
from leads.views.filter_row import given_filters

_TEMPLATE = "leads/views/edit.html"


def _found(request: MemberRequest, view_id: UUID) -> SavedView:
    found: SavedView | None = SavedView.objects.visible_to(request.actor).filter(pk=view_id).first()
    if found is None:
        raise Http404
    return found


def _to_list(slug: str, query: str = "") -> HttpResponse:
    address = reverse("leads:list", args=[slug])
    return redirect(f"{address}?{query}" if query else address)


@requires(Permission.LEAD_EDIT)
@once
def add(request: MemberRequest, slug: str) -> HttpResponse:
    """Keep what the address of the Leads page asks for under a name."""
    if request.method != "POST":
        form = ViewForm(may_share=may_share(request.actor))
        state = given_filters(request.GET).urlencode()
        return render(request, _TEMPLATE, {"form": form, "state": state})
    form = ViewForm(request.POST, may_share=may_share(request.actor))
    state = request.POST.get("state", "")
    if form.is_valid():
        values = saved_views.values_in(given_filters(QueryDict(state)))
        try:
            view = saved_views.create(actor=request.actor, values=form.cleaned_data | values)
        except LeadError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
            return _to_list(slug, address_of(view))
    return render(request, _TEMPLATE, {"form": form, "state": state}, status=422)


@requires(Permission.LEAD_EDIT)
def edit(request: MemberRequest, slug: str, view_id: UUID) -> HttpResponse:
    """Rename a view, share it, or make it one's own."""
    view = _found(request, view_id)
    if not saved_views.may_change(view, request.actor):
        request.actor.require(Permission.RULE_EDIT)
    form = ViewForm(request.POST or None, may_share=may_share(request.actor), view=view)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                row = saved_views.change(view, actor=request.actor, changes=form.cleaned_data)
            except LeadError as error:
                form.refuse(error)
            else:
                messages.success(request, _("The view is saved."))
                return _to_list(slug, address_of(row))
    return render(request, _TEMPLATE, {"form": form, "saved": view}, status=status)


@requires(Permission.VIEW)
def view(request: MemberRequest, slug: str, view_id: UUID) -> HttpResponse:
    """Open a view; a post saves what was changed, pins, unpins or deletes."""
    row = _found(request, view_id)
    if request.method != "POST":
        return _to_list(slug, address_of(row))
    what = request.POST.get("do", "")
    state = given_filters(QueryDict(request.POST.get("state", "")))
    # What was changed, and is not saved, stays on the page.
    here = state.copy()
    here["view"] = str(row.pk)
    try:
        if what == "delete":
            saved_views.delete(row, actor=request.actor)
            messages.success(request, _("“%(name)s” is deleted.") % {"name": row.name})
            return _to_list(slug)
        if what == "save":
            changes = saved_views.values_in(state)
            row = saved_views.change(row, actor=request.actor, changes=changes)
            messages.success(request, _("The view is saved."))
            return _to_list(slug, address_of(row))
        if what in ("pin", "unpin"):
            saved_views.set_pinned(row, actor=request.actor, is_pinned=what == "pin")
            text = _("“%(name)s” is pinned.") if what == "pin" else _("“%(name)s” is unpinned.")
            messages.success(request, text % {"name": row.name})
    except LeadError as error:
        messages.error(request, error.detail)
    return _to_list(slug, here.urlencode(safe=","))
