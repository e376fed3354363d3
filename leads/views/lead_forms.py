"""The forms of a workspace: their list, and one to change, preview and embed."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from leads.capture import lead_forms
from leads.capture.lead_form_editor import LeadFormEditor
from leads.models import LeadForm
from leads.views.saving import is_saved, status_of


def _form(request: MemberRequest, form_id: UUID) -> LeadForm:
    rows = LeadForm.objects.in_workspace(request.workspace.pk)
    found: LeadForm | None = rows.filter(pk=form_id).first()
    if found is None:
        raise Http404
    return found


@requires(Permission.RULE_EDIT)
def forms(request: MemberRequest, slug: str) -> HttpResponse:
    """The list; a post makes one more."""
    if request.method == "POST":
        made = lead_forms.create(actor=request.actor)
        messages.success(request, _("The form is made. Set what it asks."))
        return redirect("leads:form", slug=slug, form_id=made.pk)
    rows = LeadForm.objects.in_workspace(request.workspace.pk).order_by("name", "id")
    return render(request, "leads/forms/list.html", {"forms": rows})


@requires(Permission.RULE_EDIT)
def form(request: MemberRequest, slug: str, form_id: UUID) -> HttpResponse:
    """One form: what it asks and says, where it may stand, and what to paste there."""
    lead_form = _form(request, form_id)
    editor = LeadFormEditor(request.POST or None, lead_form=lead_form)
    if is_saved(request, editor):
        messages.success(request, _("The form is saved, and visitors see it like that."))
        return redirect("leads:form", slug=slug, form_id=lead_form.pk)
    public = [
        request.build_absolute_uri(reverse(f"lead_form:{name}", args=[lead_form.token]))
        for name in ("show", "embed")
    ]
    context = {
        "lead_form": lead_form,
        "form": editor,
        "public_url": public[0],
        "script_url": public[1],
    }
    return render(request, "leads/forms/edit.html", context, status=status_of(request))


@requires(Permission.RULE_EDIT)
def delete(request: MemberRequest, slug: str, form_id: UUID) -> HttpResponse:
    """Take the form off the web."""
    gone = _form(request, form_id)
    if request.method != "POST":
        return redirect("leads:form", slug=slug, form_id=gone.pk)
    lead_forms.delete(gone, actor=request.actor)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": gone.name})
    return redirect("leads:forms", slug=slug)
