"""The Contact page: one person, and all that is known of them across their inquiries."""

from collections.abc import Mapping

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from leads.custom_forms import offered_fields, shown_fields
from leads.models import ConsentKind, Contact, CustomField, Lead

MOST_LEADS = 100


def get_contact(request: MemberRequest, ref: str) -> Contact:
    """The contact by number or id, as far as the actor may see it; 404 otherwise."""
    rows = Contact.objects.visible_to(request.actor).select_related("company", "workspace")
    found: Contact | None = rows.prefetch_related("tags").by_ref(ref).first()
    if found is None:
        raise Http404
    return found


@requires(Permission.VIEW)
def contact(request: MemberRequest, slug: str, ref: str) -> HttpResponse:
    """One person: to be read. What is changed is changed on a lead."""
    person = get_contact(request, ref)
    rows = Lead.objects.visible_to(request.actor).filter(contact=person).for_table()
    leads = list(rows.order_by("-created_at", "-id")[:MOST_LEADS])
    context = {
        "contact": person,
        "leads": leads,
        "latest_lead": leads[0] if leads else None,
        "consent": [(_name(kind), given) for kind, given in person.consent.items()],
        "closed_channels": _closed_channels(person.do_not_contact),
        "custom_fields": shown_fields(
            offered_fields(person.workspace_id, subject=CustomField.Subject.CONTACT),
            person.custom_fields,
        ),
        "here": reverse("leads:contact", args=[slug, person.number]),
    }
    return render(request, "leads/contact.html", context)


def _closed_channels(do_not_contact: Mapping[str, bool]) -> list[str]:
    return [_name(channel) for channel, is_closed in do_not_contact.items() if is_closed]


def _name(kind: str) -> str:
    """What a consent or a channel is called; outside systems send kinds of their own."""
    if kind == "ad_personalization":
        return _("Personal ads")
    known = kind in ConsentKind.values
    return str(ConsentKind(kind).label) if known else kind.replace("_", " ").capitalize()
