"""Where the ids, numbers and addresses of contacts and leads lead to that were merged away."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from leads.models import Contact, Lead, Merge
from leads.models.contact import ContactQuerySet
from leads.models.lead import LeadQuerySet
from leads.models.merge import MergeQuerySet
from leads.models.numbers import read_ref

MERGES_SHOWN = 10
# An outside id that this many deleted leads have is none.
_MOST_CALLED_ALIKE = 100


@dataclass(frozen=True)
class _Columns:
    """Of `Merge`: what went away, and what stayed."""

    lost: str
    kept: str


_CONTACTS = _Columns("lost", "kept")
_LEADS = _Columns("lost_lead", "kept_lead")


def contacts_now(workspace_id: UUID, refs: Iterable[object]) -> dict[UUID | int, UUID]:
    """The contacts that these UUIDs and numbers of merged ones stand for by now."""
    return _now(workspace_id, refs, _CONTACTS)


def leads_now(workspace_id: UUID, refs: Iterable[object]) -> dict[UUID | int, UUID]:
    """Likewise for leads that went into another open lead of their contact."""
    return _now(workspace_id, refs, _LEADS)


def _now(workspace_id: UUID, refs: Iterable[object], columns: _Columns) -> dict[UUID | int, UUID]:
    named = {ref for ref in map(read_ref, refs) if ref is not None}
    numbers = [ref for ref in named if isinstance(ref, int)]
    ids = [ref for ref in named if not isinstance(ref, int)]
    if not named:
        return {}
    standing = Merge.objects.in_workspace(workspace_id).standing()
    # Two questions: asked as one, no index answers both halves of it.
    found = list(
        standing.filter(**{f"{columns.lost}__in": ids}).values_list(
            f"{columns.lost}_id", f"{columns.kept}_id"
        )
        if ids
        else ()
    )
    if numbers:
        model = Contact if columns is _CONTACTS else Lead
        gone = model.objects.in_workspace(workspace_id).filter(
            number__in=numbers, deleted_at__isnull=False
        )
        by_id = dict(gone.values_list("pk", "number"))
        rows = standing.filter(**{f"{columns.lost}__in": list(by_id)})
        pairs = rows.values_list(f"{columns.lost}_id", f"{columns.kept}_id")
        found += [(by_id[lost], kept) for lost, kept in (pairs if by_id else ())]
    return _followed(standing, dict(found), columns)


def _followed(
    standing: MergeQuerySet, found: dict[UUID | int, UUID], columns: _Columns
) -> dict[UUID | int, UUID]:
    """What was kept may have been merged into yet another since: to the end of the chain."""
    while found:
        rows = standing.filter(**{f"{columns.lost}__in": set(found.values())})
        further = dict(rows.values_list(f"{columns.lost}_id", f"{columns.kept}_id"))
        if not further:
            break
        found = {ref: further.get(kept, kept) for ref, kept in found.items()}
    return found


def contact_by_ref(rows: ContactQuerySet, ref: str, *, workspace_id: UUID) -> Contact | None:
    """The contact of `rows` that a UUID or number names, or the one it was merged into."""
    found: Contact | None = rows.by_ref(ref).first()
    if found is None:
        found = rows.filter(pk__in=contacts_now(workspace_id, [ref]).values()).first()
    return found


def lead_by_ref(rows: LeadQuerySet, ref: str, *, workspace_id: UUID) -> Lead | None:
    """The lead of `rows` that a UUID or number names, or the one it went into."""
    found: Lead | None = rows.by_ref(ref).first()
    if found is None:
        found = rows.filter(pk__in=leads_now(workspace_id, [ref]).values()).first()
    return found


def merges_into(contact: Contact) -> list[Merge]:
    """What was merged into a contact and may be taken back, the latest first."""
    rows = Merge.objects.in_workspace(contact.workspace_id).standing().filter(kept=contact)
    return list(rows.select_related("lost").order_by("-created_at", "-id")[:MERGES_SHOWN])


def is_named(row: Contact | Lead, ref: str) -> bool:
    """Whether the row itself goes by that UUID or number, not only what went into it."""
    return read_ref(ref) in (row.pk, row.number)


def leads_once_called(
    workspace_id: UUID, external_ids: Iterable[str], *, source: str | None = None
) -> list[UUID]:
    """The leads that those with these ids of outside systems went into, the newest merge's first.

    The lead that was kept may have an id of its own, and shows that.
    """
    gone = Lead.objects.in_workspace(workspace_id).with_any("external_id", external_ids)
    gone = gone.filter(deleted_at__isnull=False)
    if source is not None:
        gone = gone.filter(source=source)
    lost = list(gone.order_by("-deleted_at").values_list("pk", flat=True)[:_MOST_CALLED_ALIKE])
    now = leads_now(workspace_id, lost)
    return list(dict.fromkeys(now[pk] for pk in lost if pk in now))


@dataclass(frozen=True)
class OnceKnown:
    """The kept contacts whose e-mail, and whose phone, something was until a merge left it out."""

    by_email: UUID | None = None
    by_phone: UUID | None = None


def once_known(workspace_id: UUID, *, email: str, phone: str) -> OnceKnown:
    """Whom an e-mail and a phone number that no contact has any more still stand for."""
    known = Q(pk__in=[])
    if email:
        known |= Q(other_email=email)
    if phone:
        known |= Q(other_phone=phone)
    if not (email or phone):
        return OnceKnown()
    rows = Merge.objects.in_workspace(workspace_id).standing().filter(known)
    merges = list(
        rows.order_by("created_at", "id").values_list("other_email", "other_phone", "kept_id")[:20]
    )
    if not merges:
        return OnceKnown()
    now = contacts_now(workspace_id, {kept for _email, _phone, kept in merges})
    people = [(mail, number, now.get(kept, kept)) for mail, number, kept in merges]
    return OnceKnown(
        by_email=next((kept for mail, _, kept in people if email and mail == email), None),
        by_phone=next((kept for _, number, kept in people if phone and number == phone), None),
    )
