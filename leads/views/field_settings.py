"""The fields a workspace defines for itself: their list, one to change, their order."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from accounts.sent_once import once
from leads.errors import LeadError
from leads.fields import custom_fields
from leads.fields.field_forms import FieldForm
from leads.models import CustomField


def _get_field(request: MemberRequest, field_id: UUID) -> CustomField:
    rows = CustomField.objects.in_workspace(request.workspace.pk)
    found: CustomField | None = rows.filter(pk=field_id).first()
    if found is None:
        raise Http404
    return found


@requires(Permission.RULE_EDIT)
def fields(request: MemberRequest, slug: str) -> HttpResponse:
    """Those in use, in their order, and below them those that are not."""
    rows = list(CustomField.objects.in_workspace(request.workspace.pk))
    context = {
        "fields": [row for row in rows if not row.is_archived],
        "archived": [row for row in rows if row.is_archived],
    }
    return render(request, "leads/fields/list.html", context)


@requires(Permission.RULE_EDIT)
@once
def create(request: MemberRequest, slug: str) -> HttpResponse:
    """A new field."""
    form = FieldForm(request.POST if request.method == "POST" else None)
    return _edit(request, slug, form, _("The field is there: forms and pages ask for it."))


@requires(Permission.RULE_EDIT)
def field(request: MemberRequest, slug: str, field_id: UUID) -> HttpResponse:
    """One field: its name, kind and choices."""
    row = _get_field(request, field_id)
    form = FieldForm(request.POST if request.method == "POST" else None, field=row)
    return _edit(request, slug, form, _("The field is saved."))


def _edit(request: MemberRequest, slug: str, form: FieldForm, saved: str) -> HttpResponse:
    status, refused = 200, ""
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                form.save(actor=request.actor)
            except LeadError as error:
                status, refused = error.status, "" if form.errors else error.detail
            else:
                messages.success(request, saved)
                return redirect("leads:fields", slug=slug)
    context = {"form": form, "row": form.field, "refused": refused}
    return render(request, "leads/fields/edit.html", context, status=status)


@requires(Permission.RULE_EDIT)
def move(request: MemberRequest, slug: str, field_id: UUID) -> HttpResponse:
    """One place earlier or later."""
    row = _get_field(request, field_id)
    if request.method == "POST":
        by = -1 if request.POST.get("to") == "earlier" else 1
        custom_fields.move(row, actor=request.actor, by=by)
    return redirect("leads:fields", slug=slug)


@requires(Permission.RULE_EDIT)
def use(request: MemberRequest, slug: str, field_id: UUID) -> HttpResponse:
    """Stop using a field, or take it up again; its values stay either way."""
    row = _get_field(request, field_id)
    if request.method == "POST":
        stops = request.POST.get("use") == "no"
        try:
            custom_fields.redefine(row, actor=request.actor, changes={"is_archived": stops})
        except LeadError as error:
            messages.error(request, error.detail)
        else:
            text = _("“%(name)s” is asked no more; what was known stays.")
            text = text if stops else _("“%(name)s” is in use again.")
            messages.success(request, text % {"name": row.label})
    return redirect("leads:fields", slug=slug)
