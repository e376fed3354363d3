"""Fifty callers at work at once: nobody is called twice, the order is kept, everybody is called."""

import os
import time
from collections import Counter
from datetime import timedelta
from statistics import quantiles

import pytest
from django.utils import timezone

from accounts.actors import user_actor
from accounts.models import Membership, User
from accounts.permissions import Role
from accounts.tenancy import scope
from campaigns import attempts, queue
from campaigns.attempts import Call
from campaigns.models import CallAttempt, CampaignLead, CampaignLeadList
from leads.models import Contact, Lead
from tests.campaigns.calls import a_campaign, a_source
from tests.concurrency import at_once

CALLERS = int(os.environ.get("CALLERS", "50"))
# Ten thousand where there is time for it.
LEADS = int(os.environ.get("CALLERS_LEADS", "200"))
# 1, 2 and 3 are called one after the other; of 2 there are two.
PRIORITIES = (1, 2, 2, 3)


def callers(world):
    people = [
        User.objects.create_user(f"caller{n}@example.com", "x", name=f"Caller {n}")
        for n in range(CALLERS)
    ]
    Membership.objects.bulk_create(
        Membership(user=one, workspace=world.home, role=Role.REP) for one in people
    )
    return [user_actor(one, world.home, Role.REP, via="api") for one in people]


def lists_of_leads(world, campaign):
    now = timezone.now()
    where = {"workspace": world.home}
    people = Contact.objects.bulk_create(
        Contact(**where, first_name=f"Person {n}") for n in range(LEADS)
    )
    leads = Lead.objects.bulk_create(
        Lead(**where, contact=person, status_changed_at=now, last_activity_at=now, heat_score=n % 7)
        for n, person in enumerate(people)
    )
    for place, priority in enumerate(PRIORITIES):
        part = leads[place :: len(PRIORITIES)]
        heat = {lead.pk: lead.heat_score for lead in part}
        a_source(world, campaign, part, heat=heat, priority=priority)


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(1800)
def test_fifty_callers_work_through_a_campaign(committed_world):
    world = committed_world
    with world.scope():
        campaign = a_campaign(world)
        lists_of_leads(world, campaign)
    people = callers(world)
    handed: list[tuple[float, str]] = []
    times: list[float] = []

    def work(index):
        while True:
            began = time.perf_counter()
            with scope(world.home.pk):
                row = queue.next_lead(campaign, actor=people[index])
            times.append(time.perf_counter() - began)
            if row is None:
                return index
            handed.append((time.perf_counter(), row.pk))
            with scope(world.home.pk):
                attempts.record(
                    row.pk,
                    actor=people[index],
                    call=Call("interested", duration=1),
                    lease_token=row.lease_token,
                )

    began = time.perf_counter()
    assert at_once(work, CALLERS) == list(range(CALLERS))
    took = time.perf_counter() - began
    p95 = quantiles(times, n=20)[-1] * 1000
    print(f"\n{LEADS} leads, {CALLERS} callers, {took:.1f} s; next: p95 {p95:.1f} ms")
    with world.scope():
        rows = {row.pk: row for row in CampaignLead.objects.select_related("source")}
        order = [rows[pk] for _at, pk in sorted(handed, key=lambda one: one[0])]
        assert Counter(row.pk for row in order) == dict.fromkeys(rows, 1)
        assert {row.status for row in rows.values()} == {"contacted"}
        assert CallAttempt.objects.count() == LEADS
        assert all(row.completed_at for row in CampaignLeadList.objects.all())
        best_first = sorted(
            rows.values(), key=lambda row: (row.source.priority, -row.heat_score, row.lead_id)
        )
        place = {row.pk: number for number, row in enumerate(best_first)}
        # As many may be out of step as are being handed out at the same moment.
        furthest = max(abs(number - place[row.pk]) for number, row in enumerate(order))
        assert furthest <= 2 * CALLERS


@pytest.mark.django_db(transaction=True)
def test_two_tabs_of_one_person_get_one_lead(committed_world):
    world = committed_world
    with world.scope():
        campaign = a_campaign(world)
        lists_of_leads(world, campaign)

    def ask(_index):
        with scope(world.home.pk):
            return queue.next_lead(campaign, actor=world.actor("rep")).pk

    assert len(set(at_once(ask, 6))) == 1


@pytest.mark.django_db(transaction=True)
def test_one_call_recorded_by_many_clicks_is_one(committed_world):
    world = committed_world
    with world.scope():
        campaign = a_campaign(world)
        lists_of_leads(world, campaign)
        row = queue.next_lead(campaign, actor=world.actor("rep"))

    def click(_index):
        with scope(world.home.pk):
            made = attempts.record(
                row.pk,
                actor=world.actor("rep"),
                call=Call("callback", callback_at=timezone.now() + timedelta(hours=1)),
                lease_token=row.lease_token,
            )
            return made.pk

    assert len(set(at_once(click, 6))) == 1
    with world.scope():
        assert CampaignLead.objects.get(pk=row.pk).attempts == 1
