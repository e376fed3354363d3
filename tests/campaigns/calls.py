"""A running campaign of a list, without going through attaching."""

from datetime import timedelta

from django.utils import timezone

from campaigns.models import Campaign, CampaignLead, CampaignLeadList, LeadList
from leads.intake import LeadInput, receive


def some_leads(world, count):
    return [
        receive(
            LeadInput(email=f"lead{n}@example.com", phone=f"+1 800 555 01{n:02}"),
            actor=world.actor(),
        ).lead
        for n in range(count)
    ]


def a_campaign(world, **values):
    usual = {"name": "Spring", "currency": "USD", "status": "active", "script": "Hello!"}
    return Campaign.objects.create(workspace=world.home, **{**usual, **values})


def a_source(world, campaign, leads, *, heat=None, **values):
    """An attached list with these leads, due a minute ago."""
    group = LeadList.objects.create(
        workspace=world.home, name=f"List {CampaignLeadList.objects.count()}"
    )
    source = CampaignLeadList.objects.create(
        workspace=world.home, campaign=campaign, lead_list=group, **values
    )
    past = timezone.now() - timedelta(minutes=1)
    rows = [
        CampaignLead(
            workspace=world.home,
            campaign=campaign,
            source=source,
            lead=lead,
            due_at=past,
            heat_score=(heat or {}).get(lead.pk, 0),
        )
        for lead in leads
    ]
    CampaignLead.objects.bulk_create(rows)
    return source


def status_of(row):
    return CampaignLead.objects.get(pk=row.pk).status


def in_a_campaign(world, lead):
    """The lead's place in a running campaign of its own."""
    campaign = a_campaign(world)
    a_source(world, campaign, [lead])
    return CampaignLead.objects.select_related("source").get(campaign=campaign)
