"""Assigning automatically through the API and the admin: who may, what it answers, what waits."""

import pytest
from django.contrib.messages import get_messages

from accounts.models import Membership
from accounts.permissions import Scope
from leads.assigning import assignment_policy, auto_assignment, duty
from leads.intake import LeadInput, receive
from leads.models import AssignmentMember, AssignmentPolicy, Interaction, Lead, Territory
from tests.admin_rows import staff
from tests.api import signed_in, with_key


@pytest.fixture
def api(world):
    Membership.objects.exclude(user__in=[world.rep, world.other_rep]).update(on_duty=False)
    return with_key(world.key())


@pytest.fixture
def lead(world):
    with world.scope():
        return receive(LeadInput(email="ann@example.com"), actor=world.actor()).lead


def off_duty(world):
    Membership.objects.filter(workspace=world.home).update(on_duty=False)


def test_the_answer_is_the_flat_lead_with_its_owner(world, api, lead):
    answer = api.post(f"leads/{lead.number}/auto-assign/")
    assert answer.status_code == 200
    body = answer.json()
    assert body["id"] == str(lead.pk)
    assert body["assigned_to_name"] in ("Rep", "Other_Rep")
    assert body["assigned_at"] is not None
    again = api.post(f"leads/{lead.pk}/auto-assign", {})
    assert again.json()["assigned_to_user_id"] == body["assigned_to_user_id"]
    with world.scope():
        entry = Interaction.objects.get(payload__step="assigned")
        assert (entry.via, entry.actor_label) == ("api", "Test key")


def test_when_nobody_can_it_is_409_and_the_lead_waits(world, api, lead):
    off_duty(world)
    answer = api.post(f"leads/{lead.pk}/auto-assign/")
    assert (answer.status_code, answer.json()["code"]) == (409, "nobody_available")
    assert "No member is on duty." in answer.json()["detail"]
    with world.scope():
        assert auto_assignment.waiting_leads(world.home.pk).get().lead_id == lead.pk
        duty.set_duty(world.rep.pk, actor=world.actor("rep"), on_duty=True)
    assert auto_assignment.drain(world.home.pk) == 1
    owner = api.get(f"leads/{lead.pk}/").json()["assigned_to_user_id"]
    assert owner == str(world.rep.pk)


def test_a_repeated_wish_to_assign_has_its_first_answer(world, api, lead):
    off_duty(world)
    caller = with_key(world.key(), Idempotency_Key="once")
    first = caller.post(f"leads/{lead.pk}/auto-assign/")
    second = caller.post(f"leads/{lead.pk}/auto-assign/")
    assert (first.status_code, second.status_code) == (409, 409)
    assert second.json()["code"] == "nobody_available"
    assert second.headers["Idempotent-Replayed"] == "true"


def test_a_closed_lead_is_409_and_waits_for_nobody(world, api, lead):
    lost = {"loss_reason": "price", "unqualified_reason": "spam"}
    assert api.post(f"leads/{lead.pk}/lost/", lost).status_code == 200
    answer = api.post(f"leads/{lead.pk}/auto-assign/")
    assert (answer.status_code, answer.json()["code"]) == (409, "lead_closed")
    with world.scope():
        assert not auto_assignment.waiting_leads(world.home.pk).exists()


def test_who_may_ask(world, api, lead):
    path = f"leads/{lead.pk}/auto-assign/"
    assert with_key(world.key(scopes=(Scope.READ,))).post(path).status_code == 403
    assert signed_in(world.rep).post(path).status_code == 403
    assert signed_in(world.viewer).post(path).status_code == 403
    assert with_key(world.key(world.abroad)).post(path).status_code == 404
    assert signed_in(world.stranger, "abroad").post(path).status_code == 404
    assert api.post(path, {"user_id": str(world.rep.pk)}).status_code in (200, 422)
    assert signed_in(world.manager).post(path).status_code == 200


def test_users_show_duty_load_and_the_most_they_are_given(world, api, lead):
    with world.scope():
        actor = world.actor("manager")
        assignment_policy.set_policy(actor=actor, changes={"default_cap": 20})
        duty.set_cap(world.rep.pk, actor=actor, cap=3)
    api.post(f"leads/{lead.pk}/assign/", {"user_id": str(world.rep.pk)})
    rows = {row["name"]: row for row in api.get("users/").json()["results"]}
    assert (rows["Rep"]["cap"], rows["Rep"]["load"], rows["Rep"]["on_duty"]) == (3, 1, True)
    assert (rows["Owner"]["cap"], rows["Owner"]["load"], rows["Owner"]["on_duty"]) == (20, 0, False)


def chosen(client, name, leads, **given):
    rows = {"action": f"act_{name}", "_selected_action": [lead.pk for lead in leads], "apply": "1"}
    response = client.post("/admin/leads/lead/", rows | given)
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_the_admin_assigns_many_by_hand_and_automatically(world, api, client):
    staff(world.manager)
    with world.scope():
        leads = [
            receive(LeadInput(email=f"ann{n}@example.com"), actor=world.actor()).lead
            for n in range(5)
        ]
    client.force_login(world.manager)
    told = chosen(client, "assign", leads[:2], user_id=str(world.rep.pk))
    assert told == ["Assign: 2 leads."]
    with world.scope():
        assignment_policy.set_policy(actor=world.actor(), changes={"default_cap": 2})
    told = chosen(client, "auto_assign", leads)
    assert told[-2] == "Assign automatically: 4 leads."
    assert "The lead waits" in told[-1]
    with world.scope():
        owners = Lead.objects.order_by("number").values_list("assigned_to", flat=True)
        rep, other = world.rep.pk, world.other_rep.pk
        assert list(owners[:2]) == [rep, rep]
        # Whoever came first is given first.
        assert list(owners[2:]) == [other, other, None]
        assert auto_assignment.waiting_leads(world.home.pk).get().lead_id == leads[4].pk
        entries = Interaction.objects.filter(payload__step="assigned")
        assert set(entries.values_list("via", "actor_label")) == {("admin", "Manager")}


def test_the_admins_settings_go_through_the_verbs(world, api, client):
    staff(world.manager, world.rep)
    client.force_login(world.manager)
    policy = {
        "workspace": world.home.pk,
        "trigger": "created",
        "strategy": "least_loaded",
        "default_cap": 7,
    }
    assert client.post("/admin/leads/assignmentpolicy/add/", policy).status_code == 302
    place = {
        "workspace": world.home.pk,
        "name": "South",
        "countries": "it, es",
        "regions": "",
        "postal_prefixes": "33",
    }
    assert client.post("/admin/leads/territory/add/", place).status_code == 302
    bad = client.post("/admin/leads/territory/add/", place | {"name": "X", "countries": "I1"})
    assert (bad.status_code, "two-letter" in bad.content.decode()) == (200, True)
    with world.scope():
        there = Territory.objects.get()
        assert (there.countries, there.postal_prefixes) == (["IT", "ES"], ["US-33"])
        rule = assignment_policy.create_rule(
            actor=world.actor(), values={"name": "A", "member_ids": [world.rep.pk]}
        )
        duty.set_cap(world.rep.pk, actor=world.actor(), cap=4)
        member = AssignmentMember.objects.get(user=world.rep)
    address = f"/admin/leads/assignmentmember/{member.pk}/change/"
    assert client.post(address, {"cap": 6}).status_code == 302
    with world.scope():
        member.refresh_from_db()
        assert member.cap == 6
        policy = AssignmentPolicy.objects.get()
        assert (policy.trigger, policy.strategy, policy.default_cap) == (
            "created",
            "least_loaded",
            7,
        )
    changed = {
        "name": "B",
        "is_active": "on",
        "sources": ["phone"],
        "tags": "vip, gold",
        "territory": there.pk,
        "member_ids": [world.rep.pk, world.other_rep.pk],
        "if_nobody": "wait",
    }
    address = f"/admin/leads/assignmentrule/{rule.pk}/change/"
    assert client.post(address, changed).status_code == 302
    with world.scope():
        rule.refresh_from_db()
        assert (rule.name, rule.tags, rule.sources) == ("B", ["vip", "gold"], ["phone"])
        assert rule.member_ids == [world.rep.pk, world.other_rep.pk]
    used = client.post(f"/admin/leads/territory/{there.pk}/delete/", {"post": "yes"})
    assert used.status_code in (200, 302, 403)
    with world.scope():
        assert Territory.objects.filter(pk=there.pk).exists()
    client.force_login(world.rep)
    assert client.post(address, changed | {"name": "Mine"}).status_code == 403
