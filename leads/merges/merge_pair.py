"""Taking hold of two contacts and their leads, for merging them and for undoing it."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.locks import wait_for_others
from leads.diary.followups import next_of
from leads.errors import Conflict
from leads.models import OPEN_STATUSES, Contact, Lead
from leads.scoring import heating
from leads.scoring.heat import rules_of

_OPEN = [status.value for status in OPEN_STATUSES]


@dataclass
class Pair:
    """Two contacts and all their leads, locked; each lead's `contact` is one of the two."""

    keep: Contact
    lose: Contact
    leads: list[Lead]

    def open_leads(self) -> tuple[Lead | None, Lead | None]:
        """The open lead that stays, and the one that goes into it: the further one stays."""
        mine, theirs = open_lead(self.leads, self.keep), open_lead(self.leads, self.lose)
        if mine is None or theirs is None:
            return mine or theirs, None
        is_further = _OPEN.index(theirs.status) > _OPEN.index(mine.status)
        return (theirs, mine) if is_further else (mine, theirs)

    def latest_lead(self) -> Lead | None:
        alive = [lead for lead in self.leads if lead.deleted_at is None]
        return max(alive, key=lambda lead: (lead.created_at, lead.pk), default=None)


def open_lead(leads: Collection[Lead], contact: Contact) -> Lead | None:
    """The one open lead that a contact has among these."""
    alive = (lead for lead in leads if lead.deleted_at is None and lead.is_open)
    return next((lead for lead in alive if lead.contact_id == contact.pk), None)


def hold(keep: UUID, lose: UUID, *, workspace_id: UUID) -> Pair:
    """Lock the two against arrivals, work on their leads and other merges, in the one order.

    Raises `Conflict` when a lead came while the contacts were waited for.
    """
    people = Contact.objects.in_workspace(workspace_id).filter(pk__in=[keep, lose])
    wait_for_others(
        f"{workspace_id}:{known_by}"
        for person in people
        for known_by in (person.email_normalized, person.phone_e164)
        if known_by
    )
    rows = Lead.objects.in_workspace(workspace_id).filter(contact__in=[keep, lose])
    ordered = rows.select_related("assigned_to", "workspace").order_by("pk")
    leads = list(ordered.select_for_update(no_key=True, of=("self",)))
    in_order = people.select_related("company", "workspace").order_by("pk")
    held = {row.pk: row for row in in_order.select_for_update(no_key=True, of=("self",))}
    known = {lead.pk for lead in leads}
    if held.keys() != {keep, lose} or set(rows.values_list("pk", flat=True)) != known:
        raise Conflict(
            _("Something new came in for one of the two just now. Look again and decide anew."),
            code="changed_since",
        )
    for lead in leads:
        lead.contact = held[lead.contact_id]
    return Pair(held[keep], held[lose], leads)


def reckon(lead: Lead) -> None:
    """Set what follows from the rows of a lead: its heat, and what is to be done next."""
    heating.hold_rules(lead.workspace_id)
    rules = rules_of(lead.workspace_id)
    lead.heat_score = heating.score_of(lead, rules)
    lead.heat = rules.level(lead.heat_score)
    lead.next_task_at = next_of(lead)
