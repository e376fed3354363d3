"""How people come in: the contact, the lead and the click identifiers they arrive with."""

import random
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Workspace
from config.demo.businesses import Business, Product
from config.demo.people import Person
from config.demo.stories import Cast, Story
from leads.models import (
    ATTRIBUTION_FIELDS,
    Company,
    Contact,
    ContactTag,
    InteractionType,
    Lead,
    Source,
    Touch,
)
from leads.people.identity import normalize_email, normalize_name, phone_e164

_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_EXTRA_TAGS = ("vip", "financing", "evening", "second-opinion", "newsletter")
# Doors that are not a person: what the timeline names as the sender.
_SENDERS = {
    Source.FACEBOOK: "Meta lead forms",
    Source.INSTAGRAM: "Meta lead forms",
    Source.LINKEDIN: "LinkedIn lead forms",
    Source.IMPORT: "Spreadsheet import",
    Source.API: "Partner portal",
    Source.EMAIL: "Mailbox",
}


def _token(rng: random.Random, length: int) -> str:
    return "".join(rng.choices(_BASE64, k=length))


def attribution(
    source: str, business: Business, at: datetime, rng: random.Random
) -> dict[str, str]:
    """Click identifiers and campaign words, as the channel leaves them."""
    campaign = rng.choice(business.campaigns)
    page = f"{business.website}/{campaign}"
    stamp = int(at.timestamp() * 1000)
    if source == Source.WEBSITE:
        road = rng.choices(("google", "meta", "search", "direct"), (52, 16, 22, 10))[0]
        if road == "google":
            return {
                "gclid": f"Cj0KCQ{_token(rng, 80)}",
                "utm_source": "google",
                "utm_medium": "cpc",
                "utm_campaign": campaign,
                "landing_page": f"{page}?utm_source=google&utm_medium=cpc",
                "referrer": "https://www.google.com/",
            }
        if road == "meta":
            click = f"IwAR{_token(rng, 56)}"
            return {
                "fbclid": click,
                "fbc": f"fb.1.{stamp}.{click}",
                "fbp": f"fb.1.{stamp - 4000}.{rng.randrange(10**9, 10**10)}",
                "utm_source": "facebook",
                "utm_medium": "paid_social",
                "utm_campaign": campaign,
                "landing_page": f"{page}?utm_source=facebook",
                "referrer": "https://l.facebook.com/",
            }
        if road == "search":
            return {"landing_page": business.website, "referrer": "https://www.google.com/"}
        return {"landing_page": business.website}
    if source in (Source.FACEBOOK, Source.INSTAGRAM):
        return {
            "meta_lead_id": str(rng.randrange(10**15, 10**16)),
            "utm_source": str(source),
            "utm_medium": "paid_social",
            "utm_campaign": campaign,
        }
    if source == Source.LINKEDIN:
        return {
            "li_fat_id": _token(rng, 36),
            "utm_source": "linkedin",
            "utm_medium": "paid_social",
            "utm_campaign": campaign,
        }
    return {}


class Arrivals:
    """Makes the rows of people who come in, in one workspace."""

    def __init__(self, cast: Cast, business: Business, companies: dict[str, Company]) -> None:
        self.cast = cast
        self.business = business
        self.companies = companies

    def contact(self, person: Person, product: Product, at: datetime) -> Contact:
        rng, workspace = self.cast.rng, self.cast.workspace
        contact = Contact(
            workspace=workspace,
            created_at=at,
            first_name=person.first_name,
            last_name=person.last_name,
            email=person.email,
            email_normalized=normalize_email(person.email),
            phone=person.phone,
            phone_e164=phone_e164(person.phone, workspace.country),
            job_title=person.job_title,
            linkedin_url=person.linkedin_url,
            address=person.address,
            company=self._company(person.company, at),
            consent=self._consent(),
            do_not_contact={"phone": True} if rng.random() < 0.02 else {},
        )
        self.cast.rows.contacts.append(contact)
        tags = [product.tag, *rng.sample(_EXTRA_TAGS, k=rng.choices((0, 1, 2), (6, 3, 1))[0])]
        self.cast.rows.tags += [
            ContactTag(workspace=workspace, contact=contact, name=name, created_at=at)
            for name in tags
        ]
        return contact

    def story(self, contact: Contact, product: Product, at: datetime) -> Story:
        """The contact's inquiry, as intake leaves it."""
        rng, workspace = self.cast.rng, self.cast.workspace
        source = rng.choices(list(self.business.sources), list(self.business.sources.values()))[0]
        clicks = attribution(source, self.business, at, rng)
        sender = _SENDERS.get(Source(source), workspace.name)
        lead = Lead(
            workspace=workspace,
            contact=contact,
            created_at=at,
            status_changed_at=at,
            last_activity_at=at,
            source=source,
            source_workflow=f"{product.tag}-form" if source == Source.WEBSITE else "",
            external_id=f"{source}-{rng.randrange(10**8):08d}"
            if source in (Source.API, Source.IMPORT)
            else "",
            attributes={"product": product.name},
            notes=f"Asked about: {product.name}." if rng.random() < 0.35 else "",
            created_by=sender,
            **clicks,
        )
        story = Story(self.cast, lead, owner=rng.choice(self.cast.reps))
        kind = InteractionType.SYSTEM_AUTO
        if source == Source.WEBSITE:
            kind = InteractionType.FORM_SUBMISSION
        story.tell(
            kind,
            actor=self.cast.system.through("form" if source == Source.WEBSITE else "api"),
            payload={"source": source, "step": "created", "sent": _sent(contact)},
        )
        if clicks:
            self._touch(lead, source, at, clicks)
        return story

    def _touch(self, lead: Lead, source: str, at: datetime, clicks: dict[str, str]) -> None:
        row = Touch(workspace=self.cast.workspace, lead=lead, source=source, at=at, created_at=at)
        for name in ATTRIBUTION_FIELDS:
            setattr(row, name, clicks.get(name, ""))
        self.cast.rows.touches.append(row)

    def _company(self, name: str, at: datetime) -> Company | None:
        if not name:
            return None
        key = normalize_name(name)
        if key not in self.companies:
            self.companies[key] = Company(
                workspace=self.cast.workspace, name=name, name_normalized=key, created_at=at
            )
        return self.companies[key]

    def _consent(self) -> dict[str, bool]:
        answer = self.cast.rng.choices(("granted", "denied", "unasked"), (68, 6, 26))[0]
        if answer == "unasked":
            return {}
        granted = answer == "granted"
        return {"ad_user_data": granted, "ad_personalization": granted}


def _sent(contact: Contact) -> dict[str, Any]:
    names = ("first_name", "last_name", "email", "phone")
    return {name: getattr(contact, name) for name in names if getattr(contact, name)}


def arrival_times(
    workspace: Workspace, count: int, now: datetime, rng: random.Random
) -> list[datetime]:
    """Moments of the last ninety days, more of them lately and by day, oldest first."""
    zone = ZoneInfo(workspace.time_zone)
    moments: list[datetime] = []
    while len(moments) < count:
        at = now - timedelta(days=90) * (1 - rng.random() ** 0.8) - timedelta(minutes=7)
        local = at.astimezone(zone)
        weight = (0.12 if local.hour < 7 else 1.0) * (0.55 if local.weekday() >= 5 else 1.0)
        if rng.random() < weight:
            moments.append(at)
    return sorted(moments)
