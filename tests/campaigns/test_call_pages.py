"""The caller's page and the supervisor's."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns import queue
from campaigns.models import CallAttempt, CampaignLead
from tests.campaigns.calls import a_campaign, a_source, some_leads


@pytest.fixture
def campaign(world):
    with world.scope():
        made = a_campaign(world)
        a_source(world, made, some_leads(world, 3))
        return made


def page(campaign, rest="call/"):
    return f"/w/home/campaigns/{campaign.pk}/{rest}"


def current(world, campaign, role="rep"):
    with world.scope():
        return queue.current(campaign, actor=world.actor(role))


def record(client, campaign, row, **given):
    data = {"lease_token": str(row.lease_token), "outcome": "busy", **given}
    return client.post(page(campaign, f"call/{row.pk}/"), data)


def test_looking_at_the_page_takes_no_lead(world, client, campaign):
    client.force_login(world.rep)
    assert "Ready when you are" in client.get(page(campaign)).text
    assert current(world, campaign) is None


def test_a_caller_works_through_leads(world, client, campaign):
    client.force_login(world.rep)
    assert client.post(page(campaign, "call/next/")).status_code == 302
    first = current(world, campaign)
    text = client.get(page(campaign)).text
    assert "Hello!" in text
    assert "+1 800 555 0100" in text
    answer = record(client, campaign, first, notes="Engaged", duration="31")
    assert answer.status_code == 302
    second = current(world, campaign)
    assert second.pk != first.pk
    assert record(client, campaign, second, outcome="interested", duration="31", stop="yes")
    assert current(world, campaign) is None
    with world.scope():
        assert [(one.outcome, one.duration) for one in CallAttempt.objects.order_by("at")] == [
            ("busy", 0),
            ("interested", 31),
        ]


def test_a_double_click_and_an_old_tab_record_one_call(world, client, campaign):
    client.force_login(world.rep)
    client.post(page(campaign, "call/next/"))
    row = current(world, campaign)
    for _ in range(2):
        assert record(client, campaign, row).status_code == 302
    with world.scope():
        assert CallAttempt.objects.count() == 1
        assert CampaignLead.objects.filter(status="calling").count() == 1


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(world, client, campaign):
    client.force_login(world.rep)
    client.post(page(campaign, "call/next/"))
    row = current(world, campaign)
    past = (timezone.now() - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    answer = record(client, campaign, row, outcome="callback", callback_at=past, notes="Kept")
    assert answer.status_code == 422
    assert "Use a time to come" in answer.text
    assert "Kept" in answer.text
    assert record(client, campaign, row, outcome="").status_code == 422
    assert record(client, campaign, row, outcome="hung_up").status_code == 422
    with world.scope():
        assert not CallAttempt.objects.exists()


def test_who_lost_the_lead_keeps_the_notes(world, client, campaign):
    client.force_login(world.rep)
    client.post(page(campaign, "call/next/"))
    row = current(world, campaign)
    with world.scope():
        queue.release(row.pk, actor=world.actor("rep"))
    answer = record(client, campaign, row, notes="Wants a call in May")
    assert answer.status_code == 409
    assert "Wants a call in May" in answer.text
    assert "no longer yours" in answer.text


def test_the_lead_is_given_back(world, client, campaign):
    client.force_login(world.rep)
    client.post(page(campaign, "call/next/"))
    row = current(world, campaign)
    assert client.post(page(campaign, f"call/{row.pk}/release/")).status_code == 302
    assert current(world, campaign) is None


def test_nobody_is_due_and_when_the_next_one_is(world, client, campaign):
    client.force_login(world.rep)
    with world.scope():
        CampaignLead.objects.update(due_at=timezone.now() + timedelta(hours=1))
    assert "Nobody is due right now" in client.get(page(campaign)).text
    with world.scope():
        CampaignLead.objects.update(status="failed", due_at=None)
    assert "Nobody is left to call" in client.get(page(campaign)).text
    with world.scope():
        campaign.status = "paused"
        campaign.save(update_fields=["status"])
    assert "not running" in client.get(page(campaign)).text
    assert client.post(page(campaign, "call/next/"), follow=True).status_code == 200


def test_the_supervisor_sees_who_is_calling_and_what_came_of_it(world, client, campaign):
    client.force_login(world.rep)
    client.post(page(campaign, "call/next/"))
    record(client, campaign, current(world, campaign), outcome="interested", duration="65")
    assert client.get(page(campaign, "live/")).status_code == 403
    client.force_login(world.manager)
    text = client.get(page(campaign, "live/")).text
    assert "In a call now" in text
    assert text.count("Rep") >= 2
    assert "Interested" in text
    assert "1:05" in text


def test_the_pages_take_as_many_queries_for_many(world, client, campaign):
    client.force_login(world.manager)

    def queries(rest):
        with CaptureQueriesContext(
            connection,
        ) as taken:
            assert client.get(page(campaign, rest)).status_code == 200
        return len(taken)

    queries("live/")
    before = queries("live/")
    with world.scope():
        for _ in range(3):
            queue.next_lead(campaign, actor=world.key_actor())
    assert queries("live/") == before


def test_viewers_and_strangers_do_not_call(world, client, campaign):
    client.force_login(world.viewer)
    assert client.get(page(campaign)).status_code == 403
    client.force_login(world.stranger)
    assert client.get(page(campaign)).status_code == 404
