"""Lists that several change at the same moment: nobody waits for ever, and every count is right."""

import random

from campaigns import lists, membership, smart_lists
from campaigns.models import LeadList, LeadListMember
from leads import editing
from leads.errors import LeadError
from leads.intake import LeadInput, receive
from leads.lifecycle import qualify
from tests.concurrency import at_once


def test_hands_rules_and_deletions_at_once_leave_every_count_right(committed_world):
    world, actor = committed_world, committed_world.actor()
    with world.scope():
        leads = [
            receive(LeadInput(email=f"p{n}@example.com"), actor=actor).lead.pk for n in range(12)
        ]
        rule = {"list_type": "smart", "criteria": {"status": ["new", "qualified"]}}
        rows = [lists.create(actor=actor, values={"name": f"Smart {n}", **rule}) for n in range(2)]
        rows.append(lists.create(actor=actor, values={"name": "By hand"}))

    def change(worker, chance):
        some = chance.sample(leads, 4)
        row = chance.choice(rows)
        if worker == 0:
            membership.add(row, some, actor=actor)
        elif worker == 1:
            membership.remove(row, some, actor=actor)
        elif worker == 2:
            qualify(some[0], actor=actor)
            editing.delete(some[1], actor=actor)
        elif worker == 3:
            editing.restore(some[0], actor=actor)
        else:
            lists.change(rows[0], actor=actor, changes={"criteria": {"status": ["new"]}})

    def work(worker):
        chance = random.Random(worker)
        for _round in range(8):
            if worker == 5:
                smart_lists.rebuild_changed(world.home.pk)
                continue
            if worker == 6:
                with world.scope():
                    row = LeadList.objects.select_related("workspace").get(pk=rows[1].pk)
                smart_lists.rebuild(row)
                continue
            try:
                with world.scope():
                    change(worker, chance)
            except LeadError:
                # Deleted already, or not deleted at all.
                continue

    at_once(work, 7)
    with world.scope():
        for row in LeadList.objects.all():
            there = LeadListMember.objects.filter(lead_list=row, removed_at__isnull=True)
            assert row.lead_count == there.filter(lead__deleted_at__isnull=True).count()
