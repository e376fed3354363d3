"""Which leads, contacts and timelines a member of staff sees, and finding them by person."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.admin_access import Access, access
from accounts.models import Workspace
from accounts.permissions import Permission, Role
from leads.listing.search import matching_contacts
from leads.models import Contact, Lead


def own_only_workspaces(who: Access) -> list[Workspace]:
    """Where the person is a rep that sees own and unassigned leads only."""
    if who.sees_everything:
        return []
    as_rep = [workspace_id for workspace_id, role in who.roles.items() if role == Role.REP]
    rows = Workspace.objects.filter(pk__in=as_rep, rep_lead_access=Workspace.RepAccess.OWN)
    return list(rows)


def visible(rows: QuerySet[Any], request: HttpRequest, *, path: str = "") -> QuerySet[Any]:
    """The rows whose lead the person may see; `path` leads to the lead, "" is the lead itself.

    The rule is `Lead.objects.visible_to`, workspace by workspace.
    """
    who = access(request)
    for workspace in own_only_workspaces(who):
        mine = Lead.objects.visible_to(who.actor(workspace))
        elsewhere = ~Q(workspace_id=workspace.pk)
        if path:
            without = Q(**{f"{path}__isnull": True})
            rows = rows.filter(elsewhere | without | Q(**{f"{path}__in": mine.values("pk")}))
        else:
            rows = rows.filter(elsewhere | Q(pk__in=mine.values("pk")))
    return rows


def visible_contacts(rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    """Likewise for contacts."""
    who = access(request)
    for workspace in own_only_workspaces(who):
        mine = Contact.objects.visible_to(who.actor(workspace))
        rows = rows.filter(~Q(workspace_id=workspace.pk) | Q(pk__in=mine.values("pk")))
    return rows


class PersonSearch:
    """Finds rows by the name, e-mail or phone of a person, and by a lead's or contact's number.

    In a scope, `leads.listing.search` does it: policies keep a plain LIKE from the index. A
    superuser's scope has no workspaces for it, and no policy in the index's way either.
    """

    # From a row to its contact, and to its lead.
    contact_path = "contact"
    lead_path: str | None = "lead"
    search_fields = ("id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip().replace("\0", "")
        if not text:
            return queryset, False
        contact = f"{self.contact_path}__" if self.contact_path else ""
        condition = self._numbered(text)
        who = access(request)
        if who.sees_everything:
            words = text.lower().split()[:6]
            condition |= Q(*[(f"{contact}search_text__contains", word) for word in words])
        else:
            for workspace_id in who.workspace_ids(Permission.VIEW):
                found = matching_contacts(workspace_id, text)
                condition |= Q(**{f"{contact}pk__in": found})
        return queryset.filter(condition), False

    def _numbered(self, text: str) -> Q:
        digits = text.removeprefix("#")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
            return Q(pk__in=[])
        names = [f"{self.contact_path}__number" if self.contact_path else "number"]
        if self.lead_path is not None:
            names.append(f"{self.lead_path}__number" if self.lead_path else "number")
        return Q(*[(name, int(digits)) for name in names], _connector=Q.OR)
