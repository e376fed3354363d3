"""The figures of a period equal a plain computation, counted live or added up from documents."""

import random
import statistics
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import workspaces
from accounts.permissions import PermissionRefused
from leads import lifecycle
from leads.diary import appointments
from leads.intake import LeadInput, receive
from leads.measuring import metrics_rollup
from leads.measuring.metrics import Question, measure, question
from leads.measuring.metrics_tally import BUCKETS, STAGES, bucket_of, middle_of
from leads.models import Contact, Lead, MetricsDocument, MetricsMark, Source, Status

ZONE = "America/New_York"
SOURCES = [Source.WEBSITE, Source.PHONE, Source.FACEBOOK]
TIMES = {
    "enriched_at": 1,
    "first_contacted_at": 2,
    "conversing_at": 3,
    "qualified_at": 4,
    "scheduled_at": 5,
    "completed_at": 6,
    "converted_at": 7,
}
BLANK = {"lost_from": "", "loss_reason": "", "unqualified_reason": ""}
MEASURED = {
    "contact": "first_contacted_at",
    "qualify": "qualified_at",
    "schedule": "scheduled_at",
}


@pytest.fixture
def home(world):
    world.home.time_zone = ZONE
    world.home.save()
    return world.home


def random_facts(dice, world, made):
    """Columns of a lead as its history may have left them."""
    status = dice.choice(list(Status))
    facts = {
        "status": status,
        "source": dice.choice(SOURCES),
        "assigned_to": dice.choice([None, world.rep, world.other_rep]),
        "created_at": made,
        "deleted_at": timezone.now() if dice.random() < 0.1 else None,
        **{
            name: made + timedelta(seconds=dice.expovariate(1 / 200_000) - 50)
            if dice.random() < 0.3
            else None
            for name in TIMES
        },
    }
    if status == Status.LOST:
        facts |= {
            "lost_at": made,
            "lost_from": dice.choice(["", "new", "contacted", "qualified"]),
            "loss_reason": dice.choice(["no_contact", "price", ""]),
            "unqualified_reason": dice.choice(["no_contact", ""]),
        }
    return facts


def add_leads(world, dice, number):
    """Leads of some hundred days up to today, by the local calendar's edges too."""
    now = timezone.now()
    rows = []
    for _number in range(number):
        made = now - timedelta(
            days=dice.choice([0, 1, 2, 40, 41, 70, 100]), hours=dice.random() * 9
        )
        contact = Contact(workspace=world.home, first_name="A")
        rows.append(
            Lead(
                workspace=world.home,
                contact=contact,
                status_changed_at=made,
                last_activity_at=made,
                **random_facts(dice, world, made),
            )
        )
    Contact.objects.bulk_create([row.contact for row in rows])
    return Lead.objects.bulk_create(rows)


def plainly(asked):
    """The same figures by loops over whole rows."""
    zone = ZoneInfo(asked.workspace.time_zone)

    def wanted(row):
        day = row.created_at.astimezone(zone).date()
        return (
            row.deleted_at is None
            and (asked.since is None or asked.since <= day)
            and (asked.until is None or day <= asked.until)
            and asked.source in (None, row.source)
            and asked.owner in (None, str(row.assigned_to_id or ""))
        )

    rows = [row for row in Lead.objects.in_workspace(asked.workspace.pk) if wanted(row)]
    order = [stage.value for stage in STAGES]

    def furthest(row):
        reached = [TIMES[name] for name in TIMES if getattr(row, name)]
        named = [order.index(s) for s in (row.status, row.lost_from) if s in order]
        return max([0, *reached, *named])

    def lengths(column):
        found = [(getattr(r, column), r.created_at) for r in rows if getattr(r, column)]
        return sorted(max(0.0, (at - made).total_seconds()) for at, made in found)

    return {
        "leads": len(rows),
        "counts": {s.value: sum(row.status == s for row in rows) for s in Status},
        "funnel": {name: sum(furthest(r) >= p for r in rows) for p, name in enumerate(order)},
        "loss": Counter(row.loss_reason for row in rows if row.loss_reason),
        "unqualified": Counter(r.unqualified_reason for r in rows if r.unqualified_reason),
        "by_source": Counter(row.source for row in rows),
        "by_owner": Counter(str(row.assigned_to_id or "") for row in rows),
        "lengths": {name: lengths(column) for name, column in MEASURED.items()},
    }


def check(asked):
    figures, plain = measure(asked), plainly(asked)
    total = figures.total
    assert total.leads == plain["leads"]
    assert total.by_status == plain["counts"]
    assert total.reached == plain["funnel"]
    assert total.reasons_of("loss") == plain["loss"]
    assert total.reasons_of("unqualified") == plain["unqualified"]
    assert {k: t.leads for k, t in figures.by_source.items() if t.leads} == plain["by_source"]
    assert {k: t.leads for k, t in figures.by_owner.items() if t.leads} == plain["by_owner"]
    for name, lengths in plain["lengths"].items():
        found = total.duration(name)
        assert found.n == len(lengths)
        if not lengths:
            assert found.median is None
            continue
        assert found.average == pytest.approx(statistics.fmean(lengths), abs=0.002)
        near = {"abs": 0.002} if figures.exact else {"rel": 0.026, "abs": 1.0}
        assert found.median == pytest.approx(statistics.median(lengths), **near)
        if len(lengths) > 1:
            p90 = statistics.quantiles(lengths, n=10, method="inclusive")[8]
            assert found.p90 == pytest.approx(p90, **near)
    return figures


def questions(home, world):
    today = timezone.now().astimezone(ZoneInfo(ZONE)).date()
    for days in (None, 0, 2, 45, 99):
        since = None if days is None else today - timedelta(days=days)
        for until in (None, today, today - timedelta(days=41)):
            if since is None or until is None or since <= until:
                yield Question(home, since, until)
    yield Question(home, source=Source.PHONE)
    yield Question(home, owner=str(world.rep.pk))
    yield Question(home, owner="")
    yield Question(home, today - timedelta(days=50), today, Source.WEBSITE, str(world.rep.pk))


def test_what_is_counted_live_is_exact(world, home):
    with world.scope():
        add_leads(world, random.Random(1), 150)
        for asked in questions(home, world):
            assert check(asked).exact


@pytest.mark.parametrize("seed", range(4))
def test_what_was_counted_ahead_adds_up_to_the_same(world, home, monkeypatch, seed):
    monkeypatch.setattr(metrics_rollup, "COUNTED_LIVE", 10)
    dice = random.Random(seed)
    rows = []
    for _round in range(3):
        with world.scope():
            rows += add_leads(world, dice, 60)
            for row in dice.sample(rows, 20):
                changes = random_facts(dice, world, row.created_at)
                Lead.objects.filter(pk=row.pk).update(**BLANK | changes)
        assert metrics_rollup.recount() > 0
        with world.scope():
            assert not MetricsMark.objects.exists()
            # Whoever asks for few leads gets them counted at once.
            exact = [check(asked).exact for asked in questions(home, world)]
            assert not exact[0]
    before = documents(world)
    metrics_rollup.mark_all()
    metrics_rollup.recount()
    assert documents(world) == before


def documents(world):
    """What all documents say."""
    with world.scope():
        rows = MetricsDocument.objects.order_by("span", "starts", "part")
        return [
            (row.span, row.starts, row.part, metrics_rollup.read(row.total, row.parts))
            for row in rows
        ]


def test_a_deleted_lead_and_an_emptied_day_are_taken_out(world, home, monkeypatch):
    monkeypatch.setattr(metrics_rollup, "COUNTED_LIVE", 10)
    with world.scope():
        rows = add_leads(world, random.Random(5), 60)
    metrics_rollup.recount()
    with world.scope():
        oldest = min(row.created_at for row in rows)
        Lead.objects.filter(created_at__lt=oldest + timedelta(days=2)).delete()
    metrics_rollup.recount()
    with world.scope():
        assert not check(Question(home)).exact


def test_what_waits_to_be_counted_is_not_passed_off_as_counted(world, home, monkeypatch):
    monkeypatch.setattr(metrics_rollup, "COUNTED_LIVE", 10)
    with world.scope():
        rows = add_leads(world, random.Random(6), 40)
        # Nothing was counted ever: asked for, it is, however long that takes.
        assert check(Question(home)).exact
    metrics_rollup.recount()
    with world.scope():
        began = timezone.now()
        assert measure(Question(home)).as_of >= began
        known = measure(Question(home)).total.by_status
        Lead.objects.filter(pk=rows[0].pk).update(status="scheduled", deleted_at=None)
        Lead.objects.filter(pk=rows[1].pk).update(status="scheduled", deleted_at=None)
        stale = measure(Question(home))
        assert stale.total.by_status == known
        assert stale.as_of == MetricsMark.objects.order_by("created_at")[0].created_at
    metrics_rollup.recount()
    with world.scope():
        check(Question(home))


def test_only_what_is_measured_leaves_a_mark(world):
    with world.scope():
        row = receive(LeadInput(first_name="A"), actor=world.actor()).lead
        MetricsMark.objects.all().delete()
        Lead.objects.filter(pk=row.pk).update(heat_score=4, notes="x", contact_count=2)
        assert not MetricsMark.objects.exists()
        Lead.objects.filter(pk=row.pk).update(source=Source.PHONE)
        mark = MetricsMark.objects.get()
        assert mark.at <= row.created_at < mark.at + timedelta(minutes=15)


def test_another_time_zone_makes_other_days(world, home, monkeypatch):
    monkeypatch.setattr(metrics_rollup, "COUNTED_LIVE", 10)
    with world.scope():
        add_leads(world, random.Random(7), 60)
    metrics_rollup.recount()
    home.time_zone = "Asia/Kathmandu"
    workspaces.save_settings(home, {"time_zone"})
    today = timezone.now().astimezone(ZoneInfo(home.time_zone)).date()
    asked = [Question(home), Question(home, today - timedelta(days=41), today)]
    with world.scope():
        assert all(check(one).exact for one in asked)
    metrics_rollup.recount()
    with world.scope():
        assert not any(check(one).exact for one in asked)


def test_a_small_workspace_keeps_nothing(world, home):
    with world.scope():
        add_leads(world, random.Random(8), 30)
    assert metrics_rollup.recount() == 0
    with world.scope():
        assert not MetricsMark.objects.exists()
        assert not MetricsDocument.objects.exists()


def test_the_verbs_move_the_figures(world):
    actor = world.actor()
    with world.scope():
        lead = {
            name: receive(LeadInput(first_name=name, email=f"{name}@example.com"), actor=actor).lead
            for name in ("fresh", "skipped", "lost", "visited", "reopened")
        }
        # Straight to qualified: enriched, contacted and conversing count as reached.
        lifecycle.qualify(lead["skipped"], actor=actor)
        lifecycle.log_contact(lead["lost"], actor=actor, method="call")
        lifecycle.lose(
            lead["lost"], actor=actor, loss_reason="no_contact", unqualified_reason="no_contact"
        )
        # A cancelled appointment puts it back to qualified; it was scheduled all the same.
        lifecycle.qualify(lead["visited"], actor=actor)
        lifecycle.schedule(lead["visited"], actor=actor, scheduled_for=timezone.now())
        visit = lead["visited"].appointments.get()
        appointments.set_status(visit.pk, actor=actor, status="canceled")
        lifecycle.lose(
            lead["reopened"], actor=actor, loss_reason="no_contact", unqualified_reason="no_contact"
        )
        lifecycle.reopen(lead["reopened"], actor=actor)
        total = check(Question(world.home)).total
    assert total.reached == {
        "new": 5,
        "enriched": 3,
        "contacted": 3,
        "conversing": 2,
        "qualified": 2,
        "scheduled": 1,
        "completed": 0,
        "converted": 0,
    }
    assert total.by_status["qualified"] == 2
    assert total.reasons_of("loss") == total.reasons_of("unqualified") == {"no_contact": 1}


def test_a_rep_asks_about_their_own_leads_and_no_others(world):
    assert question(world.actor("rep")).owner == str(world.rep.pk)
    assert question(world.actor("viewer")).owner == str(world.viewer.pk)
    assert question(world.actor("manager")).owner is None
    assert question(world.key_actor(("read",))).owner is None
    with pytest.raises(PermissionRefused):
        question(world.actor("rep"), owner=world.other_rep.pk)


def test_a_bucket_stands_for_what_is_in_it():
    dice = random.Random(9)
    for _round in range(2000):
        milliseconds = round(1000 * 10 ** (dice.random() * 8))
        assert middle_of(bucket_of(milliseconds)) == pytest.approx(milliseconds, rel=0.026)
    assert bucket_of(0) == bucket_of(999) == 0
    assert bucket_of(10**15) == BUCKETS - 1


def test_the_cost_does_not_grow_with_the_leads(world, home):
    asked = Question(home, datetime(2020, 1, 1, tzinfo=UTC).date(), timezone.now().date())

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            measure(asked)
        return len(captured)

    with world.scope():
        add_leads(world, random.Random(10), 2)
        few = queries()
        add_leads(world, random.Random(11), 40)
        assert queries() == few
