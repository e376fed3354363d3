"""The pages of campaigns: what each role sees, and what their forms do."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import enrolment, running
from campaigns.models import Campaign, CampaignLeadList, LeadList, LeadListMember
from leads.intake import LeadInput, receive
from leads.models import SavedView

EDITED = {
    "name": "Autumn",
    "script": "Hello",
    "days": ["0", "1"],
    "start": "09:00",
    "end": "18:00",
    "max_attempts": "3",
    "lease_minutes": "20",
    "currency": "eur",
    "delay_busy": "30",
}


@pytest.fixture
def shop(world, client):
    """A manager at the browser; a draft with one list of two leads, and another list of one."""
    client.force_login(world.manager)
    with world.scope():
        leads = [
            receive(LeadInput(email=f"lead{n}@example.com"), actor=world.actor()).lead
            for n in range(2)
        ]
        groups = [
            LeadList.objects.create(workspace=world.home, name=name)
            for name in ("Donors", "Guests")
        ]
        LeadListMember.objects.bulk_create(
            LeadListMember(workspace=world.home, lead_list=group, lead=lead)
            for group, some in zip(groups, (leads, leads[:1]), strict=True)
            for lead in some
        )
        campaign = running.create(actor=world.actor(), values={"name": "Spring", "script": "Hi"})
        enrolment.attach(campaign, groups[0], actor=world.actor())
    return campaign, *groups


def test_a_campaign_is_made_and_changed_and_keeps_what_was_typed(world, client):
    client.force_login(world.manager)
    refused = client.post("/w/home/campaigns/new/", {**EDITED, "end": "08:00", "delay_busy": "0"})
    assert refused.status_code == 422
    assert 'value="Autumn"' in refused.text
    made = client.post("/w/home/campaigns/new/", EDITED)
    assert made.status_code == 302
    with world.scope():
        row = Campaign.objects.get()
    assert row.calling_hours == {"start": "09:00", "end": "18:00", "days": [0, 1]}
    assert (row.max_attempts, row.currency, row.retry_delays) == (3, "EUR", {"busy": 30})
    page = client.get(f"{made.url}edit/").text
    assert 'value="09:00"' in page
    refused = client.post(f"{made.url}edit/", {**EDITED, "end": "08:00"})
    assert refused.status_code == 422
    assert "end later than the start" in refused.text.replace("the end", "end")
    client.post(f"{made.url}edit/", {**EDITED, "start": "", "end": ""})
    with world.scope():
        assert Campaign.objects.get().calling_hours is None


def test_the_dialog_foresees_and_then_adds_a_list(world, client, shop):
    campaign, donors, guests = shop
    address = f"/w/home/campaigns/{campaign.pk}/lists/add/"
    page = client.get(address).text
    assert "Guests" in page
    # Donors are in the campaign: they are not offered again.
    assert str(donors.pk) not in page.split("<dialog")[1]
    part = client.get(address, {"list": guests.pk}, headers={"HX-Request": "true"}).text
    words = " ".join(re.sub(r"<[^>]+>", " ", part).split())
    assert "0 leads will be added, 1 already in, 0 do-not-contact" in words
    with world.scope():
        view = SavedView.objects.create(
            workspace=world.home, name="Hot ones", filters={"heat": ["HOT"]}
        )
    sent = {"list": guests.pk, "priority": "2", "view": view.pk}
    assert client.post(address, {**sent, "priority": "0"}).status_code == 422
    assert client.post(address, sent).status_code == 302
    with world.scope():
        row = CampaignLeadList.objects.get(lead_list=guests)
    assert (row.priority, row.filter_criteria) == (2, {"heat": ["HOT"]})
    shown = client.get(f"/w/home/campaigns/{campaign.pk}/").text
    assert "Heat is" in shown


def test_order_pause_and_taking_away(world, client, shop):
    campaign, donors, guests = shop
    home = f"/w/home/campaigns/{campaign.pk}/"
    with world.scope():
        enrolment.attach(campaign, guests, actor=world.actor(), priority=2)
    order = {f"priority-{donors.pk}": "2", f"priority-{guests.pk}": "1"}
    told = client.post(f"{home}lists/order/", order, headers={"HX-Request": "true"})
    assert told.status_code == 204
    page = client.get(home).text
    assert page.index("Guests") < page.index("Donors")
    with world.scope():
        late = receive(LeadInput(email="late@example.com"), actor=world.actor()).lead
        LeadListMember.objects.create(workspace=world.home, lead_list=donors, lead=late)
    assert client.post(f"{home}lists/{donors.pk}/", {"do": "bring"}).status_code == 302
    with world.scope():
        assert CampaignLeadList.objects.get(lead_list=donors).total_leads == 3
    assert client.post(f"{home}lists/{donors.pk}/", {"priority": "5"}).status_code == 302
    with world.scope():
        row = CampaignLeadList.objects.get(lead_list=donors)
        assert (row.priority, row.is_active) == (5, False)
    assert "Take “Donors” away?" in client.get(f"{home}lists/{donors.pk}/remove/").text
    assert client.post(f"{home}lists/{donors.pk}/remove/").status_code == 302
    with world.scope():
        assert not CampaignLeadList.objects.filter(lead_list=donors).exists()
    assert client.get(f"{home}lists/{donors.pk}/").status_code == 404


def test_a_campaign_is_started_paused_and_completed_on_its_page(world, client, shop):
    campaign, *_lists = shop
    home = f"/w/home/campaigns/{campaign.pk}/"
    assert "Start calling" in client.get(home).text
    for status, offered in (("active", "Pause"), ("paused", "Go on calling"), ("active", "Call")):
        client.post(f"{home}move/", {"status": status})
        assert offered in client.get(home).text
    client.post(f"{home}move/", {"status": "completed"})
    page = client.get(home).text
    assert "Add a list" not in page
    assert "Save the order" not in page
    client.post(f"{home}move/", {"status": "active"})
    with world.scope():
        assert Campaign.objects.get().status == "completed"


def test_every_page_is_read_by_all_members_and_changed_by_managers_alone(world, client, shop):
    campaign, donors, _guests = shop
    home = f"/w/home/campaigns/{campaign.pk}/"
    pages = ("/w/home/campaigns/", "/w/home/campaigns/compare-lists/?quality=yes", home)
    forms = ("edit/", "move/", "lists/add/", "lists/order/", f"lists/{donors.pk}/")
    for role in ("rep", "viewer"):
        client.force_login(getattr(world, role))
        for page in (*pages, f"{home}leads/", f"{home}quality/"):
            assert client.get(page).status_code == 200, page
        for form in (*forms, f"lists/{donors.pk}/remove/"):
            assert client.post(f"{home}{form}", EDITED).status_code == 403, form
        assert client.post("/w/home/campaigns/new/", EDITED).status_code == 403
    client.force_login(world.stranger)
    for form in ("", "leads/", "quality/", *forms):
        assert client.get(f"/w/abroad/campaigns/{campaign.pk}/{form}").status_code == 404
        assert client.get(f"{home}{form}").status_code == 404


def test_the_pages_cost_the_same_for_one_list_and_for_many(world, client, shop):
    campaign, *_groups = shop

    def queries(path):
        with CaptureQueriesContext(connection) as found:
            assert client.get(path).status_code == 200
        return len(found)

    paths = (
        "/w/home/campaigns/",
        f"/w/home/campaigns/{campaign.pk}/",
        f"/w/home/campaigns/{campaign.pk}/leads/",
        "/w/home/campaigns/compare-lists/",
    )
    queries(paths[0])  # The workspace is read once and then known.
    few = [queries(path) for path in paths]
    with world.scope():
        leads = [
            receive(LeadInput(email=f"more{n}@example.com"), actor=world.actor()).lead
            for n in range(3)
        ]
        for lead in leads:
            group = LeadList.objects.create(workspace=world.home, name="More")
            LeadListMember.objects.bulk_create(
                [LeadListMember(workspace=world.home, lead_list=group, lead=lead)]
            )
            enrolment.attach(campaign, group, actor=world.actor())
            running.create(actor=world.actor(), values={"name": "More"})
    assert [queries(path) for path in paths] == few


def test_leads_are_narrowed_by_list_and_campaign_and_the_page_says_by_which(world, client, shop):
    campaign, donors, guests = shop
    asked = {f"list={guests.pk}": ("Guests", 1), f"list={donors.pk}": ("Donors", 2)}
    for query, (name, number) in (asked | {f"campaign={campaign.pk}": ("Spring", 2)}).items():
        page = client.get(f"/w/home/leads/?{query}").text
        (chips,) = re.findall(r'aria-label="Filters in force".*?</ul>', page, re.DOTALL)
        assert name in chips
        assert len(set(re.findall(r"lead\d@example.com", page))) == number
