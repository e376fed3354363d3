"""The pages of leads and uploads: who may open and do what, and at which cost."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from campaigns.models import Export, Import
from conversions.models import AdSpend, Upload
from leads import lifecycle
from leads.diary import followups
from leads.intake import LeadInput, receive
from leads.merges import duplicates, merging
from leads.models import (
    AssignmentRule,
    Company,
    Contact,
    CustomField,
    Interaction,
    Job,
    Lead,
    LeadForm,
    Message,
    Notification,
    SavedView,
    Task,
    Territory,
)
from tests.campaigns.calls import in_a_campaign

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def sold(loop):
    """A lead with an appointment and an upload: an object behind every page address."""
    loop.connect("meta", "completed", live=False)
    lead = loop.lead()
    with loop.world.scope():
        lifecycle.schedule(lead, actor=loop.world.actor(), scheduled_for=lead.created_at)
        lifecycle.complete(lead, actor=loop.world.actor())
    loop.run()
    return loop, lead


def named_rows(world, lead):
    """One row of the home workspace for each name that addresses have for one."""
    with world.scope():
        place = Territory.objects.create(workspace=world.home, name="West", countries=["US"])
        rule = AssignmentRule.objects.create(
            workspace=world.home, name="Calls", member_ids=[world.rep.pk]
        )
        news = Notification.objects.create(
            workspace=world.home, user=world.rep, kind="assigned", lead=lead, event_id=lead.pk
        )
        spend = AdSpend.objects.create(
            workspace=world.home,
            day=date(2026, 10, 1),
            platform="other",
            source="other",
            amount=1,
            currency="USD",
        )
        firm = Company.objects.create(workspace=world.home, name="Moss", name_normalized="moss")
        field = CustomField.objects.create(workspace=world.home, key="budget", label="Budget")
        view = SavedView.objects.create(workspace=world.home, name="Hot")
        job = Job.objects.create(workspace=world.home, action="tag", parameters={"tags": ["vip"]})
        twin = Contact.objects.create(workspace=world.home, first_name="Twin")
        found = duplicates.raise_pair(world.home.pk, lead.contact_id, twin.pk, ["phone"])
        once = Contact.objects.create(workspace=world.home, first_name="Once")
        merge = merging.merge(lead.contact_id, once.pk, actor=world.actor())
        message = Message.objects.create(
            workspace=world.home,
            lead=lead,
            contact=lead.contact,
            channel="sms",
            direction="inbound",
            at=lead.created_at,
            status="recorded",
        )
    return {
        "message_id": message.pk,
        "company_id": firm.pk,
        "field_id": field.pk,
        "rule_id": rule.pk,
        "territory_id": place.pk,
        "notification_id": news.pk,
        "spend_id": spend.pk,
        "view_id": view.pk,
        "job_id": job.pk,
        "other": twin.pk,
        "suggestion_id": found,
        "merge_id": merge.pk,
        **campaign_rows(world, lead),
    }


def campaign_rows(world, lead):
    """The same for the pages of campaigns."""
    with world.scope():
        called = in_a_campaign(world, lead)
        export = Export.objects.create(workspace=world.home, kind="leads", created_by="Owner")
        file = Import.objects.create(workspace=world.home, file_name="a.csv", created_by="Owner")
    return {
        "campaign_id": called.campaign_id,
        "campaign_lead_id": called.pk,
        "list_id": called.source.lead_list_id,
        "export_id": export.pk,
        "import_id": file.pk,
    }


def page_addresses(slug, lead, upload_id, appointment_id, form_id, more):
    """Every address under /w/<slug>/, filled in with real ids."""
    values = {
        "slug": slug,
        "ref": str(lead.number),
        "move": "convert",
        "status": "converted",
        "upload_id": upload_id,
        "appointment_id": appointment_id,
        # A form of the home workspace: seeded with it.
        "form_id": form_id,
        **more,
    }
    found = [f"/w/{slug}/settings/"]
    for name, patterns in (
        ("leads", "leads"),
        ("conversions", "conversions"),
        ("campaigns", "campaigns"),
    ):
        resolver = get_resolver().namespace_dict[name][1]
        for route, (possibilities, *_rest) in (
            (route, entry[0]) for route, entry in resolver.reverse_dict.lists() if entry
        ):
            if isinstance(route, str):
                template, parameters = possibilities[0] if possibilities else ("", [])
                path = template % {p: values[p] for p in parameters if p in values}
                found.append(f"/w/{slug}/{path.removeprefix(f'w/{slug}/')}")
        assert patterns
    return sorted(set(found))


def fingerprint(world):
    with world.scope():
        return (
            list(Lead.objects.values_list("pk", "status", "updated_at", "deleted_at")),
            Interaction.objects.count(),
            list(Upload.objects.values_list("pk", "status", "attempts")),
            list(LeadForm.objects.values_list("pk", "updated_at")),
            list(AssignmentRule.objects.values_list("pk", "position", "updated_at")),
            list(Territory.objects.values_list("pk", "updated_at")),
            list(Company.objects.values_list("pk", "updated_at")),
            list(CustomField.objects.values_list("pk", "updated_at")),
            list(Notification.objects.values_list("pk", "read_at")),
            list(Message.objects.values_list("pk", "status", "updated_at")),
            list(Task.objects.values_list("pk", "done_at", "updated_at")),
            list(Job.objects.values_list("pk", "status", "updated_at")),
            list(SavedView.objects.values_list("pk", "updated_at")),
        )


def test_a_stranger_gets_404_everywhere_and_nothing_changes(sold, client):
    loop, lead = sold
    world = loop.world
    with world.scope():
        appointment = lead.appointments.get()
        form_id = LeadForm.objects.get().pk
        task = followups.add(lead, actor=world.actor(), facts={"title": "Call back"})
    more = {**named_rows(world, lead), "task_id": task.pk}
    objects = (str(lead.number), str(loop.upload().pk), str(form_id), *map(str, more.values()))
    before = fingerprint(world)
    client.force_login(world.stranger)
    slugs = (world.home.slug, world.abroad.slug)
    seen = 0
    for slug in slugs:
        for address in page_addresses(slug, lead, loop.upload().pk, appointment.pk, form_id, more):
            names_an_object = any(name in address for name in objects)
            if slug == world.abroad.slug and not names_an_object:
                continue
            for method in METHODS:
                response = getattr(client, method)(address)
                assert response.status_code == 404, (method, address)
                seen += 1
    assert seen >= 80
    assert fingerprint(world) == before


def test_somebody_signed_out_is_asked_to_sign_in(world, client):
    response = client.get("/w/home/leads/")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=/w/home/leads/")


def test_an_inactive_membership_opens_nothing(world, client):
    world.rep.memberships.update(is_active=False)
    client.force_login(world.rep)
    assert client.get("/w/home/leads/").status_code == 404


@pytest.mark.parametrize("role", ["owner", "manager", "rep"])
def test_members_who_work_leads_move_them(sold, client, role):
    loop, lead = sold
    client.force_login(getattr(loop.world, role))
    response = client.post(f"/w/home/leads/{lead.number}/move/convert/")
    assert response.status_code == 302
    with loop.world.scope():
        assert Lead.objects.get().status == "converted"


def test_a_viewer_reads_and_changes_nothing(sold, client):
    loop, lead = sold
    before = fingerprint(loop.world)
    client.force_login(loop.world.viewer)
    page = client.get(f"/w/home/leads/{lead.number}/")
    assert page.status_code == 200
    assert "Add to timeline" not in page.content.decode()
    for path in ("move/convert/", "log/", "assign/", "delete/", "edit/"):
        assert client.post(f"/w/home/leads/{lead.number}/{path}").status_code == 403
    assert client.post(f"/w/home/uploads/{loop.upload().pk}/retry/").status_code == 403
    assert fingerprint(loop.world) == before


def test_a_refused_move_says_why_and_keeps_what_was_typed(world, client):
    with world.scope():
        lead = receive(LeadInput(first_name="Ann", phone="2125550123"), actor=world.actor()).lead
    client.force_login(world.rep)
    response = client.post(
        f"/w/home/leads/{lead.number}/move/lose/",
        {"loss_reason": "price", "notes": "Too dear for them", "expected_status": "new"},
    )
    text = response.content.decode()
    assert response.status_code == 422
    assert "Too dear for them" in text
    assert "never qualified" in text


def test_moving_what_somebody_else_moved_meanwhile_is_told(world, client):
    with world.scope():
        lead = receive(LeadInput(first_name="Ann"), actor=world.actor()).lead
        lifecycle.qualify(lead, actor=world.actor())
    client.force_login(world.rep)
    response = client.post(
        f"/w/home/leads/{lead.number}/move/converse/", {"expected_status": "new"}
    )
    assert response.status_code == 409
    assert "Qualified" in response.content.decode()


def queries(client, address):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(address)
    assert response.status_code == 200
    return len(captured)


@pytest.mark.parametrize("address", ["/w/home/leads/", "/w/home/uploads/"])
def test_the_number_of_queries_does_not_grow_with_rows(loop, client, address):
    loop.connect("meta", "completed", live=False)
    loop.complete(loop.lead("first@example.com", company="Acme", tags=["vip"]))
    loop.run()
    client.force_login(loop.world.manager)
    client.get(address)
    at_one = queries(client, address)
    for number in range(12):
        loop.complete(loop.lead(f"ann{number}@example.com", company=f"Firm {number}", tags=["a"]))
    loop.run()
    assert queries(client, address) == at_one


def test_a_lead_page_costs_the_same_with_a_long_timeline(loop, client):
    lead = loop.lead()
    client.force_login(loop.world.manager)
    address = f"/w/home/leads/{lead.number}/"
    with loop.world.scope():
        lifecycle.log_contact(lead, actor=loop.world.actor(), method="call")
    client.get(address)
    at_one = queries(client, address)
    with loop.world.scope():
        for _number in range(30):
            lifecycle.log_contact(lead, actor=loop.world.actor(), method="email", notes="Again")
    assert queries(client, address) == at_one
