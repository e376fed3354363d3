"""Taking in many leads at once: `intake.receive` in a fixed number of statements.

The rules are those of `leads.intake`, applied one arrival after the other to what was read and
locked before; everything is written at the end. A test holds the two equal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import Permission
from leads.arrivals import Arrivals
from leads.errors import InvalidLead
from leads.fields import custom_values
from leads.fields.custom_fields import InvalidField
from leads.fields.custom_values import Understood
from leads.intake import (
    LEAD_TEXTS,
    Identity,
    LeadInput,
    fill_lead,
    hold_people,
    identify,
    new_lead,
)
from leads.known_people import EMAIL, EXTERNAL_ID, PHONE, Found, KnownPeople, Policy
from leads.models import Contact, Lead
from leads.people.contacts import CONTACT_TEXT_FIELDS, fill_blanks
from leads.responding import response

Reason = tuple[str, str, str]


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    SKIPPED = "skipped"
    ERROR = "error"


@dataclass
class Taken:
    """What became of one arrival. `before` has what it replaced: `{"contact": {name: [old, new]}}`.

    A stored contact's and lead's changes only; what was `made` is whole.
    """

    outcome: str
    lead: Lead | None = None
    contact: Contact | None = None
    reasons: list[Reason] = field(default_factory=list)
    made: dict[str, Any] = field(default_factory=dict)
    before: dict[str, dict[str, list[Any]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """An arrival that can become a lead."""

    data: LeadInput
    who: Identity
    fields: Understood


def receive_many(
    arrivals: Sequence[LeadInput], *, actor: Actor, policy: Policy | None = None
) -> list[Taken]:
    """Take in these leads, in their order and one transaction; an answer for each.

    What cannot become a lead is refused by itself, and the others are taken.
    """
    actor.require(Permission.IMPORT)
    with transaction.atomic():
        return _Batch(actor, policy or Policy()).take(arrivals)


def foresee_many(
    arrivals: Sequence[LeadInput],
    *,
    actor: Actor,
    policy: Policy,
    earlier: Callable[[Sequence[str], int], str],
) -> list[Taken]:
    """What `receive_many` would do, without doing it.

    `earlier` is told what an unknown person is known by, and the place among the arrivals; it says
    whether they came in before, in words.
    """
    actor.require(Permission.IMPORT)
    return _Batch(actor, policy, earlier=earlier).foresee(arrivals)


def known_by(data: LeadInput, who: Identity, policy: Policy) -> list[str]:
    """What the policy knows this person by, as texts that no two keys share."""
    keys = []
    if who.email:
        keys.append(f"{EMAIL}:{who.email}")
    if who.phone and PHONE in policy.match_on:
        keys.append(f"{PHONE}:{who.phone}")
    asks_for_id = data.external_id and EXTERNAL_ID in policy.match_on
    if asks_for_id and (policy.id_first or not (who.email or who.phone)):
        keys.append(f"{EXTERNAL_ID}:{data.external_id}")
    return keys


class _Batch:
    def __init__(
        self,
        actor: Actor,
        policy: Policy,
        *,
        earlier: Callable[[Sequence[str], int], str] | None = None,
    ) -> None:
        self.actor = actor
        self.policy = policy
        self.earlier = earlier
        self.workspace = actor.own_workspace
        self.known = KnownPeople(self.workspace.pk, policy)
        self.now = timezone.now()

    def take(self, given: Sequence[LeadInput]) -> list[Taken]:
        answers, told = self._understand(given, define=True)
        hold_people(self.workspace.pk, (one.who for one in told if one is not None))
        self._look_up(told, hold=True)
        writing = Arrivals(self.actor, self.now)
        writing.look_up_companies(one.data.company for one in told if one is not None)
        due_at = response.due_for(self.workspace, self.now)
        numbers = iter(_numbers(2 * len(given)))
        for place, one in enumerate(told):
            if one is None:
                continue
            found = self.known.find(one.data, one.who)
            answer = answers[place] = self._decide(one, found)
            if answer.outcome == Outcome.ERROR:
                continue
            if found.pair:
                writing.pairs.append(found.pair)
            if answer.outcome == Outcome.SKIPPED:
                continue
            contact = found.contact
            if contact is None:
                contact = Contact.unsaved(
                    workspace_id=self.workspace.pk, number=next(numbers), created_at=self.now
                )
                contact.remember(workspace=self.workspace)
                writing.open_contact(contact)
                answer.made["contact"] = str(contact.pk)
            self._write_contact(contact, one, answer, writing)
            lead = self.known.open_leads.get(contact.pk)
            if lead is None:
                lead = new_lead(contact, one.data, actor=self.actor, now=self.now, due_at=due_at)
                lead.number = next(numbers)
                lead.created_at = self.now
                lead.remember(workspace=self.workspace)
                writing.open_lead(lead, one.data, one.fields.lead, found.notices)
                self.known.open_leads[contact.pk] = lead
                answer.made["lead"] = str(lead.pk)
                answer.outcome = Outcome.CREATED
            else:
                self._write_lead(lead, one, answer, found.notices, writing)
            self.known.learn(contact)
            self.known.learn_id(one.data, contact)
            answer.lead, answer.contact = lead, contact
        writing.write()
        return [answer for answer in answers if answer is not None]

    def foresee(self, given: Sequence[LeadInput]) -> list[Taken]:
        answers, told = self._understand(given, define=False)
        self._look_up(told, hold=False)
        for place, one in enumerate(told):
            if one is None:
                continue
            found = self.known.find(one.data, one.who)
            before = ""
            if found.contact is None and self.earlier is not None:
                before = self.earlier(known_by(one.data, one.who, self.policy), place)
            answer = answers[place] = self._decide(one, found, before=before)
            contact = found.contact
            if answer.outcome == Outcome.UPDATED and contact is not None:
                answer.contact = contact
                answer.lead = self.known.open_leads.get(contact.pk)
                if answer.lead is None:
                    # A returning person opens a new lead; the next row finds it.
                    answer.outcome = Outcome.CREATED
                    self.known.open_leads[contact.pk] = Lead(contact=contact)
        return [answer for answer in answers if answer is not None]

    def _understand(
        self, given: Sequence[LeadInput], *, define: bool
    ) -> tuple[list[Taken | None], list[Told | None]]:
        answers: list[Taken | None] = [None] * len(given)
        told: list[Told | None] = [None] * len(given)
        own = custom_values.understand_many(
            [data.custom_fields for data in given],
            workspace_id=self.workspace.pk,
            define=define,
        )
        for place, (data, fields) in enumerate(zip(given, own, strict=True)):
            reasons: list[Reason] = []
            who = None
            try:
                who = identify(data, country=self.workspace.country)
            except InvalidLead as error:
                reasons += error.errors
            if isinstance(fields, InvalidField):
                reasons += fields.errors
            if who is None or isinstance(fields, InvalidField):
                answers[place] = Taken(Outcome.ERROR, reasons=reasons)
            else:
                told[place] = Told(data, who, fields)
        return answers, told

    def _look_up(self, told: Sequence[Told | None], *, hold: bool) -> None:
        people = [(one.data, one.who) for one in told if one is not None]
        self.known.look_up(people, hold=hold)
        for lead in self.known.open_leads.values():
            lead.remember(workspace=self.workspace)

    def _decide(self, one: Told, found: Found, *, before: str = "") -> Taken:
        """What is to become of a row; new contacts and leads are told apart when written."""
        notices: list[Reason] = [("", "notice", text) for text in found.notices]
        contact = found.contact
        if found.taken_by is not None and self._would_write_email(one, contact):
            message = _("Contact #%(number)s has this e-mail address already.")
            reason = ("email", "contact_exists", message % {"number": found.taken_by.number})
            return Taken(Outcome.ERROR, reasons=[reason])
        if contact is None and not before:
            return Taken(Outcome.CREATED, reasons=notices)
        message = before or (
            _("Known already: contact #%(number)s, %(name)s.")
            % {"number": getattr(contact, "number", ""), "name": getattr(contact, "name", "")}
        )
        if self.policy.duplicates == "skip":
            return Taken(
                Outcome.SKIPPED,
                contact=contact,
                lead=None if contact is None else self.known.open_leads.get(contact.pk),
                reasons=[("", "known", message), *notices],
            )
        return Taken(Outcome.UPDATED, reasons=[("", "known", message), *notices])

    def _would_write_email(self, one: Told, contact: Contact | None) -> bool:
        if not one.who.email:
            return False
        if contact is None:
            return True
        is_overwriting = self.policy.duplicates == "overwrite"
        return self.policy.duplicates != "skip" and (is_overwriting or not contact.email)

    def _write_contact(self, contact: Contact, one: Told, answer: Taken, writing: Arrivals) -> None:
        data, who = one.data, one.who
        was = writing.noted(contact)
        overwrite = self.policy.duplicates == "overwrite" and "contact" not in answer.made
        if overwrite:
            _overwrite(contact, data, who)
        fill_blanks(contact, data, email_normalized=who.email, phone_e164=who.phone)
        if data.company.strip() and (overwrite or contact.company_id is None):
            contact.company = writing.company(data.company)
        writing.give_fields(contact, one.fields.contact, only_blanks=not overwrite)
        tags = writing.tag(contact, data.tags)
        if was is not None:
            if tags:
                answer.made["tags"] = tags
            writing.note(contact, was, answer.before, "contact")

    def _write_lead(
        self, lead: Lead, one: Told, answer: Taken, notices: list[str], writing: Arrivals
    ) -> None:
        was = writing.noted(lead)
        overwrite = self.policy.duplicates == "overwrite"
        if overwrite:
            for name in LEAD_TEXTS:
                if getattr(one.data, name):
                    setattr(lead, name, getattr(one.data, name))
            lead.attributes = {**lead.attributes, **one.data.attributes}
        fill_lead(lead, one.data)
        writing.give_fields(lead, one.fields.lead, only_blanks=not overwrite)
        writing.arrive_again(lead, one.data, notices)
        if was is not None:
            writing.note(lead, was, answer.before, "lead")


def _overwrite(contact: Contact, data: LeadInput, who: Identity) -> None:
    """Blank cells say nothing; everything else is the newest word."""
    for name in CONTACT_TEXT_FIELDS:
        text = getattr(data, name).strip()
        if text:
            setattr(contact, name, text)
    contact.address = {**contact.address, **data.address}
    if data.social_profiles:
        contact.social_profiles = [dict(one) for one in data.social_profiles]


def _numbers(count: int) -> list[int]:
    """So many of the numbers that people say aloud: news of a lead tells its own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('leadloop_number') FROM generate_series(1, %s)", [count])
        return [row[0] for row in cursor.fetchall()]
