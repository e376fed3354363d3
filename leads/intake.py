"""The one way in for leads, whatever the door: form, API, webhook, import, admin.

Normalise, find the contact (e-mail first, then phone), reuse its open lead or open a new one, keep
the attribution as a touch, never overwrite a value with a blank, say what was done.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.locks import wait_for_others
from accounts.permissions import Permission
from leads.errors import InvalidLead
from leads.fields import custom_values
from leads.merges import duplicates, merged
from leads.models import ATTRIBUTION_FIELDS, Contact, InteractionType, Lead, Source, Status, Touch
from leads.people.contacts import CONTACT_TEXT_FIELDS, company_named, fill_blanks, set_tags
from leads.people.identity import is_web_address, normalize_email, phone_e164
from leads.recording import add_interaction, save_and_tell
from leads.responding import response

SOURCE_ALIASES = {"web": Source.WEBSITE, "fb_msg": Source.FACEBOOK, "csv_import": Source.IMPORT}
FIRST_STATUSES = (Status.NEW, Status.ENRICHED)
# What an arrival fills of an open lead, beside its attribution.
LEAD_TEXTS = ("notes", "external_id", "source_workflow")


@dataclass(frozen=True)
class LeadInput:
    """What a door knows of an arriving lead; blank means unknown."""

    first_name: str = ""
    last_name: str = ""
    display_name: str = ""
    email: str = ""
    phone: str = ""
    company: str = ""
    job_title: str = ""
    linkedin_url: str = ""
    social_profiles: Sequence[Mapping[str, str]] = ()
    address: Mapping[str, Any] = field(default_factory=dict)
    source: str = Source.OTHER
    source_workflow: str = ""
    status: str = Status.NEW
    notes: str = ""
    tags: Sequence[str] = ()
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    platform_ref: Mapping[str, Any] = field(default_factory=dict)
    attribution: Mapping[str, str] = field(default_factory=dict)
    consent: Mapping[str, bool] = field(default_factory=dict)
    external_id: str = ""


@dataclass(frozen=True)
class Received:
    """What intake did: a new lead, or an open one that took the arrival (`deduplicated`)."""

    lead: Lead
    created: bool
    notices: list[str]

    @property
    def deduplicated(self) -> bool:
        return not self.created


@dataclass(frozen=True)
class Identity:
    """What a person is known by, normalised."""

    email: str
    phone: str


def receive(data: LeadInput, *, actor: Actor) -> Received:
    """Take in one lead. Raises `InvalidLead` (with `errors` per field) and `PermissionRefused`."""
    actor.require(Permission.LEAD_EDIT)
    workspace = actor.own_workspace
    identity = identify(data, country=workspace.country)
    with transaction.atomic():
        hold_people(workspace.pk, [identity])
        contact, notices = _find_contact(data, identity, actor)
        lead = None
        if contact is None:
            contact = Contact(workspace=workspace)
        else:
            # Always the lead before its contact, so that no two writers wait for each other.
            lead = _open_lead(contact)
            contact = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
            if contact.deleted_at is not None:
                # Merged while it was waited for; found by an outside id, which nobody holds.
                return receive(data, actor=actor)
            lead = lead or _open_lead(contact)
        own_fields = custom_values.understand(data.custom_fields, workspace_id=workspace.pk)
        fill_blanks(contact, data, email_normalized=identity.email, phone_e164=identity.phone)
        custom_values.store(contact, own_fields.contact, only_blanks=True)
        contact.company = contact.company or company_named(workspace.pk, data.company)
        contact.save()
        if data.tags:
            set_tags(contact, [*contact.tags.values_list("name", flat=True), *data.tags])
        if lead is None:
            opened = _open(contact, data, notices, own_fields.lead, actor=actor)
            return Received(opened, True, notices)
        lead.contact = contact
        custom_values.store(lead, own_fields.lead, only_blanks=True)
        _take_arrival(lead, data, notices, actor=actor)
        return Received(lead, False, notices)


def _open_lead(contact: Contact) -> Lead | None:
    open_leads = Lead.objects.in_workspace(contact.workspace_id).open().filter(contact=contact)
    return open_leads.for_list().select_for_update(no_key=True, of=("self",)).first()


def identify(data: LeadInput, *, country: str) -> Identity:
    """Normalise what a person is known by; raises `InvalidLead` for what cannot become a lead."""
    errors = []
    email = ""
    try:
        email = normalize_email(data.email)
    except ValidationError:
        errors.append(("email", "invalid", _("Enter an e-mail address such as ann@example.com.")))
    if not is_web_address(data.linkedin_url):
        errors.append(("linkedin_url", "invalid", _("Enter a web address (https://…).")))
    if data.status not in FIRST_STATUSES:
        errors.append(
            (
                "status",
                "invalid_choice",
                _("A lead arrives as new or enriched; move it afterwards."),
            )
        )
    names = (data.first_name, data.last_name, data.display_name)
    if not any(text.strip() for text in (data.email, data.phone, *names)):
        errors.append(
            ("email", "required", _("Give at least an e-mail address, a phone number or a name."))
        )
    if errors:
        raise InvalidLead(errors[0][2], errors=errors)
    return Identity(email, phone_e164(data.phone, country))


def hold_people(workspace_id: object, people: Iterable[Identity]) -> None:
    """Hold their e-mails and phones until commit, so that parallel posts make one contact."""
    known_by = (value for one in people for value in (one.email, one.phone) if value)
    wait_for_others(f"{workspace_id}:{value}" for value in known_by)


def _find_contact(
    data: LeadInput, identity: Identity, actor: Actor
) -> tuple[Contact | None, list[str]]:
    """The person by e-mail, else phone, else the caller's own id; and what a person should know."""
    workspace = actor.own_workspace
    known = Contact.objects.alive().in_workspace(workspace.pk)
    by_email = known.filter(email_normalized=identity.email).first() if identity.email else None
    by_phone = (
        known.filter(phone_e164=identity.phone).order_by("created_at", "id").first()
        if identity.phone
        else None
    )
    if by_email is None:
        once = merged.once_known(workspace.pk, email=identity.email, phone=identity.phone)
        by_email = known.filter(pk=once.by_email).first() if once.by_email else None
        if by_phone is None and once.by_phone:
            by_phone = known.filter(pk=once.by_phone).first()
    notices = []
    if by_email and by_phone and by_email != by_phone:
        notices.append(
            _("The phone number belongs to contact #%(other)s; the e-mail decided for #%(chosen)s.")
            % {"other": by_phone.number, "chosen": by_email.number}
        )
        duplicates.raise_pair(workspace.pk, by_email.pk, by_phone.pk, [duplicates.Reason.ARRIVAL])
    found = by_email or by_phone
    if found is None and data.external_id and not (identity.email or identity.phone):
        twin = called(workspace.pk, data)
        found = known.filter(pk=twin.contact_id).first() if twin else None
    if data.phone.strip() and not identity.phone:
        notices.append(_("The phone number could not be read; it is kept as typed."))
    return found, notices


def called(workspace_id: UUID, data: LeadInput) -> Lead | None:
    """The lead that the caller's system has by this id, or that it went into when merged."""
    alive = Lead.objects.alive().in_workspace(workspace_id)
    found: Lead | None = alive.filter(external_id=data.external_id, source=source_of(data)).first()
    if found is None:
        now = merged.leads_once_called(workspace_id, [data.external_id], source=source_of(data))
        found = alive.filter(pk__in=now).first()
    return found


def source_of(data: LeadInput) -> str:
    """Its source, by our name for it."""
    return SOURCE_ALIASES.get(data.source, data.source)


def attribution_of(data: LeadInput) -> dict[str, str]:
    """What an arrival knows of where it came from."""
    return {
        name: data.attribution[name] for name in ATTRIBUTION_FIELDS if data.attribution.get(name)
    }


def _open(
    contact: Contact,
    data: LeadInput,
    notices: list[str],
    own_fields: custom_values.Values,
    *,
    actor: Actor,
) -> Lead:
    now = timezone.now()
    lead = new_lead(
        contact, data, actor=actor, now=now, due_at=response.due_for(actor.own_workspace, now)
    )
    custom_values.store(lead, own_fields)
    lead.save(force_insert=True)
    _keep_touch(lead, data)
    add_interaction(
        lead,
        actor=actor,
        type=arrival_type(actor),
        at=now,
        payload=arrival(data, notices) | {"step": "created"},
    )
    save_and_tell(lead, event="lead.created", change={"status": lead.status})
    return lead


def new_lead(
    contact: Contact, data: LeadInput, *, actor: Actor, now: datetime, due_at: datetime | None
) -> Lead:
    """The unsaved lead that an arrival opens."""
    lead = Lead.unsaved(
        workspace_id=contact.workspace_id,
        contact_id=contact.pk,
        status=data.status,
        status_changed_at=now,
        enriched_at=now if data.status == Status.ENRICHED else None,
        last_activity_at=now,
        source=source_of(data),
        source_workflow=data.source_workflow,
        external_id=data.external_id,
        platform_ref=dict(data.platform_ref),
        attributes=dict(data.attributes),
        notes=data.notes,
        created_by=actor.label,
        first_response_due_at=due_at,
        **attribution_of(data),
    )
    lead.remember(contact=contact)
    return lead


def _take_arrival(lead: Lead, data: LeadInput, notices: list[str], *, actor: Actor) -> None:
    """An open lead took the arrival: blanks are filled, nothing is overwritten."""
    fill_lead(lead, data)
    _keep_touch(lead, data)
    add_interaction(
        lead,
        actor=actor,
        type=arrival_type(actor),
        at=timezone.now(),
        payload=arrival(data, notices) | {"step": "arrived_again"},
    )
    save_and_tell(lead, event="lead.arrived_again", change={"source": source_of(data)})


def fill_lead(lead: Lead, data: LeadInput) -> None:
    """Give an open lead what it lacks of an arrival, unsaved."""
    for name, value in attribution_of(data).items():
        if not getattr(lead, name):
            setattr(lead, name, value)
    lead.attributes = {**data.attributes, **lead.attributes}
    lead.platform_ref = {**data.platform_ref, **lead.platform_ref}
    for name in LEAD_TEXTS:
        if not getattr(lead, name):
            setattr(lead, name, getattr(data, name))


def arrival_type(actor: Actor) -> str:
    return InteractionType.FORM_SUBMISSION if actor.via == "form" else InteractionType.SYSTEM_AUTO


def arrival(data: LeadInput, notices: list[str]) -> dict[str, Any]:
    """What was sent, where it may differ from what is stored: nothing a caller sent is lost."""
    sent = {name: getattr(data, name) for name in (*CONTACT_TEXT_FIELDS, "company", "notes")}
    payload: dict[str, Any] = {"source": source_of(data)}
    payload["sent"] = {name: text for name, text in sent.items() if text}
    if notices:
        payload["notices"] = notices
    return payload


def _keep_touch(lead: Lead, data: LeadInput) -> None:
    touch = touch_of(lead, data)
    if touch is not None:
        touch.save(force_insert=True)


def touch_of(lead: Lead, data: LeadInput) -> Touch | None:
    """The unsaved touch of an arrival with attribution."""
    attribution = attribution_of(data)
    if not attribution:
        return None
    return Touch.unsaved(
        workspace_id=lead.workspace_id,
        lead_id=lead.pk,
        source=source_of(data),
        at=timezone.now(),
        **attribution,
    )
