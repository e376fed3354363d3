"""Taking a merge back: every row goes where it was, and what came since stays with the kept one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import Permission
from leads.errors import Conflict, LeadError
from leads.merges import duplicates, merge_fields, merge_rows, merge_values
from leads.merges.merge_news import tell
from leads.merges.merge_pair import Pair, hold, open_lead, reckon
from leads.models import Contact, Lead, Merge


class MergeNotFound(LeadError):
    status = 404
    code = "not_found"

    def __init__(self) -> None:
        super().__init__("There is no such merge, or it is not yours to see.")


def undo(merge_id: UUID, *, actor: Actor) -> Merge:
    """Make two contacts of one again; a second time changes nothing.

    What changed since the merge stays as it is, with the kept contact. Raises `MergeNotFound`, and
    `Conflict` that says what stands in the way.
    """
    seen = Merge.objects.visible_to(actor).filter(pk=merge_id).first()
    if seen is None:
        raise MergeNotFound
    actor.require(Permission.LEAD_MERGE)
    with transaction.atomic():
        pair = hold(seen.kept_id, seen.lost_id, workspace_id=seen.workspace_id)
        row: Merge = Merge.objects.select_for_update(no_key=True, of=("self",)).get(pk=seen.pk)
        row.kept, row.lost = pair.keep, pair.lose
        if row.is_undone:
            return row
        _refuse_contradictions(row, pair)
        row.undone_at, row.undone_by = timezone.now(), actor.label
        try:
            with transaction.atomic():
                _part(row, pair, actor)
        except IntegrityError as error:
            raise _stands_in_the_way(error) from error
        return row


def _refuse_contradictions(row: Merge, pair: Pair) -> None:
    later = Merge.objects.in_workspace(row.workspace_id).standing().filter(pk__gt=row.pk)
    following = later.filter(Q(kept=row.kept_id) | Q(lost=row.kept_id)).order_by("-pk").first()
    if following is not None:
        raise Conflict(
            _("Contact #%(number)s was part of another merge after this one. Undo that one first.")
            % {"number": pair.keep.number},
            code="merged_since",
        )
    if pair.keep.deleted_at is not None:
        raise Conflict(
            _("The kept contact was deleted since, so there is nothing to part."),
            code="kept_is_gone",
        )


def _part(row: Merge, pair: Pair, actor: Actor) -> None:
    record, told = row.record, None
    _restore_contact(pair.keep, record["contact"])
    _refuse_taken_emails(pair)
    by_id = {str(lead.pk): lead for lead in pair.leads}
    if "lead" in record:
        told = by_id.get(record["lead"]["id"])
    merge_rows.move_back(row.moved, workspace_id=row.workspace_id)
    for lead in pair.leads:
        _back_to_its_contact(lead, row, pair)
    pair.lose.deleted_at = None
    pair.lose.save()
    if row.lost_lead_id is not None:
        _bring_back(by_id[str(row.lost_lead_id)], pair)
    if told is not None:
        _restore_lead(told, record["lead"])
    duplicates.unsettle(row)
    row.save(update_fields=["undone_at", "undone_by"])
    # Taking a slip back is no work on the lead.
    tell(row, pair, told, actor=actor, step="merge_undone", is_work=False)


def _restore_contact(contact: Contact, record: Mapping[str, Any]) -> None:
    merge_values.restore_values(contact, record["values"], after=record["after"]["custom_fields"])
    merge_values.drop_tags(contact, record["tags"])
    merge_fields.put_back(contact, record["before"], record["after"])


def _refuse_taken_emails(pair: Pair) -> None:
    """The e-mail of both must be free again, or people would be mixed up."""
    emails = {pair.keep.email_normalized, pair.lose.email_normalized} - {""}
    others = Contact.objects.in_workspace(pair.keep.workspace_id).alive()
    others = others.filter(email_normalized__in=emails)
    taken = others.exclude(pk__in=[pair.keep.pk, pair.lose.pk]).first()
    if taken is None and pair.keep.email_normalized == pair.lose.email_normalized != "":
        taken = pair.keep
    if taken is not None:
        raise Conflict(
            _("Contact #%(number)s has the e-mail address %(email)s by now. Change it there first.")
            % {"number": taken.number, "email": taken.email},
            code="email_taken",
        )
    pair.keep.save()


def _back_to_its_contact(lead: Lead, row: Merge, pair: Pair) -> None:
    """In memory what `merge_rows.move_back` did."""
    was_moved = any(
        one["model"] == "leads.lead" and str(lead.pk) in one["ids"] for one in row.moved
    )
    if was_moved and lead.contact_id == pair.keep.pk:
        lead.contact = pair.lose


def _bring_back(lead: Lead, pair: Pair) -> None:
    """The open lead that went into the other is one of its own again."""
    other = open_lead(pair.leads, lead.contact)
    if other is not None:
        raise Conflict(
            _("Contact #%(contact)s has another open lead by now (#%(lead)s). Close it first.")
            % {"contact": lead.contact.number, "lead": other.number},
            code="open_lead_exists",
        )
    lead.deleted_at = None
    reckon(lead)
    lead.save()


def _restore_lead(lead: Lead, record: Mapping[str, Any]) -> None:
    merge_values.restore_values(lead, record["values"], after=record["after"]["custom_fields"])
    merge_fields.put_back(lead, record["before"], record["after"])
    reckon(lead)


def _stands_in_the_way(error: IntegrityError) -> Conflict:
    if "lead_one_open_per_contact" in str(error):
        return Conflict(
            _("One of the two would have two open leads. Close the newer one first."),
            code="open_lead_exists",
        )
    if "contact_email_once_per_workspace" in str(error):
        return Conflict(
            _("Another contact has one of the e-mail addresses by now."), code="email_taken"
        )
    raise error
