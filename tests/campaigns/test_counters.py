"""After any sequence of what can be done to campaigns, every counter equals its recount."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db.models import Count, Q, Sum
from django.utils import timezone

from accounts.problems import ProblemError
from campaigns import attempts, enrolment, membership, queue, running
from campaigns.models import (
    Campaign,
    CampaignLead,
    CampaignLeadList,
    LeadList,
    LeadListMember,
    Outcome,
)
from integrations import outbox
from leads import editing, lifecycle
from leads.bulk.losing import lose
from leads.intake import LeadInput, receive
from leads.models import Contact, Lead

SEEDS = range(6)
STEPS = 45


class Play:
    """Somebody who does anything to two campaigns, three lists and eight leads, by chance."""

    def __init__(self, world, seed):
        self.world, self.chance = world, Random(seed)
        self.actor = world.actor()
        self.leads = [
            receive(LeadInput(email=f"lead{n}@example.com"), actor=self.actor).lead.pk
            for n in range(8)
        ]
        self.lists = [
            LeadList.objects.create(workspace=world.home, name=f"List {n}").pk for n in range(3)
        ]
        self.campaigns = [
            running.create(actor=self.actor, values={"name": f"Campaign {n}"}).pk for n in range(2)
        ]

    def step(self):
        acts = [
            self.put_in,
            self.put_in,
            self.take_out,
            self.attach,
            self.attach,
            self.detach,
            self.change,
            self.move,
            self.call,
            self.call,
            self.call,
            self.call,
            self.expire,
            self.close,
            self.bring_back,
            self.block,
            self.feed,
        ]
        # Refused, as many a chance act is, it may have changed nothing either.
        with suppress(ProblemError):
            self.chance.choice(acts)()

    def one(self, rows):
        return self.chance.choice(rows)

    def some(self):
        return self.chance.sample(self.leads, self.chance.randint(1, 5))

    def put_in(self):
        membership.add(LeadList.objects.get(pk=self.one(self.lists)), self.some(), actor=self.actor)

    def take_out(self):
        group = LeadList.objects.get(pk=self.one(self.lists))
        membership.remove(group, self.some(), actor=self.actor)

    def attach(self):
        rule = self.one([None, None, {"quality_rating": ["unrated"]}, {"heat": ["HOT"]}])
        enrolment.attach(
            self.one(self.campaigns),
            self.one(self.lists),
            actor=self.actor,
            priority=self.chance.randint(1, 3),
            filter_criteria=rule,
        )

    def detach(self):
        enrolment.detach(self.one(self.campaigns), self.one(self.lists), actor=self.actor)

    def change(self):
        changes = {
            "is_active": self.chance.random() < 0.8,
            "max_attempts_override": self.one([None, 1, 2]),
            "filter_criteria": self.one([{}, {"heat": ["HOT"]}]),
        }
        enrolment.change_attached(
            self.one(self.campaigns), self.one(self.lists), actor=self.actor, changes=changes
        )

    def move(self):
        status = self.one(["active", "active", "active", "paused"])
        running.change(self.one(self.campaigns), actor=self.actor, changes={"status": status})

    def call(self):
        campaign = Campaign.objects.select_related("workspace").get(pk=self.one(self.campaigns))
        found = queue.next_lead(campaign, actor=self.actor)
        if found is None or self.chance.random() < 0.1:
            return
        call = attempts.Call(
            self.one(Outcome.values),
            duration=self.chance.randint(0, 90),
            pledged_amount=Decimal(self.chance.randint(0, 20)),
            donated_amount=Decimal(self.chance.randint(0, 20)),
        )
        attempts.record(found.pk, actor=self.actor, call=call)

    def expire(self):
        """Time goes by: what waits for another attempt is due, and leases are over."""
        past = timezone.now() - timedelta(minutes=1)
        CampaignLead.objects.filter(due_at__isnull=False).update(due_at=past, callback_at=None)

    def close(self):
        if self.chance.random() < 0.5:
            editing.delete(self.one(self.leads), actor=self.actor)
        else:
            reasons = {"loss_reason": "no_contact", "unqualified_reason": "no_contact"}
            lose(self.one(self.leads), actor=self.actor, **reasons)
        outbox.drain()

    def bring_back(self):
        if self.chance.random() < 0.5:
            editing.restore(str(self.one(self.leads)), actor=self.actor)
        else:
            lifecycle.reopen(self.one(self.leads), actor=self.actor)
        outbox.drain()

    def block(self):
        lead = Lead.objects.get(pk=self.one(self.leads))
        closed = {"call": self.chance.random() < 0.5}
        Contact.objects.filter(pk=lead.contact_id).update(do_not_contact=closed)

    def feed(self):
        enrolment.enrol_new(LeadList.objects.get(pk=self.one(self.lists)), self.leads)


def recounted():
    """Every attached list by its leads, as counting them one by one finds them."""
    rows = CampaignLead.objects.order_by().values("source")
    reckoned = rows.annotate(
        total_leads=Count("*"),
        waiting_leads=Count("pk", filter=Q(due_at__isnull=False)),
        contacted_leads=Count("contacted_at"),
        successful_leads=Count("succeeded_at"),
        calls_made=Sum("attempts"),
        talk_time=Sum("total_talk_time"),
        pledged=Sum("pledged_amount"),
        donated=Sum("donated_amount"),
    )
    return {row.pop("source"): row for row in reckoned}


def counted(row):
    names = ("total_leads", "waiting_leads", "contacted_leads", "successful_leads", "talk_time")
    return {name: getattr(row, name) for name in names} | {
        "calls_made": row.attempts,
        "pledged": row.pledged_amount,
        "donated": row.donated_amount,
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_counters_are_right_after_any_sequence(world, seed):
    with world.scope():
        play = Play(world, seed)
        for _step in range(STEPS):
            play.step()
        truth = recounted()
        for row in CampaignLeadList.objects.all():
            expected = truth.get(row.pk, dict.fromkeys(counted(row), 0))
            assert counted(row) == expected
            is_over = row.total_leads > 0 and row.waiting_leads == 0
            assert (row.completed_at is not None) == is_over
        members = LeadListMember.objects.present().order_by().values_list("lead_list")
        present = dict(members.annotate(n=Count("*")))
        for group in LeadList.objects.all():
            assert group.lead_count == present.get(group.pk, 0)
        for one in CampaignLead.objects.annotate(
            made=Count("calls"), talked=Sum("calls__duration")
        ):
            assert (one.attempts, one.total_talk_time) == (one.made, one.talked or 0)
        for campaign in Campaign.objects.with_totals():
            mine = CampaignLead.objects.filter(campaign=campaign)
            assert campaign.total_leads == mine.count()
            assert campaign.successful_leads == mine.filter(succeeded_at__isnull=False).count()
