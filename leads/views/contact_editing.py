"""Correcting what is known of a person; two who do so at once are told of each other."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from leads.errors import LeadError, StaleContact
from leads.fields.custom_forms import offered_fields
from leads.models import CustomField
from leads.people.contact_forms import PLATFORMS, ContactEditor
from leads.views.contacts import get_contact


@requires(Permission.LEAD_EDIT)
def edit(request: MemberRequest, slug: str, ref: str) -> HttpResponse:
    """The form of a contact; refused, it keeps what was typed."""
    person = get_contact(request, ref)
    fields = offered_fields(person.workspace_id, subject=CustomField.Subject.CONTACT)
    data = request.POST if request.method == "POST" else None
    editor = ContactEditor.of(person, fields=fields, data=data)
    status, refused, namesake = 200, "", None
    if data is not None:
        status = 422
        if editor.is_valid():
            try:
                editor.save(actor=request.actor)
            except LeadError as error:
                if isinstance(error, StaleContact):
                    editor = editor.on_top_of(get_contact(request, ref))
                editor.refuse(error)
                status = error.status
                refused = "" if editor.has_errors else error.detail
                namesake = error.extra.get("contact_number")
            else:
                messages.success(request, _("The changes are saved."))
                return redirect("leads:contact", slug=slug, ref=person.number)
    context = {
        "contact": person,
        "editor": editor,
        "form": editor.form,
        "custom_form": editor.custom_form,
        "refused": refused,
        "namesake": namesake,
        "platforms": PLATFORMS,
    }
    return render(request, "leads/contact_edit.html", context, status=status)
