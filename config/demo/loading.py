"""Loading the demo: three workspaces, written in bulk, in one transaction, once."""

import random
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from accounts.actors import Actor, system_actor, user_actor
from accounts.locks import wait_for_others
from accounts.models import Membership, Organization, User, Workspace
from accounts.permissions import Role
from accounts.tenancy import scope
from accounts.workspaces import create_workspace
from config.demo import (
    advertising,
    assigning,
    campaigns,
    conversations,
    details,
    doubles,
    exports,
    followups,
    imports,
    jobs,
    lists,
    news,
    uploads,
    views,
)
from config.demo.arrivals import Arrivals, arrival_times
from config.demo.businesses import (
    BUSINESSES,
    ORGANIZATION,
    RATE_LIMIT_PER_HOUR,
    SUPERUSER,
    Business,
    Member,
)
from config.demo.people import Crowd
from config.demo.plots import Plot
from config.demo.stories import Cast
from leads.models import OPEN_STATUSES, Company, ContactFieldValue, Lead, LeadFieldValue
from leads.scoring import heat, heat_settings, heating

_LOCK = "leadloop demo data"
_BATCH = 2000
_RETURNING_SHARE = 0.09


def load() -> tuple[Workspace, bool]:
    """The first demo workspace, and whether it was loaded just now."""
    first = BUSINESSES[0].slug
    known = Workspace.objects.select_related("organization").filter(slug=first)
    found = known.first()
    if found is not None:
        return found, False
    with transaction.atomic():
        # Two loads at once: the second waits here, and then finds the first's rows.
        wait_for_others([_LOCK])
        found = known.first()
        if found is not None:
            return found, False
        organization = Organization.objects.create(name=ORGANIZATION)
        _person(SUPERUSER, is_superuser=True)
        for business in BUSINESSES:
            _load_business(business, organization)
    return known.get(), True


def _person(member: Member, *, is_superuser: bool = False) -> User:
    """The user, without a usable password: `config.demo.access` sets those that are printed."""
    known = User.objects.filter(email=member.email).first()
    return known or User.objects.create_user(
        member.email, name=member.name, is_staff=member.is_staff, is_superuser=is_superuser
    )


def _load_business(business: Business, organization: Organization) -> None:
    workspace = create_workspace(
        organization=organization,
        slug=business.slug,
        name=business.name,
        country=business.country,
        time_zone=business.time_zone,
        currency=business.currency,
        rate_limit_per_hour=RATE_LIMIT_PER_HOUR,
        final_conversion_types=list(business.final_conversion_types),
    )
    actors = [_actor(member, workspace) for member in business.members]
    cast = Cast(
        workspace=workspace,
        reps=[actor for actor in actors if actor.role == Role.REP],
        manager=next(actor for actor in actors if actor.role == Role.MANAGER),
        system=system_actor(workspace),
        now=timezone.now(),
        # Seeded by the name: the same people come in again wherever it is loaded.
        rng=random.Random(business.slug),
    )
    companies: dict[str, Company] = {}
    _tell_stories(business, cast, companies)
    with scope(workspace.pk):
        pairs = doubles.fill(cast)
        _write(cast, list(companies.values()))
        _warm(business, cast)
        uploads.load(business, cast)
        assigning.load(business, cast)
        advertising.load(business, cast)
        views.load(cast)
        lists.load(cast)
        campaigns.load(cast)
        news.load(cast)
        jobs.load(cast)
        imports.load(cast)
        exports.load(cast)
        doubles.load(cast, pairs)


def _warm(business: Business, cast: Cast) -> None:
    """The business's own points, as its manager would set them."""
    if business.heat:
        heat_settings.save(actor=cast.manager, changes=business.heat)
        heating.rescore(cast.workspace.pk, heat.rules_of(cast.workspace.pk))


def _actor(member: Member, workspace: Workspace) -> Actor:
    user = _person(member)
    Membership.objects.create(user=user, workspace=workspace, role=member.role)
    return user_actor(user, workspace, member.role, via="page")


def _tell_stories(business: Business, cast: Cast, companies: dict[str, Company]) -> None:
    rng = cast.rng
    crowd = Crowd(business.country, rng)
    arrivals = Arrivals(cast, business, companies)
    for at in arrival_times(cast.workspace, business.leads, cast.now, rng):
        product = rng.choice(business.products)
        contact = arrivals.contact(crowd.person(company_share=business.company_share), product, at)
        story = arrivals.story(contact, product, at)
        Plot(story, business, product).play()
        returns_at = _returns_at(story.lead, story.clock, cast)
        if returns_at is not None:
            product = rng.choice(business.products)
            Plot(arrivals.story(contact, product, returns_at), business, product).play()


def _returns_at(lead: Lead, closed_at: datetime, cast: Cast) -> datetime | None:
    """When somebody whose first inquiry is closed comes with another; mostly never."""
    again = closed_at + timedelta(days=cast.rng.uniform(3, 30))
    is_closed = lead.status not in OPEN_STATUSES
    returns = cast.rng.random() < _RETURNING_SHARE
    return again if returns and is_closed and again < cast.now else None


def _write(cast: Cast, companies: list[Company]) -> None:
    rows = cast.rows
    # Short numbers follow the order of arrival.
    rows.leads.sort(key=lambda lead: lead.created_at)
    values = details.fill(cast)
    details.add_websites(companies)
    tasks = followups.fill(cast)
    messages = conversations.fill(cast)
    batches: list[list[Any]] = [
        companies,
        rows.contacts,
        rows.tags,
        rows.leads,
        rows.touches,
        rows.interactions,
        messages,
        rows.appointments,
        tasks,
        rows.conversions,
        rows.activities,
        [value for value in values if isinstance(value, ContactFieldValue)],
        [value for value in values if isinstance(value, LeadFieldValue)],
    ]
    for batch in batches:
        write(batch)
    # `auto_now` puts the present into every bulk insert.
    Lead.objects.in_workspace(cast.workspace.pk).update(updated_at=F("last_activity_at"))


def write(rows: list[Any]) -> None:
    if rows:
        model: type[models.Model] = type(rows[0])
        model._default_manager.bulk_create(rows, batch_size=_BATCH)
