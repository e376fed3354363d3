"""Heat: a workspace's own points, kept true one by one and by the set, whatever happens."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import HistoryEvent
from accounts.permissions import PermissionRefused
from leads import editing, lifecycle, timeline
from leads.intake import LeadInput, receive
from leads.models import HeatSettings, HeatStretch, Interaction, Lead
from leads.recording import build_interaction
from leads.scoring import heat, heat_settings, heating, rescoring
from leads.scoring.heat_settings import InvalidHeat
from tests.concurrency import at_once

DAY = timedelta(days=1)
HEATING = list(heat.DEFAULT.weights)


@pytest.fixture
def arrive(world):
    def make(name="ann", **given):
        with world.scope():
            return receive(
                LeadInput(email=f"{name}@example.com", **given), actor=world.actor()
            ).lead

    return make


def touch(world, lead, *types, days=0, role="owner"):
    with world.scope():
        for kind in types:
            timeline.record(
                lead, actor=world.actor(role), type=kind, at=timezone.now() - days * DAY
            )


def change(world, role="manager", **changes):
    with world.scope():
        return heat_settings.save(actor=world.actor(role), changes=changes)


def stored(world, lead):
    with world.scope():
        return Lead.objects.values_list("heat_score", "heat").get(pk=lead.pk)


@pytest.mark.parametrize(
    ("types", "score", "level"),
    [
        (["info_request"], 5, "COLD"),
        (["info_request", "social_like"], 6, "WARM"),
        (["site_visit", "info_request"], 15, "WARM"),
        (["site_visit", "info_request", "social_follow"], 16, "HOT"),
        (["note", "email", "form_submission"], 0, "COLD"),
    ],
)
def test_points_add_up_to_a_level(world, arrive, types, score, level):
    lead = arrive()
    touch(world, lead, *types)
    assert stored(world, lead) == (score, level)


@pytest.mark.parametrize(
    ("score", "level", "following", "missing"),
    [
        (5, "COLD", "WARM", 1),
        (6, "WARM", "HOT", 10),
        (15, "WARM", "HOT", 1),
        (16, "HOT", None, None),
    ],
)
def test_what_is_missing_to_the_next_level(score, level, following, missing):
    rules = heat.DEFAULT
    assert rules.level(score) == level
    assert (rules.next_level(score), rules.points_to_next(score)) == (following, missing)


def test_a_workspace_has_its_own_points_levels_and_caps(world, arrive):
    change(
        world,
        weights={"website_visit": 3, "note": 1, "email": 0},
        caps={"website_visit": 7, "email": 4},
        warm_from=4,
        hot_from=8,
    )
    row = change(world)
    assert (row.weights, row.caps) == ({"website_visit": 3, "note": 1}, {"website_visit": 7})
    lead = arrive()
    touch(world, lead, "website_visit")
    assert stored(world, lead) == (3, "COLD")
    touch(world, lead, "website_visit", "website_visit", "website_visit", "price_quote")
    assert stored(world, lead) == (7, "WARM")
    touch(world, lead, "note")
    assert stored(world, lead) == (8, "HOT")


def test_a_half_life_counts_old_touchpoints_less_and_less(world, arrive):
    with time_machine.travel("2026-03-01T23:00:00Z", tick=False) as clock:
        change(world, half_life_days=10)
        rescoring.work_off()
        lead = arrive()
        touch(world, lead, "site_visit")
        touch(world, lead, "price_quote", days=10)
        assert stored(world, lead) == (14, "WARM")
        clock.move_to("2026-03-11T01:00:00Z")
        rescoring.request_decay()
        assert rescoring.work_off() == 1
        assert stored(world, lead) == (7, "WARM")
        # Once a day.
        rescoring.request_decay()
        with world.scope():
            assert not rescoring.is_under_way(world.home.pk)
        clock.move_to("2026-03-31T12:00:00Z")
        # Something that scores nothing leaves it to the job; a touchpoint works it all out.
        touch(world, lead, "note")
        assert stored(world, lead) == (7, "WARM")
        touch(world, lead, "social_like")
        assert stored(world, lead) == (3, "COLD")


def test_a_change_of_rules_reaches_every_lead_of_the_workspace(world, arrive, loop):
    lead, gone = arrive(), arrive("bob")
    touch(world, lead, "site_visit", "info_request")
    touch(world, gone, "website_visit")
    with world.scope():
        editing.delete(gone, actor=world.actor())
        before = Lead.objects.get(pk=lead.pk)
        events = HistoryEvent.objects.filter(model="leads.lead").count()
    change(world, weights={"site_visit": 1, "website_visit": 20}, warm_from=1)
    assert stored(world, lead) == (15, "WARM")
    with world.scope():
        assert rescoring.is_under_way(world.home.pk)
    assert rescoring.work_off() == 2
    assert (stored(world, lead), stored(world, gone)) == ((1, "WARM"), (20, "HOT"))
    with world.scope():
        after = Lead.objects.get(pk=lead.pk)
        assert after.updated_at == before.updated_at
        assert HistoryEvent.objects.filter(model="leads.lead").count() == events
        assert not rescoring.is_under_way(world.home.pk)
    assert rescoring.work_off() == 0


def test_pieces_of_any_size_cover_everybody_once(world, arrive):
    leads = [arrive(f"p{number}") for number in range(5)]
    for lead in leads:
        touch(world, lead, "price_quote")
    change(world, weights={"price_quote": 9})
    assert rescoring.work_off(piece=2) == 5
    assert {stored(world, lead) for lead in leads} == {(9, "WARM")}


def test_an_interrupted_job_goes_on_where_it_was(world, arrive):
    leads = [arrive(f"p{number}") for number in range(3)]
    for lead in leads:
        touch(world, lead, "price_quote")
    change(world, weights={"price_quote": 9})
    assert rescoring.work_off(piece=1, until=0) == 1
    assert rescoring.work_off() == 2


def test_repair_puts_right_what_was_wrong_and_writes_nothing_else(world, arrive):
    right, wrong = arrive(), arrive("bob")
    touch(world, right, "price_quote")
    touch(world, wrong, "price_quote")
    with world.scope():
        Lead.objects.filter(pk=wrong.pk).update(heat_score=99, heat="HOT")
    rescoring.request_repair()
    rescoring.request_repair()
    assert rescoring.work_off() == 1
    assert stored(world, wrong) == (8, "WARM")


def test_the_same_again_asks_for_nothing(world, arrive):
    change(world, half_life_days=30)
    rescoring.work_off()
    change(world, half_life_days=30)
    with world.scope():
        assert not HeatStretch.objects.exists()
        assert HeatSettings.objects.count() == 1


def test_settings_are_a_managers_and_their_history_is_kept(world):
    for role in ("rep", "viewer"):
        with pytest.raises(PermissionRefused):
            change(world, role, warm_from=3)
    change(world, warm_from=3)
    change(world, warm_from=4)
    with world.scope():
        event = HistoryEvent.objects.get(model="leads.heatsettings")
        assert event.changes["warm_from"] == [3, 4]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"warm_from": 16}, "hot_from"),
        ({"warm_from": 0}, "warm_from"),
        ({"hot_from": 30_001}, "hot_from"),
        ({"half_life_days": 0}, "half_life_days"),
        ({"half_life_days": 3651}, "half_life_days"),
        ({"weights": {"status_change": 1}}, "weights"),
        ({"weights": {"moon": 1}}, "weights"),
        ({"weights": {"note": -1}}, "weights"),
        ({"weights": {"note": 1001}}, "weights"),
        ({"weights": {"note": True}}, "weights"),
        ({"weights": [1]}, "weights"),
        ({"caps": {"website_visit": 0}}, "caps"),
        ({"caps": {"website_visit": 1.5}}, "caps"),
    ],
)
def test_rules_that_cannot_be_are_refused(world, changes, field):
    with pytest.raises(InvalidHeat) as refused:
        change(world, **changes)
    assert [name for name, _code, _message in refused.value.errors] == [field]
    with world.scope():
        assert not HeatSettings.objects.exists()


def test_each_workspace_scores_by_its_own_rules(world, arrive):
    change(world, weights={"price_quote": 100})
    with world.scope():
        assert heat.rules_of(world.home.pk).points("price_quote") == 100
        assert heat.rules_of(world.abroad.pk) == heat.DEFAULT


def test_steps_of_leadloop_ask_nothing_about_heat(world, arrive):
    lead = arrive()
    with world.scope(), CaptureQueriesContext(connection) as queries:
        lifecycle.qualify(lead, actor=world.actor())
    assert not [query for query in queries if "heatsettings" in query["sql"]]
    with pytest.raises(ValueError, match="price_quote"):
        build_interaction(lead, actor=world.actor(), type="price_quote", at=timezone.now())


def test_a_touchpoint_asks_the_same_however_many_there_were(world, arrive):
    change(world, caps={"website_visit": 30})
    lead = arrive()

    def queries():
        with CaptureQueriesContext(connection) as captured:
            touch(world, lead, "website_visit")
        return len(captured)

    first = queries()
    touch(world, lead, *["website_visit"] * 20)
    assert queries() == first
    assert stored(world, lead) == (30, "HOT")


def test_a_lead_somebody_is_writing_is_looked_at_again(committed_world):
    world = committed_world
    with world.scope():
        lead = receive(LeadInput(email="ann@example.com"), actor=world.actor()).lead
    touch(world, lead, "price_quote")
    change(world, weights={"price_quote": 9})
    with world.scope():
        Lead.objects.select_for_update(no_key=True).get(pk=lead.pk)
        # Neither waits for the writer, nor loses what it is to do.
        assert at_once(lambda _: rescoring.work_off(), 1) == [0]
    assert stored(world, lead) == (8, "WARM")
    assert rescoring.work_off() == 0
    with time_machine.travel(timezone.now() + 2 * rescoring.LOOK_AGAIN_AFTER):
        assert rescoring.work_off() == 1
    assert stored(world, lead) == (9, "WARM")


def test_workers_share_a_workspace_and_touchpoints_meanwhile_are_counted(committed_world):
    world = committed_world
    with world.scope():
        leads = [
            receive(LeadInput(email=f"p{n}@example.com"), actor=world.actor()).lead
            for n in range(12)
        ]
    for lead in leads:
        touch(world, lead, "price_quote")
    change(world, weights={"price_quote": 9, "note": 1})

    def work(index):
        if index < 2:
            return rescoring.work_off(piece=2)
        for lead in leads:
            touch(world, lead, "note")
        return 0

    at_once(work, 3)
    with time_machine.travel(timezone.now() + 2 * rescoring.LOOK_AGAIN_AFTER):
        rescoring.work_off()
    assert {stored(world, lead) for lead in leads} == {(10, "WARM")}


RULES = st.fixed_dictionaries(
    {
        "weights": st.dictionaries(st.sampled_from([*HEATING, "note"]), st.integers(0, 12)),
        "caps": st.dictionaries(st.sampled_from(HEATING), st.integers(1, 20)),
        "warm_from": st.integers(1, 7),
        "hot_from": st.integers(8, 20),
        "half_life_days": st.none() | st.integers(1, 20),
    }
)
TOUCH = st.tuples(
    st.just("touch"),
    st.integers(0, 1),
    st.sampled_from([*HEATING, "note", "email"]),
    st.integers(0, 60),
)
STEP = st.one_of(
    TOUCH,
    TOUCH,
    TOUCH,
    st.tuples(st.just("rules"), RULES),
    st.tuples(st.just("edit"), st.integers(0, 1)),
    st.tuples(st.just("day"), st.integers(1, 20)),
    st.tuples(st.just("job")),
)


def plain_score(rules, entries, now):
    """What the page would say, worked out by hand: the model both forms are held against."""
    by_type = {}
    for kind, at in entries:
        points = rules.points(kind)
        if rules.half_life_days:
            age = max(0, (now.date() - at.date()).days)
            points *= 0.5 ** (age / rules.half_life_days)
        by_type[kind] = by_type.get(kind, 0) + points
    return sum(min(points, rules.caps.get(kind, points)) for kind, points in by_type.items())


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEP, max_size=14))
def test_worked_out_again_is_what_each_interaction_made_of_it(world, steps):
    """The property: one by one, by the set, and by hand are the same score and level."""
    with (
        time_machine.travel("2026-03-01T12:00:00Z", tick=False) as clock,
        world.scope(),
    ):
        HeatSettings.objects.all().delete()
        HeatStretch.objects.all().delete()
        rescore(world)
        leads = [receive(LeadInput(first_name="Twin"), actor=world.actor()).lead for _ in "ab"]
        waiting = False
        for step in [*steps, ("job",)]:
            perform(world, clock, leads, step)
            # New rules and another day are the job's; what happens before it ran is not lost.
            waiting = step[0] in ("rules", "day") or (waiting and step[0] != "job")
            rules = heat.rules_of(world.home.pk)
            for lead in [] if waiting else leads:
                row = Lead.objects.get(pk=lead.pk)
                entries = list(Interaction.objects.filter(lead=lead).values_list("type", "at"))
                expected = plain_score(rules, entries, timezone.now())
                assert abs(row.heat_score - expected) <= 0.5 + 0.001 * len(entries)
                assert row.heat == rules.level(row.heat_score)
        one_by_one = scores(leads)
        assert rescore(world) == 0
        Lead.objects.filter(pk__in=[x.pk for x in leads]).update(heat_score=-1, heat="HOT")
        assert rescore(world) == 2
        assert scores(leads) == one_by_one


def scores(leads):
    return [Lead.objects.values_list("heat_score", "heat").get(pk=lead.pk) for lead in leads]


def rescore(world):
    done = heating.rescore(world.home.pk, heat.rules_of(world.home.pk))
    assert done.missed == 0
    return done.written


def perform(world, clock, leads, step):
    kind, *given = step
    if kind == "touch":
        which, touchpoint, days = given
        timeline.record(
            leads[which],
            actor=world.actor(),
            type=touchpoint,
            at=timezone.now() - days * DAY,
        )
    elif kind == "edit":
        editing.update(leads[given[0]], actor=world.actor(), changes={"notes": str(timezone.now())})
    elif kind == "rules":
        heat_settings.save(actor=world.actor(), changes=given[0])
    elif kind == "day":
        clock.shift(given[0] * DAY)
    else:
        rescore(world)
