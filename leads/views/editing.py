"""Entering a lead by hand, correcting it, taking it out of the lists and bringing it back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.actors import Actor, requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from accounts.sent_once import once
from leads import editing
from leads.assigning import assignment
from leads.errors import LeadError, LeadNotFound
from leads.fields.custom_forms import CustomFieldsForm, offered_fields, values_of
from leads.forms import LeadDetailsForm, NewLeadForm
from leads.models import Lead
from leads.views.detail import get_lead

_CONTACT_FIELDS = ("first_name", "last_name", "email", "phone", "job_title", "linkedin_url")


@requires(Permission.LEAD_EDIT)
@once
def create(request: MemberRequest, slug: str) -> HttpResponse:
    """The New lead page; intake finds a person who is known already."""
    form = NewLeadForm(request.POST or None, owners=_owners(request.actor))
    custom_form = CustomFieldsForm(
        request.POST or None, fields=offered_fields(request.workspace.pk)
    )
    status, refused = 200, ""
    if request.method == "POST":
        status = 422
        if all([form.is_valid(), custom_form.is_valid()]):
            try:
                received = form.receive(actor=request.actor, custom_fields=custom_form.changes())
                _assign(received.lead, form.cleaned_data.get("owner", ""), request.actor)
            except LeadError as error:
                custom_form.refuse(error)
                is_shown = bool(form.errors or custom_form.errors)
                status, refused = error.status, "" if is_shown else error.detail
            else:
                _tell(request, received.lead, created=received.created, notices=received.notices)
                return redirect("leads:detail", slug=slug, ref=received.lead.number)
    context = {"form": form, "custom_form": custom_form, "refused": refused}
    return render(request, "leads/new.html", context, status=status)


def _owners(actor: Actor) -> list[tuple[str, str]]:
    if actor.workspace is None or not actor.can(Permission.LEAD_ASSIGN):
        return []
    members = assignment.assignable_members(actor.workspace.pk)
    return [(str(member.user_id), member.user.get_full_name()) for member in members]


def _assign(lead: Lead, owner: str, actor: Actor) -> None:
    if owner:
        assignment.assign(lead, actor=actor, user_id=UUID(owner))


def _tell(request: MemberRequest, lead: Lead, *, created: bool, notices: list[str]) -> None:
    name = lead.contact.name
    if created:
        messages.success(request, _("%(name)s is in.") % {"name": name})
    else:
        messages.info(
            request,
            _("%(name)s had an open lead already: what you entered was added to it.")
            % {"name": name},
        )
    for notice in notices:
        messages.warning(request, notice)


@requires(Permission.LEAD_EDIT)
def edit(request: MemberRequest, slug: str, ref: str) -> HttpResponse:
    """Correct what is known of the person and the inquiry."""
    lead = get_lead(request, ref)
    form = LeadDetailsForm(request.POST or None, initial=_initial(lead))
    fields = offered_fields(lead.workspace_id)
    custom_form = CustomFieldsForm(request.POST or None, fields=fields, values=values_of(lead))
    status, refused = 200, ""
    if request.method == "POST":
        status = 422
        if all([form.is_valid(), custom_form.is_valid()]):
            changes = {**form.cleaned_data, "custom_fields": custom_form.changes()}
            try:
                editing.update(lead, actor=request.actor, changes=changes)
            except LeadError as error:
                form.refuse(error)
                custom_form.refuse(error)
                is_shown = bool(form.errors or custom_form.errors)
                status, refused = error.status, "" if is_shown else error.detail
            else:
                messages.success(request, _("The changes are saved."))
                return redirect("leads:detail", slug=slug, ref=lead.number)
    context = {"lead": lead, "form": form, "custom_form": custom_form, "refused": refused}
    return render(request, "leads/edit.html", context, status=status)


def _initial(lead: Lead) -> dict[str, Any]:
    contact = lead.contact
    return {
        **{name: getattr(contact, name) for name in _CONTACT_FIELDS},
        "company": contact.company.name if contact.company else "",
        "tags": ", ".join(tag.name for tag in contact.tags.all()),
        "source": lead.source,
        "notes": lead.notes,
    }


@requires(Permission.LEAD_DELETE)
def delete(request: MemberRequest, slug: str, ref: str) -> HttpResponse:
    """Take the lead out of every list; the answer offers to bring it back."""
    lead = get_lead(request, ref)
    if request.method != "POST":
        return redirect("leads:edit", slug=slug, ref=lead.number)
    editing.delete(lead, actor=request.actor)
    return render(request, "leads/deleted.html", {"lead": lead})


@requires(Permission.LEAD_DELETE)
def restore(request: MemberRequest, slug: str, ref: str) -> HttpResponse:
    """Bring a deleted lead back."""
    if not Lead.objects.in_workspace(request.workspace.pk).by_ref(ref).exists():
        raise Http404
    if request.method != "POST":
        raise Http404
    try:
        lead = editing.restore(ref, actor=request.actor)
    except LeadNotFound as error:
        raise Http404 from error
    except LeadError as error:
        messages.error(request, error.detail)
        return redirect("leads:list", slug=slug)
    messages.success(request, _("%(name)s is back.") % {"name": lead.contact.name})
    return redirect("leads:detail", slug=slug, ref=lead.number)
