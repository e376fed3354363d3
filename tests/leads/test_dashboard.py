"""Home and its counts: whose leads they are, what their links list, what comes first, the cost."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads import lifecycle
from leads.api import examples, shapes
from leads.assigning.assignment import assign
from leads.dashboard import dashboard, next_steps, team
from leads.diary import appointments, followups
from leads.intake import LeadInput, receive
from leads.models import Lead
from tests.api import signed_in, with_key

HOME = "/w/home/"
LINK = re.compile(r'href="(/w/home/leads/\?[^"]+)".*?<strong[^>]*>(\d+)</strong>', re.DOTALL)


def lead(world, name, *, owner=None, **fields):
    """A lead in any state, as its columns say."""
    row = receive(LeadInput(first_name=name, email=f"{name}@example.com"), actor=world.actor()).lead
    if owner:
        assign(row, actor=world.actor(), user_id=getattr(world, owner).pk)
    Lead.objects.filter(pk=row.pk).update(**fields)
    row.refresh_from_db()
    return row


def days_ago(days):
    return timezone.now() - timedelta(days=days)


@pytest.fixture
def leads(world):
    """The rep's seven, of which one is closed; another rep's two; one that is nobody's."""
    rows = (
        ("fresh", "rep", {}),
        ("hot", "rep", {"heat": "HOT", "heat_score": 20}),
        ("enriched", "rep", {"status": "enriched"}),
        ("recent", "rep", {"status": "contacted", "last_contacted_at": days_ago(6)}),
        ("waiting", "rep", {"status": "contacted", "last_contacted_at": days_ago(8)}),
        ("talking", "rep", {"status": "conversing", "last_contacted_at": days_ago(9)}),
        ("sold", "rep", {"status": "converted", "last_contacted_at": days_ago(30)}),
        ("other", "other_rep", {"status": "enriched"}),
        ("late", "other_rep", {"status": "conversing", "last_contacted_at": days_ago(20)}),
        ("nobodys", None, {"heat": "HOT", "heat_score": 30}),
    )
    with world.scope():
        return {name: lead(world, name, owner=owner, **fields) for name, owner, fields in rows}


REPS = {"my_leads": 6, "ready_for_outreach": 1, "in_conversation": 1, "follow_ups_due": 2}
NOBODYS = dict.fromkeys(REPS, 0)
EVERYBODYS = {"my_leads": 9, "ready_for_outreach": 2, "in_conversation": 2, "follow_ups_due": 3}


@pytest.mark.usefixtures("leads")
@pytest.mark.parametrize(
    ("role", "expected"),
    [("rep", REPS), ("owner", NOBODYS), ("manager", NOBODYS), ("viewer", NOBODYS)],
)
def test_a_person_is_told_of_their_own_leads(world, role, expected):
    assert signed_in(getattr(world, role)).get("leads/dashboard/").json() == expected


@pytest.mark.usefixtures("leads")
def test_a_key_is_told_of_the_whole_workspace_and_of_no_other(world):
    assert with_key(world.key(scopes=("read",))).get("leads/dashboard/").json() == EVERYBODYS
    assert with_key(world.key(world.sibling)).get("leads/dashboard/").json() == NOBODYS
    assert with_key(world.key(world.abroad)).get("leads/dashboard/").json() == NOBODYS


@pytest.mark.usefixtures("leads")
def test_a_stranger_is_told_nothing(world, client):
    assert signed_in(world.stranger, "home").get("leads/dashboard/").status_code in (403, 404)
    assert signed_in(world.stranger, "abroad").get("leads/dashboard/").json() == NOBODYS
    client.force_login(world.stranger)
    assert client.get(HOME).status_code == 404


def test_a_key_that_may_not_read_is_refused(world):
    answer = with_key(world.key(scopes=("update",))).get("leads/dashboard/")
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert "“read”" in answer.json()["detail"]


def test_deleted_leads_count_nowhere(world, leads):
    with world.scope():
        Lead.objects.filter(pk=leads["talking"].pk).update(deleted_at=timezone.now())
        assert dashboard(world.actor("rep")) == REPS | {
            "my_leads": 5,
            "in_conversation": 0,
            "follow_ups_due": 1,
        }


def test_the_documented_answer_has_the_documented_keys():
    assert list(shapes.DashboardSerializer().fields) == list(examples.DASHBOARD) == list(REPS)


@pytest.mark.usefixtures("leads")
def test_the_counts_are_one_query_and_agree_with_the_querysets(world):
    with world.scope():
        with CaptureQueriesContext(connection) as captured:
            counts = dashboard(world.actor("rep"))
        assert len(captured) == 1
        mine = Lead.objects.visible_to(world.actor("rep")).assigned_to_user(world.rep)
        assert counts == {
            "my_leads": mine.open().count(),
            "ready_for_outreach": mine.ready_for_outreach().count(),
            "in_conversation": mine.in_conversation().count(),
            "follow_ups_due": mine.follow_ups_due(timezone.now()).count(),
        }


def links(client):
    text = client.get(HOME).content.decode()
    return [(unescape(address), int(count)) for address, count in LINK.findall(text)]


@pytest.mark.usefixtures("leads")
@pytest.mark.parametrize(
    ("role", "tiles"), [("rep", 4), ("viewer", 4), ("manager", 12), ("owner", 12)]
)
def test_each_link_lists_as_many_leads_as_its_tile_says(world, client, role, tiles):
    client.force_login(getattr(world, role))
    found = links(client)
    assert len(found) == tiles
    for address, count in found:
        response = client.get(address)
        assert response.context["errors"] == []
        assert len(response.context["page"].rows) == count, address
    expected = REPS if role == "rep" else NOBODYS
    assert [count for _address, count in found[:4]] == list(expected.values())


@pytest.mark.usefixtures("leads")
def test_the_list_behind_a_tile_shows_every_filter_in_force(world, client):
    client.force_login(world.rep)
    response = client.get(f"{HOME}leads/?assigned_to_me=true&follow_up_due=true&open=true")
    assert [chip.label for chip in response.context["chips"]] == ["Open", "Follow-up due"]
    hidden = {name for name, _value in response.context["hidden"]}
    assert hidden == {"assigned_to_me", "follow_up_due"}
    assert re.search(r'name="open"\s+value="true" checked', response.content.decode())


@pytest.mark.usefixtures("leads")
def test_open_is_a_filter_of_the_api_too(world):
    rep = signed_in(world.rep)

    def names(**params):
        rows = rep.get("leads/", assigned_to_me="true", **params).json()["results"]
        return {row["first_name"] for row in rows}

    assert names(open="false") == {"sold"}
    assert len(names(open="true")) == REPS["my_leads"]
    assert rep.get("leads/", open="perhaps").status_code == 422


@pytest.mark.usefixtures("leads")
def test_managers_see_how_everybody_stands(world):
    with world.scope(), CaptureQueriesContext(connection) as captured:
        stands = {one.user: (one.open_leads, one.follow_ups_due) for one in team(world.actor())}
    assert len([row for row in captured if "leads_lead" in row["sql"]]) == 1
    assert stands == {
        world.owner: (0, 0),
        world.manager: (0, 0),
        world.rep: (6, 2),
        world.other_rep: (2, 1),
    }


def steps(world, role="rep"):
    with world.scope():
        found = next_steps(world.actor(role), getattr(world, role))
    return [(step.kind, step.lead.contact.first_name) for step in found]


def test_what_next_puts_fixed_times_first_and_the_longest_waiting_last(world, leads):
    with world.scope():
        for name, when in (("talking", timezone.now()), ("fresh", days_ago(-3))):
            appointments.add(leads[name], actor=world.actor(), scheduled_for=when)
    assert steps(world) == [
        ("appointment", "talking"),
        ("hot", "nobodys"),
        ("hot", "hot"),
        ("follow_up", "waiting"),
    ]


def add_task(world, lead, title, hours, owner="rep"):
    facts = {
        "title": title,
        "due_at": timezone.now() + timedelta(hours=hours),
        "owner_user_id": getattr(world, owner).pk,
    }
    return followups.add(lead, actor=world.actor(), facts=facts)


def test_overdue_tasks_come_first_then_what_has_its_time_today(world, leads):
    with time_machine.travel("2026-03-04T12:00:00+00:00", tick=False), world.scope():
        now = timezone.now()
        add_task(world, leads["waiting"], "late", -2)
        add_task(world, leads["talking"], "very late", -20)
        add_task(world, leads["talking"], "once is enough", 2)
        add_task(world, leads["recent"], "today", 3)
        add_task(world, leads["fresh"], "tomorrow", 20)
        add_task(world, leads["enriched"], "another's", -1, "other_rep")
        followups.complete(add_task(world, leads["sold"], "done", -1).pk, actor=world.actor())
        for name, hours in (("enriched", 2), ("waiting", 4)):
            at = now + timedelta(hours=hours)
            appointments.add(leads[name], actor=world.actor(), scheduled_for=at)
        found = next_steps(world.actor("rep"), world.rep)
    assert [(step.kind, step.text or step.lead.contact.first_name) for step in found] == [
        ("overdue", "very late"),
        ("overdue", "late"),
        ("appointment", "enriched"),
        ("task", "today"),
        # An appointment is shown though its lead was named before.
        ("appointment", "waiting"),
        ("hot", "nobodys"),
        ("hot", "hot"),
    ]


def test_a_backlog_of_tasks_hides_no_appointment(world, leads):
    with world.scope():
        for number in range(12):
            add_task(world, lead(world, f"late{number}"), "late", -number - 1)
        appointments.add(leads["fresh"], actor=world.actor(), scheduled_for=timezone.now())
    kinds = [kind for kind, _name in steps(world)]
    assert kinds[:6] == ["overdue"] * 5 + ["appointment"]


def test_who_waits_for_a_first_answer_is_shown_before_it_is_too_late(world, leads):
    now = timezone.now()
    for name, minutes in (("fresh", 30), ("nobodys", 50), ("enriched", 90), ("hot", -60)):
        with world.scope():
            due = now + timedelta(minutes=minutes)
            Lead.objects.filter(pk=leads[name].pk).update(first_response_due_at=due)
    assert steps(world) == [
        ("response", "fresh"),
        ("response", "nobodys"),
        ("hot", "hot"),
        ("follow_up", "talking"),
        ("follow_up", "waiting"),
    ]
    with world.scope():
        Lead.objects.filter(pk=leads["hot"].pk).update(heat="WARM")
    assert steps(world)[2] == ("late_response", "hot")
    with world.scope():
        lifecycle.log_contact(leads["fresh"], actor=world.actor("rep"), method="call")
    assert ("response", "fresh") not in steps(world)


def test_home_names_each_kind_of_step(world, leads, client):
    with time_machine.travel("2026-03-04T12:00:00+00:00"):
        with world.scope():
            add_task(world, leads["recent"], "Send plans", -2)
            add_task(world, leads["talking"], "Call again", 2)
            now = timezone.now()
            for name, minutes in (("fresh", 30), ("enriched", -60)):
                due = now + timedelta(minutes=minutes)
                Lead.objects.filter(pk=leads[name].pk).update(first_response_due_at=due)
        client.force_login(world.rep)
        text = client.get(HOME).content.decode()
    for words in ("Overdue: Send plans", "Call again", "First answer due", "First answer overdue"):
        assert words in " ".join(text.split())


def test_the_longest_waiting_follow_up_comes_first(world, leads):
    with world.scope():
        Lead.objects.filter(heat="HOT").update(heat="WARM")
    assert [name for _kind, name in steps(world)] == ["talking", "waiting"]
    assert steps(world, "other_rep") == [("follow_up", "late")]


def test_today_is_the_workspaces_day(world, leads):
    world.home.time_zone = "Pacific/Auckland"
    world.home.save()
    with world.scope():
        Lead.objects.exclude(pk=leads["fresh"].pk).delete()
    # 23:30 on the 1st in Auckland: in half an hour it is tomorrow there.
    with time_machine.travel("2026-07-01T11:30:00+00:00", tick=False):
        now = timezone.now()
        with world.scope():
            visit, _is_new = appointments.add(
                leads["fresh"], actor=world.actor(), scheduled_for=now + timedelta(hours=1)
            )
        assert steps(world) == []
        with world.scope():
            earlier = now - timedelta(hours=20)
            appointments.change(visit.pk, actor=world.actor(), scheduled_for=earlier)
        assert steps(world) == [("appointment", "fresh")]


def test_what_next_holds_ten(world):
    with world.scope():
        for number in range(12):
            lead(world, f"hot{number}", owner="rep", heat="HOT", heat_score=number)
    assert len(steps(world)) == 10
    assert steps(world)[0] == ("hot", "hot11")


def test_a_rep_who_sees_own_leads_only_is_shown_no_others(world, leads):
    world.home.rep_lead_access = "own"
    world.home.save()
    assert {name for _kind, name in steps(world)} == {"nobodys", "hot", "talking", "waiting"}


def test_empty_pages_say_what_to_do(world, client):
    client.force_login(world.rep)
    assert "Enter the first lead" in client.get(HOME).content.decode()
    client.force_login(world.viewer)
    assert "Enter the first lead" not in client.get(HOME).content.decode()
    with world.scope():
        lead(world, "somebody", owner="other_rep")
    client.force_login(world.rep)
    assert "Nothing is waiting for you" in client.get(HOME).content.decode()


def test_the_team_is_for_managers(world, client):
    for role, sees_team in (("owner", True), ("manager", True), ("rep", False), ("viewer", False)):
        client.force_login(getattr(world, role))
        assert bool(client.get(HOME).context["team"]) is sees_team, role


def test_signing_in_ends_at_home(world, client):
    client.force_login(world.rep)
    assert client.get("/")["Location"] == HOME


@pytest.mark.parametrize("role", ["rep", "manager"])
def test_the_number_of_queries_does_not_grow_with_rows(world, client, role):
    def add(number):
        now = timezone.now()
        with world.scope():
            lead(world, f"hot{number}", heat="HOT", owner=role)
            lead(
                world, f"due{number}", owner=role, status="contacted", last_contacted_at=days_ago(9)
            )
            visited = lead(world, f"visit{number}", owner=role)
            appointments.add(visited, actor=world.actor(), scheduled_for=now)
            todo = lead(world, f"todo{number}", owner=role)
            add_task(world, todo, "late", -1, role)
            lead(world, f"new{number}", owner=role, first_response_due_at=now)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(HOME).status_code == 200
        return len(captured)

    add(0)
    client.force_login(getattr(world, role))
    queries()
    at_one = queries()
    # Twice five steps are all that is shown: beyond, what comes last is not asked for any more.
    add(1)
    assert queries() == at_one
