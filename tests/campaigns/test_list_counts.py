"""Whatever happens to lists and their leads, in any order: counts equal what is counted anew."""

from contextlib import suppress

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.problems import ProblemError
from campaigns import lists, membership, smart_lists
from campaigns.models import LeadList, LeadListMember
from leads import editing
from leads.intake import LeadInput, receive
from leads.lifecycle import qualify
from leads.merges import merging, unmerging
from leads.models import Lead, Merge, Status

LEADS = 5

_someone = st.integers(0, LEADS - 1)
_some = st.lists(_someone, min_size=1, max_size=3)
_steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["add", "remove"]), st.sampled_from(["hand", "rule"]), _some),
        st.tuples(st.sampled_from(["qualify", "delete", "restore"]), _someone),
        st.tuples(st.just("merge"), _someone, _someone),
        st.tuples(st.sampled_from(["unmerge", "catch_up", "rebuild", "archive", "use", "turn"])),
    ),
    min_size=3,
    max_size=9,
)


class _Lists:
    """Two lists and a few leads, and what can be done with them."""

    def __init__(self, world):
        self.world, self.actor = world, world.actor()
        self.leads = [
            receive(LeadInput(email=f"p{n}@example.com"), actor=self.actor).lead.pk
            for n in range(LEADS)
        ]
        made = {"hand": {}, "rule": {"list_type": "smart", "criteria": {"status": "qualified"}}}
        self.rows = {
            name: lists.create(actor=self.actor, values={"name": name, **values})
            for name, values in made.items()
        }
        self.turned = 0

    def do(self, step, *given):
        # Deleted twice, merged with itself: refused, and nothing is changed.
        with suppress(ProblemError):
            getattr(self, step)(*given)

    def add(self, name, some):
        membership.add(self.rows[name], [self.leads[n] for n in some], actor=self.actor)

    def remove(self, name, some):
        membership.remove(self.rows[name], [self.leads[n] for n in some], actor=self.actor)

    def qualify(self, n):
        qualify(self.leads[n], actor=self.actor)

    def delete(self, n):
        editing.delete(self.leads[n], actor=self.actor)

    def restore(self, n):
        editing.restore(self.leads[n], actor=self.actor)

    def merge(self, n, m):
        one, other = (Lead.objects.get(pk=self.leads[k]).contact_id for k in (n, m))
        merging.merge(one, other, actor=self.actor)

    def unmerge(self):
        for row in Merge.objects.filter(undone_at__isnull=True).order_by("-created_at")[:1]:
            unmerging.undo(row.pk, actor=self.actor)

    def catch_up(self):
        smart_lists.rebuild_changed(self.world.home.pk)

    def rebuild(self):
        smart_lists.rebuild(LeadList.objects.get(pk=self.rows["rule"].pk))

    def archive(self):
        lists.change(self.rows["rule"], actor=self.actor, changes={"is_archived": True})

    def use(self):
        lists.change(self.rows["rule"], actor=self.actor, changes={"is_archived": False})

    def turn(self):
        """Another rule."""
        self.turned += 1
        status = ("new", "qualified")[self.turned % 2]
        rule = {"criteria": {"status": status}}
        lists.change(self.rows["rule"], actor=self.actor, changes=rule)

    def check(self):
        for row in LeadList.objects.all():
            members = LeadListMember.objects.filter(lead_list=row, removed_at__isnull=True)
            assert row.lead_count == members.filter(lead__deleted_at__isnull=True).count()

    def check_rule(self):
        """Caught up, everybody whom the rule finds is in, but who was taken out by hand."""
        self.use()
        self.catch_up()
        row = LeadList.objects.get(pk=self.rows["rule"].pk)
        members = LeadListMember.objects.filter(lead_list=row)
        out = set(members.filter(removed_at__isnull=False).values_list("lead_id", flat=True))
        by_rule = set(members.present().filter(by="rule").values_list("lead_id", flat=True))
        by_hand = set(members.present().exclude(by="rule").values_list("lead_id", flat=True))
        wanted = Lead.objects.alive().filter(
            status__in=[Status(one) for one in row.criteria["status"]]
        )
        found = set(wanted.values_list("pk", flat=True))
        assert by_rule == found - out - by_hand


class _Undone(Exception):
    """The next example begins where this one did."""


def test_counts_equal_what_is_counted_anew(world):
    with world.scope():
        there = _Lists(world)

        @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(steps=_steps)
        def hold(steps):
            with suppress(_Undone), transaction.atomic():
                for step in steps:
                    there.do(*step)
                    there.check()
                there.check_rule()
                there.check()
                raise _Undone

        hold()
