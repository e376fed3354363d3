"""The Contact page: one person, and all that is known of them across their inquiries."""

from collections.abc import Mapping

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from leads.fields.custom_forms import offered_fields, shown_fields
from leads.merges import merged
from leads.merges.duplicates import suggested_for
from leads.merges.merged import merges_into
from leads.messaging.email_sender import sender_of
from leads.messaging.messages import why_not_email
from leads.models import ConsentKind, Contact, CustomField, Lead

MOST_LEADS = 100


def get_contact(request: MemberRequest, ref: str) -> Contact:
    """The contact by number or id, as far as the actor may see it; 404 otherwise."""
    rows = Contact.objects.visible_to(request.actor).select_related("company", "workspace")
    found = merged.contact_by_ref(
        rows.prefetch_related("tags"), ref, workspace_id=request.workspace.pk
    )
    if found is None:
        raise Http404
    return found


@requires(Permission.VIEW)
def contact(request: MemberRequest, slug: str, ref: str) -> HttpResponse:
    """One person: to be read; `contact_editing` changes them."""
    person = get_contact(request, ref)
    if not merged.is_named(person, ref):
        return redirect("leads:contact", slug=slug, ref=person.number)
    rows = Lead.objects.visible_to(request.actor).filter(contact=person).for_table()
    leads = list(rows.order_by("-created_at", "-id")[:MOST_LEADS])
    context = {
        "contact": person,
        "leads": leads,
        "address": _address_lines(person.address),
        "consent": [(_name(kind), given) for kind, given in person.consent.items()],
        "email_obstacle": why_not_email(person, sender=sender_of(person.workspace))[0],
        "closed_channels": _closed_channels(person.do_not_contact),
        "custom_fields": shown_fields(
            offered_fields(person.workspace_id, subject=CustomField.Subject.CONTACT),
            person.custom_fields,
        ),
        "suggested": suggested_for(person, actor=request.actor),
        "merges": merges_into(person),
        "here": reverse("leads:contact", args=[slug, person.number]),
    }
    return render(request, "leads/contact.html", context)


def _address_lines(address: Mapping[str, str]) -> list[str]:
    """Street; postal code, city and region; country."""
    town = " ".join(filter(None, (address.get("postal_code"), address.get("city"))))
    middle = ", ".join(filter(None, (town, address.get("region"))))
    return [line for line in (address.get("street"), middle, address.get("country")) if line]


def _closed_channels(do_not_contact: Mapping[str, bool]) -> list[str]:
    return [_name(channel) for channel, is_closed in do_not_contact.items() if is_closed]


def _name(kind: str) -> str:
    """What a consent or a channel is called; outside systems send kinds of their own."""
    if kind == "ad_personalization":
        return _("Personal ads")
    known = kind in ConsentKind.values
    return str(ConsentKind(kind).label) if known else kind.replace("_", " ").capitalize()
