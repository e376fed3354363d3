"""Finding people by a part of their name, e-mail or phone.

A policy keeps PostgreSQL from using the trigram index for `LIKE` (the operator is not leakproof),
so the search runs in a `SECURITY DEFINER` function that filters by workspace itself; see migration
`0003_search`.
"""

import re
from uuid import UUID

from django.db import connection
from django.db.models import Q

from accounts.models import Workspace
from leads.merges.merged import contacts_now, leads_now
from leads.models import Contact, Lead
from leads.people.identity import is_email, normalize_email, phone_e164

_LIKE_SPECIAL = re.compile(r"([\\%_])")
_PHONE_LIKE = re.compile(r"^\+?[\d\s().\-/]{4,}$")
MAX_WORDS = 6
# More matches than anybody pages through; the search gets narrower instead.
MAX_MATCHES = 1000


def _patterns(text: str) -> list[str]:
    """One LIKE pattern a word; a phone number in any style becomes its digits."""
    if _PHONE_LIKE.match(text):
        digits = re.sub(r"\D", "", text)
        # A trunk zero is not part of the stored international form.
        return [f"%{digits.lstrip('0')}%"]
    words = text.lower().split()[:MAX_WORDS]
    return ["%" + _LIKE_SPECIAL.sub(r"\\\1", word) + "%" for word in words]


def matching_contacts(
    workspace_id: UUID, text: str, *, country: str = "", most: int = MAX_MATCHES
) -> list[UUID]:
    """Ids of the workspace's contacts in which every word occurs, `most` of them at most.

    A whole e-mail address, or a whole phone number as it is dialled in `country`, finds its people
    at once; only where there are none is it looked for as a part of something longer.
    """
    text = text.strip()
    patterns = _patterns(text)
    if not patterns:
        return []
    exact = _exact(workspace_id, text, country)
    if exact:
        return exact
    with connection.cursor() as cursor:
        cursor.execute("SELECT search_contacts(%s, %s, %s)", [workspace_id, patterns, most])
        return [row[0] for row in cursor.fetchall()]


def _exact(workspace_id: UUID, text: str, country: str) -> list[UUID]:
    alive = Contact.objects.in_workspace(workspace_id).alive()
    if _PHONE_LIKE.match(text):
        phone = phone_e164(text, country)
        rows = alive.filter(phone_e164=phone) if phone else alive.none()
    else:
        email = normalize_email(text) if is_email(text) else ""
        rows = alive.filter(email_normalized=email) if email else alive.none()
    return list(rows.values_list("pk", flat=True)[:MAX_MATCHES])


def lead_condition(workspace: Workspace, text: str, *, most: int = MAX_MATCHES) -> Q:
    """The leads of matching contacts, and those with that number (``1042``, ``#1042``).

    Numbers are looked up first: asked for in the same breath as the people, every lead was read.
    """
    people = matching_contacts(workspace.pk, text, country=workspace.country, most=most)
    number = spoken_number(text)
    if number is None:
        return Q(contact_id__in=people)
    contacts = Contact.objects.in_workspace(workspace.pk).alive().filter(number=number)
    # Numbers of what was merged away are still in people's mails and minds.
    people += contacts_now(workspace.pk, [number]).values()
    leads = Lead.objects.in_workspace(workspace.pk).alive().filter(number=number)
    people += contacts.values_list("pk", flat=True)
    named = [*leads.values_list("pk", flat=True), *leads_now(workspace.pk, [number]).values()]
    return Q(contact_id__in=people) | Q(pk__in=named)


def spoken_number(text: str) -> int | None:
    """The number of a contact or lead that a text such as ``#1042`` names."""
    digits = text.strip().removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None
