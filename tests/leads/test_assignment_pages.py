"""The assignment settings, one's own duty, and the notifications: pages, and who may do what."""

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from accounts.tenancy import scope
from integrations import outbox
from leads.assigning import assignment, assignment_policy, auto_assignment, duty
from leads.assigning.turns import caps_of, policy_of
from leads.intake import LeadInput, receive
from leads.messaging import notifications as news
from leads.models import AssignmentPolicy, AssignmentRule, Lead, Notification, Territory

PAGE = "/w/home/settings/assignment/"


def arrive(world, name="ann"):
    with world.scope():
        data = LeadInput(first_name=name.title(), email=f"{name}@example.com")
        return receive(data, actor=world.actor()).lead


def assign(world, lead, user, role="manager"):
    with world.scope():
        assignment.assign(lead, actor=world.actor(role), user_id=user.pk)
    outbox.drain()


def told(world, user):
    with world.scope():
        return list(Notification.objects.filter(user=user).order_by("id"))


def make(world):
    with world.scope():
        actor = world.actor("manager")
        place = assignment_policy.create_territory(
            actor=actor, values={"name": "West", "regions": ["CA", "OR"]}
        )
        rule = assignment_policy.create_rule(
            actor=actor,
            values={
                "name": "Western calls",
                "sources": ["phone"],
                "tags": ["vip"],
                "territory": place.pk,
                "member_ids": [world.rep.pk],
            },
        )
    return place, rule


def text_of(response):
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("manager", 200), ("rep", 403)])
def test_managers_open_the_settings(world, client, role, status):
    place, rule = make(world)
    client.force_login(getattr(world, role))
    for path in (
        "",
        "rules/new/",
        f"rules/{rule.pk}/",
        "territories/new/",
        f"territories/{place.pk}/",
    ):
        assert client.get(PAGE + path).status_code == status
    for path in ("caps/", "waiting/", f"rules/{rule.pk}/move/", f"rules/{rule.pk}/delete/"):
        assert client.get(PAGE + path).status_code == (302 if status == 200 else 403)
    settings = text_of(client.get("/w/home/settings/"))
    assert ('href="/w/home/settings/assignment/"' in settings) is (status == 200)


def test_a_stranger_finds_nothing(world, client):
    place, rule = make(world)
    lead = arrive(world)
    assign(world, lead, world.rep)
    row = told(world, world.rep)[0]
    client.force_login(world.stranger)
    for path in (f"rules/{rule.pk}/", f"rules/{rule.pk}/delete/", f"territories/{place.pk}/"):
        for slug in ("home", "abroad"):
            assert client.get(f"/w/{slug}/settings/assignment/{path}").status_code == 404
            assert client.post(f"/w/{slug}/settings/assignment/{path}").status_code == 404
    assert client.get(f"/w/abroad/notifications/{row.pk}/").status_code == 404
    form = {"user_id": str(world.rep.pk), "on_duty": "no"}
    client.post("/w/abroad/duty/", form)
    assert Membership.objects.get(user=world.rep).on_duty
    # A colleague's news is not one's own.
    client.force_login(world.manager)
    assert client.post(f"/w/home/notifications/{row.pk}/").status_code == 404


def test_the_policy_is_set_and_says_what_is_wrong(world, client):
    client.force_login(world.manager)
    form = {"trigger": "created", "strategy": "least_loaded", "default_cap": "30"}
    assert client.post(PAGE, form).status_code == 302
    with world.scope():
        row = AssignmentPolicy.objects.get()
        assert (row.trigger, row.strategy, row.default_cap) == ("created", "least_loaded", 30)
    response = client.post(PAGE, form | {"default_cap": "-1"})
    assert response.status_code == 422
    assert "default_cap_error" in text_of(response)


def test_rules_are_made_changed_moved_and_deleted(world, client):
    place, first = make(world)
    client.force_login(world.manager)
    form = {
        "name": "Referrals",
        "sources": ["referral", "direct"],
        "tags": "vip, gold",
        "territory": str(place.pk),
        "member_ids": [str(world.rep.pk), str(world.other_rep.pk)],
        "if_nobody": "wait",
        "is_active": "on",
    }
    assert client.post(f"{PAGE}rules/new/", form).status_code == 302
    with world.scope():
        made = AssignmentRule.objects.get(name="Referrals")
    assert (made.sources, made.tags, made.position) == (["referral", "direct"], ["vip", "gold"], 1)
    assert made.member_ids == [world.rep.pk, world.other_rep.pk]
    text = text_of(client.get(PAGE))
    assert "From Referral, Direct." in text
    assert "To Rep, Other_Rep." in text
    assert text.index("Western calls") < text.index("Referrals")
    assert client.post(f"{PAGE}rules/{made.pk}/move/", {"to": "earlier"}).status_code == 302
    text = text_of(client.get(PAGE))
    assert text.index("Referrals") < text.index("Western calls")
    refused = client.post(f"{PAGE}rules/{made.pk}/", form | {"name": "Western calls"})
    assert refused.status_code == 422
    assert "is there already" in text_of(refused)
    refused = client.post(f"{PAGE}rules/{made.pk}/", form | {"member_ids": []})
    assert refused.status_code == 422
    assert client.post(f"{PAGE}rules/{first.pk}/delete/").status_code == 302
    with world.scope():
        assert AssignmentRule.objects.get() == made


def test_territories_are_made_changed_and_kept_while_used(world, client):
    place, _rule = make(world)
    client.force_login(world.manager)
    form = {"name": "South", "countries": "it, es\npt", "regions": "", "postal_prefixes": "US-33"}
    assert client.post(f"{PAGE}territories/new/", form).status_code == 302
    with world.scope():
        south = Territory.objects.get(name="South")
        assert south.countries == ["IT", "ES", "PT"]
    assert "IT, ES, PT, US-33" in text_of(client.get(PAGE))
    refused = client.post(f"{PAGE}territories/{south.pk}/", form | {"countries": "Italy"})
    assert refused.status_code == 422
    assert client.post(f"{PAGE}territories/{south.pk}/delete/").status_code == 302
    used = client.post(f"{PAGE}territories/{place.pk}/delete/", follow=True)
    assert "A rule uses this territory" in text_of(used)
    with world.scope():
        assert Territory.objects.get() == place


def test_the_members_numbers_are_saved_together(world, client):
    client.force_login(world.manager)
    form = {f"cap_{world.rep.pk}": "5", f"cap_{world.other_rep.pk}": "0"}
    assert client.post(f"{PAGE}caps/", form).status_code == 302
    with world.scope():
        ids = [world.rep.pk, world.other_rep.pk, world.owner.pk]
        assert list(caps_of(world.home.pk, ids).values()) == [5, 0, None]
    refused = client.post(f"{PAGE}caps/", form | {f"cap_{world.rep.pk}": "-4"})
    assert refused.status_code == 422
    assert 'value="-4"' in text_of(refused)
    page = text_of(client.get(PAGE))
    assert "of 5" in page
    assert "Takes none" in page


def test_a_member_sets_their_own_duty_from_any_page(world, client):
    client.force_login(world.rep)
    page = text_of(client.get("/w/home/leads/"))
    assert 'aria-checked="true"' in page
    response = client.post("/w/home/duty/", {"on_duty": "no", "next": "/w/home/leads/?q=a"})
    assert (response.status_code, response["Location"]) == (302, "/w/home/leads/?q=a")
    assert not Membership.objects.get(user=world.rep).on_duty
    for elsewhere in ("https://evil.example/w/home/", "//evil.example", "/w/abroad/", ""):
        response = client.post("/w/home/duty/", {"on_duty": "yes", "next": elsewhere})
        assert response["Location"] == "/w/home/"
    assert Membership.objects.get(user=world.rep).on_duty
    refused = client.post("/w/home/duty/", {"on_duty": "no", "user_id": str(world.manager.pk)})
    assert refused.status_code == 403
    client.force_login(world.viewer)
    assert "On duty" not in text_of(client.get("/w/home/leads/"))
    assert client.post("/w/home/duty/", {"on_duty": "no"}).status_code == 403


def test_a_manager_sets_a_members_duty_and_ends_the_waiting(world, client):
    with world.scope():
        assignment_policy.set_policy(actor=world.actor(), changes={"default_cap": 0})
    lead = arrive(world)
    with world.scope():
        auto_assignment.auto_assign(lead, actor=world.actor())
    client.force_login(world.manager)
    form = {"on_duty": "no", "user_id": str(world.rep.pk), "next": PAGE}
    assert client.post("/w/home/duty/", form)["Location"] == PAGE
    assert not Membership.objects.get(user=world.rep).on_duty
    assert client.post("/w/home/duty/", form | {"user_id": "nonsense"}).status_code == 404
    assert "1 lead waits" in text_of(client.get(PAGE))
    ended = client.post(f"{PAGE}waiting/", follow=True)
    assert "1 lead waits no more." in text_of(ended)
    assert "lead waits" not in text_of(client.get(PAGE))


def test_a_lead_is_assigned_automatically_from_its_page(world, client):
    lead = arrive(world)
    client.force_login(world.manager)
    address = f"/w/home/leads/{lead.number}/"
    assert "Assign automatically" in text_of(client.get(address))
    page = client.post(f"{address}assign/", {"user_id": "auto"}, follow=True)
    assert "Assigned to" in text_of(page)
    with world.scope():
        assert Lead.objects.get().assigned_to_id is not None
    assert "Assign automatically" not in text_of(client.get(address))
    Membership.objects.update(on_duty=False)
    other = arrive(world, "ben")
    page = client.post(f"/w/home/leads/{other.number}/assign/", {"user_id": "auto"}, follow=True)
    assert "No member is on duty. The lead waits" in text_of(page)


def test_the_settings_cost_the_same_with_more_rows(world, client):
    make(world)
    client.force_login(world.manager)

    def cost():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(PAGE).status_code == 200
        return len(captured)

    cost()  # The workspace is read once and then known.
    before = cost()
    with world.scope():
        for n in range(5):
            values = {"name": f"T{n}", "countries": ["DE"]}
            place = assignment_policy.create_territory(actor=world.actor(), values=values)
            assignment_policy.create_rule(
                actor=world.actor(),
                values={
                    "name": f"R{n}",
                    "territory": place.pk,
                    "member_ids": [world.rep.pk, world.other_rep.pk],
                },
            )
        duty.set_cap(world.rep.pk, actor=world.actor(), cap=9)
    for n in range(4):
        assign(world, arrive(world, f"ann{n}"), world.rep)
    assert cost() == before


def test_a_new_owner_is_told_once_and_reads_it(world, client):
    lead = arrive(world)
    assign(world, lead, world.rep)
    outbox.drain()
    row = told(world, world.rep)[0]
    assert (row.lead_id, row.by, row.read_at) == (lead.pk, "Manager", None)
    client.force_login(world.rep)
    page = text_of(client.get("/w/home/leads/"))
    assert "Notifications, 1 unread" in page
    listed = text_of(client.get("/w/home/notifications/"))
    assert "Manager assigned this lead to you." in listed
    opened = client.post(f"/w/home/notifications/{row.pk}/")
    assert opened["Location"] == f"/w/home/leads/{lead.number}/"
    assert told(world, world.rep)[0].read_at is not None
    assert "unread" not in text_of(client.get("/w/home/leads/"))
    assign(world, arrive(world, "ben"), world.rep)
    assert client.post("/w/home/notifications/").status_code == 302
    assert all(one.read_at for one in told(world, world.rep))


def test_who_takes_a_lead_alone_or_is_given_none_is_told_nothing(world):
    lead = arrive(world)
    assign(world, lead, world.manager)
    with world.scope():
        assignment.assign(lead, actor=world.actor(), user_id=None)
    outbox.drain()
    with world.scope():
        assert not Notification.objects.exists()


def test_a_lead_given_by_the_rules_says_so(world, client):
    Membership.objects.exclude(user=world.rep).update(on_duty=False)
    with world.scope():
        assignment_policy.set_policy(actor=world.actor(), changes={"trigger": "created"})
    arrive(world)
    outbox.drain()
    outbox.drain()
    assert told(world, world.rep)[0].by == ""
    client.force_login(world.rep)
    assert "assigned to you automatically" in text_of(client.get("/w/home/notifications/"))


def test_news_of_a_lead_one_may_not_see_any_more_is_gone(world, client):
    world.home.rep_lead_access = "own"
    world.home.save()
    lead = arrive(world)
    assign(world, lead, world.rep)
    row = told(world, world.rep)[0]
    assign(world, lead, world.other_rep)
    client.force_login(world.rep)
    assert "Ann" not in text_of(client.get("/w/home/notifications/"))
    assert client.post(f"/w/home/notifications/{row.pk}/").status_code == 404


def test_notifications_cost_the_same_for_one_and_for_many(world, client):
    def cost():
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/w/home/notifications/").status_code == 200
        return len(captured)

    assign(world, arrive(world), world.rep)
    client.force_login(world.rep)
    cost()  # The workspace is read once and then known.
    before = cost()
    for n in range(6):
        assign(world, arrive(world, f"ann{n}"), world.rep)
    assert cost() == before


def test_the_owner_is_mailed_with_a_link_unless_they_wish_otherwise(world, client, settings):
    settings.SITE_URL = "https://crm.example.com"
    lead = arrive(world)
    assign(world, lead, world.rep)
    assert news.send_due_mails() == 1
    assert news.send_due_mails() == 0
    (sent,) = mail.outbox
    assert sent.to == ["rep@example.com"]
    assert sent.subject == "New lead for you: Ann"
    assert f"https://crm.example.com/w/home/leads/{lead.number}/" in sent.body
    assert "Manager assigned a lead to you in Home: Ann." in sent.body
    assert told(world, world.rep)[0].emailed_at is not None
    client.force_login(world.rep)
    assert client.post("/w/home/notifications/email/", {"by_email": "no"}).status_code == 302
    assert 'aria-checked="false"' in text_of(client.get("/w/home/notifications/"))
    assign(world, arrive(world, "ben"), world.rep)
    assert len(told(world, world.rep)) == 2
    assert news.send_due_mails() == 0


def test_what_was_read_or_given_to_another_meanwhile_is_not_mailed(world):
    for name in ("read", "gone"):
        assign(world, arrive(world, name), world.rep)
    with world.scope():
        read, gone = Lead.objects.order_by("number")
        news.mark_read(
            actor=world.actor("rep"), notification_id=Notification.objects.get(lead=read).pk
        )
        assignment.assign(gone, actor=world.actor(), user_id=None)
    assert news.send_due_mails() == 2
    assert mail.outbox == []
    assert [row.emailed_at for row in told(world, world.rep)] == [None, None]


@pytest.mark.parametrize("where", ["open", "send_messages"])
def test_a_mail_server_that_fails_is_tried_again_and_at_last_no_more(world, monkeypatch, where):
    def fail(*_args):
        raise ConnectionRefusedError("rep@example.com")

    assign(world, arrive(world), world.rep)
    monkeypatch.setattr(f"django.core.mail.backends.locmem.EmailBackend.{where}", fail)
    for attempt in range(1, news.MOST_ATTEMPTS + 1):
        assert news.send_due_mails() == 1
        row = told(world, world.rep)[0]
        assert (row.email_attempts, row.email_error) == (attempt, "ConnectionRefusedError")
        assert news.send_due_mails() == 0
        with scope(world.home.pk):
            if row.email_due_at:
                Notification.objects.update(email_due_at=row.created_at)
    assert row.email_due_at is None


def test_a_worker_that_died_over_a_mail_is_followed_by_another(world, monkeypatch):
    assign(world, arrive(world), world.rep)
    assert len(news._claim()) == 1
    assert news.send_due_mails() == 0
    with world.scope():
        Notification.objects.update(email_due_at=told(world, world.rep)[0].created_at)
    monkeypatch.setattr(news, "PORTION_SECONDS", -1.0)
    assert news.send_due_mails() == 1
    assert mail.outbox == []
    monkeypatch.undo()
    assert news.send_due_mails() == 1
    assert len(mail.outbox) == 1


def test_the_policy_of_a_workspace_without_one_never_assigns(world):
    with world.scope():
        assert policy_of(world.home.pk).trigger == "none"
    arrive(world)
    outbox.drain()
    with world.scope():
        assert Lead.objects.get().assigned_to_id is None
