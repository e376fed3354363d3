"""Whom many arrivals are from: `intake._find_contact` for all of them, in a few queries.

What is found is locked as every writer locks it, the leads before their contacts. Those who come in
together are known to each other: the second row of a person finds the contact that the first made.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from uuid import UUID

from django.utils.translation import gettext as _

from leads.intake import Identity, LeadInput, called, source_of
from leads.merges import merged
from leads.models import Contact, Lead, Merge

EMAIL, PHONE, EXTERNAL_ID = "email", "phone", "external_id"
KEYS = (EMAIL, PHONE, EXTERNAL_ID)


@dataclass(frozen=True)
class Policy:
    """What makes an arrival a known person's (the first that finds somebody decides), and then.

    An outside id is asked of who has neither e-mail nor phone, or of everybody when it stands
    first. `any_source`: whichever source the lead with that id has.
    """

    duplicates: str = "fill"
    match_on: Sequence[str] = KEYS
    any_source: bool = False

    @property
    def id_first(self) -> bool:
        return bool(self.match_on) and self.match_on[0] == EXTERNAL_ID


@dataclass
class Found:
    """The contact, if there is one, and what a person should know of how it was found."""

    contact: Contact | None
    notices: list[str] = field(default_factory=list)
    # Two contacts that may be one person.
    pair: tuple[UUID, UUID] | None = None
    # Somebody whom the policy does not ask for has the e-mail already.
    taken_by: Contact | None = None


class KnownPeople:
    """The contacts of some arrivals, and their open leads."""

    def __init__(self, workspace_id: UUID, policy: Policy) -> None:
        self.workspace_id = workspace_id
        self.policy = policy
        self.contacts: dict[UUID, Contact] = {}
        self.open_leads: dict[UUID, Lead] = {}
        self._by_email: dict[str, Contact] = {}
        self._by_phone: dict[str, Contact] = {}
        self._by_id: dict[tuple[str, str], Contact] = {}
        # E-mails and phones that merges left out: rare, and asked for one by one.
        self._once_known: set[str] = set()

    def look_up(self, people: Sequence[tuple[LeadInput, Identity]], *, hold: bool) -> "KnownPeople":
        """Read whoever may be meant; with `hold`, lock them until the commit."""
        emails = {who.email for _data, who in people if who.email}
        phones = {who.phone for _data, who in people if who.phone}
        called_ids = self._called(people)
        alive = Contact.objects.alive().in_workspace(self.workspace_id)
        ids = set(called_ids.values())
        ids.update(alive.with_any("email_normalized", emails).values_list("pk", flat=True))
        ids.update(alive.with_any("phone_e164", phones).values_list("pk", flat=True))
        ids.update(self._merged(emails, phones))
        while True:
            wanted = set(ids)
            self._read(wanted, hold=hold)
            # Merged while it was waited for: whom it went into has the rest.
            gone = wanted - set(self.contacts)
            ids = wanted - gone
            if gone:
                now = merged.contacts_now(self.workspace_id, gone)
                ids |= set(now.values())
            if ids <= set(self.contacts):
                break
        self._index()
        for key, contact_id in called_ids.items():
            if contact_id in self.contacts:
                self._by_id[key] = self.contacts[contact_id]
        return self

    def _read(self, ids: Iterable[UUID], *, hold: bool) -> None:
        ids = list(ids)
        if not ids:
            return
        leads = Lead.objects.in_workspace(self.workspace_id).open().filter(contact__in=ids)
        people = Contact.objects.alive().in_workspace(self.workspace_id).filter(pk__in=ids)
        leads = leads.select_related("assigned_to").order_by("id")
        people = people.select_related("company").prefetch_related("tags").order_by("id")
        if hold:
            leads = leads.select_for_update(no_key=True, of=("self",))
            people = people.select_for_update(no_key=True, of=("self",))
        opened = list(leads)
        self.contacts = {row.pk: row for row in people}
        if hold:
            # Opened while their contacts were waited for; nobody opens another one from here on.
            known = [row.pk for row in opened]
            opened += list(leads.exclude(pk__in=known))
        self.open_leads = {row.contact_id: row for row in opened}
        for row in opened:
            if row.contact_id in self.contacts:
                row.contact = self.contacts[row.contact_id]

    def _index(self) -> None:
        oldest_first = sorted(self.contacts.values(), key=lambda row: (row.created_at, row.pk))
        for row in oldest_first:
            self.learn(row)

    def learn(self, contact: Contact) -> None:
        """From here on this is who has its e-mail and phone."""
        self.contacts.setdefault(contact.pk, contact)
        if contact.email_normalized:
            self._by_email.setdefault(contact.email_normalized, contact)
        if contact.phone_e164:
            self._by_phone.setdefault(contact.phone_e164, contact)

    def learn_id(self, data: LeadInput, contact: Contact) -> None:
        """From here on this is whose outside id it is."""
        if data.external_id:
            self._by_id.setdefault(self._key(data), contact)

    def _key(self, data: LeadInput) -> tuple[str, str]:
        return data.external_id, "" if self.policy.any_source else source_of(data)

    def _asks_for_id(self, data: LeadInput, who: Identity) -> bool:
        return bool(
            data.external_id
            and EXTERNAL_ID in self.policy.match_on
            and (self.policy.id_first or not (who.email or who.phone))
        )

    def _called(self, people: Sequence[tuple[LeadInput, Identity]]) -> dict[tuple[str, str], UUID]:
        """The contacts of those who are asked for by an outside id."""
        asked = {self._key(data): data for data, who in people if self._asks_for_id(data, who)}
        if not asked:
            return {}
        texts = {text for text, _source in asked}
        rows = Lead.objects.in_workspace(self.workspace_id).with_any("external_id", texts)
        found: dict[tuple[str, str], UUID] = {}
        were_deleted = set()
        leads = rows.order_by("deleted_at", "created_at", "id").values_list(
            "external_id", "source", "contact_id", "deleted_at"
        )
        for external_id, source, contact_id, deleted_at in leads:
            key = (external_id, "" if self.policy.any_source else source)
            if deleted_at is None:
                found.setdefault(key, contact_id)
            else:
                were_deleted.add(key)
        for key in were_deleted & set(asked) - set(found):
            twin = called(self.workspace_id, asked[key])
            if twin is not None:
                found[key] = twin.contact_id
        return {key: found[key] for key in asked if key in found}

    def _merged(self, emails: set[str], phones: set[str]) -> list[UUID]:
        """Whom these stood for until a merge left them out."""
        standing = Merge.objects.in_workspace(self.workspace_id).standing()
        rows = [
            standing.with_any(column, texts).values_list("other_email", "other_phone", "kept_id")
            for column, texts in (("other_email", emails), ("other_phone", phones))
        ]
        kept = []
        for email, phone, kept_id in chain.from_iterable(rows):
            self._once_known |= {email, phone} - {""}
            kept.append(kept_id)
        return kept and [*kept, *merged.contacts_now(self.workspace_id, kept).values()]

    def find(self, data: LeadInput, who: Identity) -> Found:
        """The person: by what the policy names first, as `intake` does for one."""
        match_on = self.policy.match_on
        by_email = self._by_email.get(who.email) if who.email and EMAIL in match_on else None
        by_phone = self._by_phone.get(who.phone) if who.phone and PHONE in match_on else None
        if by_email is None and self._once_known & {who.email, who.phone}:
            once = merged.once_known(self.workspace_id, email=who.email, phone=who.phone)
            if EMAIL in match_on and once.by_email:
                by_email = self.contacts.get(once.by_email)
            if by_phone is None and PHONE in match_on and once.by_phone:
                by_phone = self.contacts.get(once.by_phone)
        by_id = self._by_id.get(self._key(data)) if self._asks_for_id(data, who) else None
        found = Found(by_id if self.policy.id_first and by_id else by_email or by_phone or by_id)
        if by_email and by_phone and by_email is not by_phone:
            found.pair = (by_email.pk, by_phone.pk)
            found.notices.append(
                _(
                    "The phone number belongs to contact #%(other)s; the e-mail decided for"
                    " #%(chosen)s."
                )
                % {"other": by_phone.number, "chosen": by_email.number}
            )
        if data.phone.strip() and not who.phone:
            found.notices.append(_("The phone number could not be read; it is kept as typed."))
        owner = self._by_email.get(who.email) if who.email else None
        if owner is not None and owner is not found.contact:
            # Only asked for where it is to be written: blank e-mails, and those overwritten.
            found.taken_by = owner
        return found
