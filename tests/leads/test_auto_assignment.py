"""Leads given by themselves: whose turn, by which rule, and who waits until somebody can."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, User
from accounts.permissions import PermissionRefused
from integrations import outbox
from integrations.models import OutboxEvent
from leads import editing, lifecycle
from leads.assigning import assignment, assignment_policy, auto_assignment, duty
from leads.assigning.assignment_policy import InvalidAssignment
from leads.errors import Conflict, LeadError, LeadNotFound
from leads.intake import LeadInput, receive
from leads.models import Interaction, Lead, WaitingLead


@pytest.fixture
def team(world):
    """Owner and manager are off duty; two reps take leads."""
    Membership.objects.filter(workspace=world.home, role__in=["owner", "manager"]).update(
        on_duty=False
    )
    return world


def arrive(world, name, **fields):
    with world.scope():
        data = LeadInput(first_name=name, email=f"{name}@example.com", **fields)
        return receive(data, actor=world.actor()).lead


def policy(world, **changes):
    with world.scope():
        return assignment_policy.set_policy(actor=world.actor("manager"), changes=changes)


def rule(world, name, members, **values):
    with world.scope():
        return assignment_policy.create_rule(
            actor=world.actor("manager"),
            values={"name": name, "member_ids": [user.pk for user in members], **values},
        )


def give(world, lead, role="manager"):
    with world.scope():
        return auto_assignment.auto_assign(lead, actor=world.actor(role))


def owner(world, lead):
    with world.scope():
        found = Lead.objects.select_related("assigned_to").get(pk=lead.pk).assigned_to
        return found.email.partition("@")[0] if found else None


def waiting(world):
    with world.scope():
        return [row.lead_id for row in auto_assignment.waiting_leads(world.home.pk)]


def set_duty(world, user, on_duty, role="manager"):
    with world.scope():
        return duty.set_duty(user.pk, actor=world.actor(role), on_duty=on_duty)


def set_cap(world, user, cap):
    with world.scope():
        return duty.set_cap(user.pk, actor=world.actor("manager"), cap=cap)


def test_leads_go_round_and_say_why(team):
    leads = [arrive(team, f"ann{n}") for n in range(4)]
    first = give(team, leads[0])
    assert (first.waits, first.lead.assigned_to_id is not None) == ("", True)
    owners = [owner(team, lead) for lead in leads[:1]]
    owners += [give(team, lead).lead.assigned_to.email.partition("@")[0] for lead in leads[1:]]
    assert sorted(owners[:2]) == ["other_rep", "rep"]
    assert owners[2:] == owners[:2]
    with team.scope():
        entry = Interaction.objects.filter(lead=leads[0], payload__step="assigned").get()
        assert entry.actor_user_id == team.manager.pk
        assert entry.payload["automatic"] is True
        assert entry.payload["strategy"] == "round_robin"
        assert entry.payload["to"] == str(first.lead.assigned_to_id)
        event = OutboxEvent.objects.get(type="lead.assigned", subject_id=leads[0].pk)
        assert event.payload["change"] == entry.payload
        assert event.payload["lead"]["assigned_to_user_id"] == str(first.lead.assigned_to_id)


def test_asked_again_or_of_an_owned_lead_nothing_changes(team):
    lead = arrive(team, "ann")
    with team.scope():
        assignment.assign(lead, actor=team.actor(), user_id=team.owner.pk)
    assert give(team, lead).lead.assigned_to_id == team.owner.pk
    with team.scope():
        assert Interaction.objects.filter(lead=lead, payload__step="assigned").count() == 1


def test_closed_leads_and_those_who_may_not_are_refused(team):
    lead = arrive(team, "ann")
    for role in ("rep", "viewer"):
        with pytest.raises(PermissionRefused):
            give(team, lead, role)
    with team.scope(), pytest.raises(LeadNotFound):
        auto_assignment.auto_assign(lead, actor=team.stranger_actor())
    with team.scope():
        lifecycle.convert(lead, actor=team.actor())
    with pytest.raises(LeadError) as refused:
        give(team, lead)
    assert (refused.value.status, refused.value.code) == (409, "lead_closed")
    assert waiting(team) == []


def test_whoever_has_the_fewest_open_leads_is_next(team):
    policy(team, strategy="least_loaded")
    for n in range(3):
        lead = arrive(team, f"old{n}")
        with team.scope():
            assignment.assign(lead, actor=team.actor(), user_id=team.rep.pk)
    owners = [give(team, arrive(team, f"new{n}")).lead.assigned_to_id for n in range(5)]
    assert owners[:3] == [team.other_rep.pk] * 3
    assert set(owners[3:]) == {team.rep.pk, team.other_rep.pk}


def test_nobody_is_given_more_than_their_cap_and_the_rest_waits_in_order(team):
    policy(team, trigger="created", default_cap=2)
    set_cap(team, team.rep, 1)
    leads = [arrive(team, f"ann{n}") for n in range(5)]
    outbox.drain()
    assert sorted(filter(None, (owner(team, lead) for lead in leads))) == [
        "other_rep",
        "other_rep",
        "rep",
    ]
    assert [owner(team, lead) for lead in leads[3:]] == [None, None]
    assert waiting(team) == [lead.pk for lead in leads[3:]]
    with team.scope():
        lifecycle.convert(
            next(lead for lead in leads if owner(team, lead) == "rep"), actor=team.actor()
        )
    assert auto_assignment.drain(team.home.pk) == 1
    assert owner(team, leads[3]) == "rep"
    assert waiting(team) == [leads[4].pk]
    set_cap(team, team.rep, None)
    assert auto_assignment.drain(team.home.pk) == 1
    assert owner(team, leads[4]) == "rep"
    assert waiting(team) == []


def test_when_nobody_is_on_duty_leads_wait_until_somebody_is(team):
    policy(team, trigger="created")
    for user in (team.rep, team.other_rep):
        set_duty(team, user, False)
    lead = arrive(team, "ann")
    outbox.drain()
    assert waiting(team) == [lead.pk]
    assert "on duty" in give(team, lead).waits
    assert auto_assignment.workspaces_with_waiting() == [team.home.pk]
    with team.scope():
        duty.set_duty(team.rep.pk, actor=team.actor("rep"), on_duty=True)
    assert auto_assignment.drain(team.home.pk) == 1
    assert owner(team, lead) == "rep"
    assert auto_assignment.workspaces_with_waiting() == []


def test_going_on_duty_and_new_settings_wake_a_worker(
    team, monkeypatch, django_capture_on_commit_callbacks
):
    woken = []
    monkeypatch.setattr(auto_assignment, "nudge", lambda *names: woken.append(names))
    with django_capture_on_commit_callbacks(execute=True):
        set_duty(team, team.rep, False)
        assert woken == []
    for change in (
        lambda: set_duty(team, team.rep, True),
        lambda: set_cap(team, team.rep, 5),
        lambda: policy(team, default_cap=9),
        lambda: rule(team, "All", [team.rep]),
    ):
        woken.clear()
        with django_capture_on_commit_callbacks(execute=True):
            change()
        assert woken == [("leads.tasks.assign_waiting_in", str(team.home.pk))]


@pytest.mark.parametrize(
    ("trigger", "status", "given"),
    [
        ("created", "new", True),
        ("none", "new", False),
        ("enriched", "new", False),
        ("enriched", "enriched", True),
        ("created", "enriched", True),
    ],
)
def test_the_trigger_says_when(team, trigger, status, given):
    policy(team, trigger=trigger)
    lead = arrive(team, "ann", status=status)
    outbox.drain()
    assert (owner(team, lead) is not None) is given
    assert waiting(team) == []


def test_a_lead_is_given_when_it_becomes_enriched_and_not_when_more_is_known(team):
    lead = arrive(team, "ann")
    outbox.drain()
    policy(team, trigger="enriched")
    with team.scope():
        lifecycle.enrich(lead, actor=team.actor(), enrichment_data={"employees": 3})
    outbox.drain()
    first = owner(team, lead)
    assert first is not None
    with team.scope():
        assignment.assign(lead, actor=team.actor(), user_id=None)
        lifecycle.enrich(lead, actor=team.actor(), enrichment_data={"employees": 4})
    outbox.drain()
    assert owner(team, lead) is None


def test_a_person_who_arrives_again_keeps_their_lead_unassigned_if_it_was_left_so(team):
    lead = arrive(team, "ann")
    outbox.drain()
    policy(team, trigger="created")
    arrive(team, "ann")
    outbox.drain()
    assert owner(team, lead) is None


def test_rules_are_asked_in_order_and_the_first_that_fits_decides(team):
    rule(team, "Implants", [team.other_rep], tags=["Implants"])
    referrals = rule(team, "Referrals", [team.rep], sources=["referral"])
    both = arrive(team, "both", source="referral", tags=["implants"])
    referred = arrive(team, "referred", source="referral")
    assert give(team, both).lead.assigned_to_id == team.other_rep.pk
    assert give(team, referred).lead.assigned_to_id == team.rep.pk
    with team.scope():
        entry = Interaction.objects.get(lead=referred, payload__step="assigned")
        assert (entry.payload["rule"], entry.payload["rule_id"]) == ("Referrals", str(referrals.pk))
        assignment_policy.move_rule(referrals, actor=team.actor("manager"), by=-1)
    again = arrive(team, "again", source="referral", tags=["implants"])
    assert give(team, again).lead.assigned_to_id == team.rep.pk
    with team.scope():
        assignment_policy.change_rule(
            referrals, actor=team.actor("manager"), changes={"is_active": False}
        )
    third = arrive(team, "third", source="referral", tags=["implants"])
    assert give(team, third).lead.assigned_to_id == team.other_rep.pk


def test_if_nobody_of_a_rule_can_the_lead_waits_for_them_or_goes_on(team):
    strict = rule(team, "Strict", [team.rep], sources=["phone"], if_nobody="wait")
    rule(team, "Loose", [team.rep], sources=["email"], if_nobody="next")
    set_duty(team, team.rep, False)
    called = arrive(team, "called", source="phone")
    wrote = arrive(team, "wrote", source="email")
    assert "Strict" in give(team, called).waits
    assert give(team, wrote).lead.assigned_to_id == team.other_rep.pk
    with team.scope():
        assert auto_assignment.waiting_leads(team.home.pk).get().rule_id == strict.pk
    # Others behind who wait for somebody else are not held up.
    assert auto_assignment.drain(team.home.pk) == 0
    with team.scope():
        assignment_policy.delete_rule(strict, actor=team.actor("manager"))
    assert auto_assignment.drain(team.home.pk) == 1
    assert owner(team, called) == "other_rep"


def test_a_stuck_lead_holds_up_nobody_behind_it(team):
    rule(team, "Strict", [team.rep], sources=["phone"], if_nobody="wait")
    for user in (team.rep, team.other_rep):
        set_duty(team, user, False)
    stuck = [arrive(team, f"stuck{n}", source="phone") for n in range(3)]
    free = arrive(team, "free", source="email")
    for lead in (*stuck, free):
        give(team, lead)
    set_duty(team, team.other_rep, True)
    assert auto_assignment.drain(team.home.pk, batch=2) == 1
    assert owner(team, free) == "other_rep"
    assert waiting(team) == [lead.pk for lead in stuck]


def test_who_was_closed_deleted_or_given_by_hand_waits_no_more(team):
    policy(team, default_cap=0)
    leads = {name: arrive(team, name) for name in ("closed", "deleted", "given", "left")}
    for lead in leads.values():
        assert give(team, lead).waits
    with team.scope():
        actor = team.actor()
        lifecycle.convert(leads["closed"], actor=actor)
        editing.delete(leads["deleted"], actor=actor)
        assignment.assign(leads["given"], actor=actor, user_id=team.rep.pk)
        assignment.assign(leads["given"], actor=actor, user_id=None)
    assert waiting(team) == [leads["left"].pk]
    policy(team, default_cap=None)
    assert auto_assignment.drain(team.home.pk) == 1
    assert [owner(team, leads[name]) for name in ("closed", "deleted", "given")] == [None] * 3
    with team.scope():
        assert not WaitingLead.objects.exists()


def test_a_manager_ends_the_waiting(team):
    policy(team, default_cap=0)
    give(team, arrive(team, "ann"))
    with team.scope():
        with pytest.raises(PermissionRefused):
            duty.stop_waiting(actor=team.actor("rep"))
        assert duty.stop_waiting(actor=team.actor("manager")) == 1
    assert waiting(team) == []


def test_a_lead_that_somebody_holds_at_that_moment_is_not_forgotten(team, monkeypatch):
    policy(team, trigger="created")
    lead = arrive(team, "ann")
    monkeypatch.setattr(auto_assignment, "_give_unowned", lambda *_args: ([], 0, False))
    outbox.drain()
    assert waiting(team) == [lead.pk]
    monkeypatch.undo()
    assert auto_assignment.drain(team.home.pk) == 1


def test_viewers_and_inactive_members_are_never_given_leads(team):
    Membership.objects.filter(user=team.rep).update(is_active=False)
    User.objects.filter(pk=team.other_rep.pk).update(is_active=False)
    assert "on duty" in give(team, arrive(team, "ann")).waits


def test_duty_is_ones_own_or_a_managers_to_set(team):
    with team.scope():
        assert not duty.set_duty(team.rep.pk, actor=team.actor("rep"), on_duty=False).on_duty
        for role, user in (("rep", team.other_rep), ("viewer", team.viewer)):
            with pytest.raises(PermissionRefused):
                duty.set_duty(user.pk, actor=team.actor(role), on_duty=False)
        for user in (team.stranger, team.viewer):
            with pytest.raises(LeadError):
                duty.set_duty(user.pk, actor=team.actor("manager"), on_duty=False)
        with pytest.raises(PermissionRefused):
            duty.set_cap(team.rep.pk, actor=team.actor("rep"), cap=3)
        for cap in (-1, 100_001):
            with pytest.raises(LeadError):
                duty.set_cap(team.rep.pk, actor=team.actor("manager"), cap=cap)


def test_settings_say_what_is_wrong_with_them(team):
    with team.scope():
        actor = team.actor("manager")
        for changes, field in (
            ({"trigger": "sometimes"}, "trigger"),
            ({"strategy": "x"}, "strategy"),
            ({"default_cap": -1}, "default_cap"),
        ):
            with pytest.raises(InvalidAssignment) as refused:
                assignment_policy.set_policy(actor=actor, changes=changes)
            assert refused.value.errors[0][0] == field
        for values, field in (
            ({"name": ""}, "name"),
            ({"member_ids": []}, "member_ids"),
            ({"member_ids": [team.stranger.pk]}, "member_ids"),
            ({"member_ids": [team.viewer.pk]}, "member_ids"),
            ({"sources": ["fax"]}, "sources"),
            ({"tags": ["x" * 61]}, "tags"),
            ({"territory": team.home.pk}, "territory"),
            ({"if_nobody": "cry"}, "if_nobody"),
        ):
            fine = {"name": "Fine", "member_ids": [team.rep.pk]}
            with pytest.raises(InvalidAssignment) as refused:
                assignment_policy.create_rule(actor=actor, values=fine | values)
            assert refused.value.errors[0][0] == field
        made = assignment_policy.create_rule(actor=actor, values=fine)
        with pytest.raises(InvalidAssignment):
            assignment_policy.create_rule(actor=actor, values=fine)
        for refused_actor, error in (
            (team.actor("rep"), PermissionRefused),
            (team.stranger_actor(), assignment_policy.SettingNotFound),
        ):
            with pytest.raises(error):
                assignment_policy.change_rule(made, actor=refused_actor, changes={"name": "Mine"})
            with pytest.raises(error):
                assignment_policy.delete_rule(made, actor=refused_actor)


def test_who_left_drops_out_of_a_rule_by_itself(team):
    made = rule(team, "Both", [team.rep, team.other_rep], sources=["phone"], if_nobody="wait")
    Membership.objects.filter(user=team.rep).update(is_active=False)
    for n in range(2):
        lead = arrive(team, f"ann{n}", source="phone")
        assert give(team, lead).lead.assigned_to_id == team.other_rep.pk
    with team.scope():
        saved = assignment_policy.change_rule(
            made,
            actor=team.actor("manager"),
            changes={"member_ids": [team.rep.pk, team.other_rep.pk]},
        )
        assert saved.member_ids == [team.other_rep.pk]


def places(world, **values):
    with world.scope():
        return assignment_policy.create_territory(
            actor=world.actor("manager"), values={"name": "There", **values}
        )


@pytest.mark.parametrize(
    ("territory", "person", "inside"),
    [
        ({"countries": ["de"]}, {"address": {"country": "DE"}}, True),
        ({"countries": ["DE"]}, {"address": {"country": "AT"}}, False),
        ({"countries": ["DE"]}, {"phone": "+49 30 901820"}, True),
        ({"countries": ["DE"]}, {"phone": "+49 30 901820", "address": {"country": "FR"}}, False),
        ({"countries": ["US"]}, {}, False),
        ({"regions": ["CA"]}, {"address": {"country": "US", "region": " ca "}}, True),
        ({"regions": ["US-California"]}, {"address": {"region": "california"}}, True),
        ({"regions": ["CA"]}, {"address": {"country": "MX", "region": "CA"}}, False),
        (
            {"postal_prefixes": ["DE-80", "DE-81"]},
            {"address": {"country": "DE", "postal_code": "80331"}},
            True,
        ),
        (
            {"postal_prefixes": ["DE-80"]},
            {"address": {"country": "US", "postal_code": "80331"}},
            False,
        ),
        ({"postal_prefixes": ["606"]}, {"address": {"postal_code": "60601"}}, True),
        (
            {"postal_prefixes": ["GB-SW1"]},
            {"address": {"country": "GB", "postal_code": "sw 1a 1aa"}},
            True,
        ),
        ({"countries": ["AT"], "postal_prefixes": ["DE-80"]}, {"address": {"country": "AT"}}, True),
    ],
)
def test_a_territory_is_matched_on_the_address_else_the_phone(team, territory, person, inside):
    rule(
        team,
        "Local",
        [team.rep],
        territory=places(team, **territory),
    )
    set_duty(team, team.other_rep, False)
    lead = arrive(team, "ann", **person)
    give(team, lead)
    with team.scope():
        entry = Interaction.objects.get(lead=lead, payload__step="assigned")
    assert (entry.payload["rule"] == "Local") is inside


def test_territories_say_what_is_wrong_and_are_kept_while_used(team):
    with team.scope():
        actor = team.actor("manager")
        for values, field in (
            ({"name": "A", "countries": ["Germany"]}, "countries"),
            ({"name": "A"}, "countries"),
            ({"name": "", "countries": ["DE"]}, "name"),
            ({"name": "A", "postal_prefixes": ["DE-" + "1" * 30]}, "postal_prefixes"),
        ):
            with pytest.raises(InvalidAssignment) as refused:
                assignment_policy.create_territory(actor=actor, values=values)
            assert refused.value.errors[0][0] == field
    there = places(team, countries=["DE", "de", ""])
    assert there.countries == ["DE"]
    made = rule(team, "Local", [team.rep], territory=there.pk)
    with team.scope():
        with pytest.raises(Conflict):
            assignment_policy.delete_territory(there, actor=actor)
        assignment_policy.delete_rule(made, actor=actor)
        assignment_policy.delete_territory(there, actor=actor)


def test_many_are_assigned_as_one_by_one(team):
    leads = [arrive(team, f"ann{n}") for n in range(4)]
    gone = arrive(team, "gone")
    with team.scope():
        actor = team.actor()
        assignment.assign(leads[1], actor=actor, user_id=team.rep.pk)
        single = assignment.assign(leads[0], actor=actor, user_id=team.rep.pk)
        editing.delete(gone, actor=actor)
        wanted = [lead.pk for lead in (*leads[1:], gone)]
        with CaptureQueriesContext(connection) as few:
            done = assignment.assign_many(wanted, actor=actor, user_id=team.rep.pk)
        assert (len(done.changed), len(done.unchanged), list(done.refused)) == (2, 1, [gone.pk])
        rows = {lead.pk: lead for lead in Lead.objects.filter(assigned_to=team.rep)}
        assert set(rows) == {lead.pk for lead in leads}
        for lead in leads:
            entry = Interaction.objects.get(lead=lead, payload__step="assigned")
            event = OutboxEvent.objects.get(type="lead.assigned", subject_id=lead.pk)
            assert event.payload["change"] == entry.payload
            assert event.payload["lead"]["assigned_to_name"] == "Rep"
            assert entry.payload["by_user_id"] == str(team.owner.pk)
            row = rows[lead.pk]
            assert row.assigned_at == entry.at == row.last_activity_at
            assert row.auto_close_alarm_at - row.last_activity_at == (
                single.auto_close_alarm_at - single.last_activity_at
            )
        more = [arrive(team, f"ben{n}").pk for n in range(12)]
        with CaptureQueriesContext(connection) as many:
            assignment.assign_many(more, actor=actor, user_id=team.rep.pk)
        assert len(many) == len(few)
        with pytest.raises(LeadError):
            assignment.assign_many(more, actor=actor, user_id=team.stranger.pk)
        with pytest.raises(PermissionRefused):
            assignment.assign_many(more, actor=team.actor("rep"), user_id=None)


def test_giving_a_batch_costs_the_same_for_one_and_for_twenty(team):
    policy(team, trigger="created", strategy="least_loaded")

    def cost(count, name):
        for n in range(count):
            arrive(team, f"{name}{n}")
        with CaptureQueriesContext(connection) as captured:
            outbox.drain()
        return len(captured)

    cost(1, "first")
    outbox.drain()
    assert cost(20, "many") <= cost(1, "one") + 1
