"""Custom fields in the admin: the verbs' rules hold there too."""

import pytest
from django.urls import reverse

from leads.fields.custom_fields import define
from leads.intake import LeadInput, receive
from leads.models import Contact, CustomField, Lead
from tests.admin_rows import staff

LIST = "/admin/leads/customfield/"


@pytest.fixture
def field(world):
    staff(world.owner, world.manager, world.rep, world.viewer, world.stranger)
    with world.scope():
        return define(actor=world.actor(), label="Plan", kind="choice", choices=["gold", "free"])


def change(row):
    return reverse(f"admin:leads_{row._meta.model_name}_change", args=[row.pk])


def only(world, **conditions):
    with world.scope():
        return CustomField.objects.filter(**conditions).get()


def test_a_manager_defines_a_field_with_choices_as_lines(client, world, field):
    client.force_login(world.manager)
    given = {
        "workspace": world.home.pk,
        "label": "Roof type",
        "key": "",
        "subject": "lead",
        "kind": "choice",
        "choice_lines": "flat | Flat roof\nsteep\n\n",
        "position": "0",
    }
    assert client.post(f"{LIST}add/", given).status_code == 302
    row = only(world, key="roof_type")
    assert row.choices == [
        {"value": "flat", "label": "Flat roof"},
        {"value": "steep", "label": "steep"},
    ]
    again = client.post(f"{LIST}add/", given)
    assert again.status_code == 200
    assert "There is a field with the key" in again.content.decode()


def test_a_choice_in_use_stays_and_the_form_says_so(client, world, field):
    with world.scope():
        receive(LeadInput(email="a@x.org", custom_fields={"plan": "gold"}), actor=world.actor())
    client.force_login(world.manager)
    shown = client.get(change(field)).content.decode()
    assert "gold\nfree" in shown
    given = {"label": "Plan", "kind": "choice", "choice_lines": "free", "position": "0"}
    refused = client.post(change(field), given)
    assert "is in use" in refused.content.decode()
    given |= {"label": "Tariff", "choice_lines": "gold | Best\nfree", "is_archived": "on"}
    assert client.post(change(field), given).status_code == 302
    row = only(world)
    assert (row.label, row.is_archived, row.key) == ("Tariff", True, "plan")


def test_deleting_archives(client, world, field):
    client.force_login(world.manager)
    client.post(reverse("admin:leads_customfield_delete", args=[field.pk]), {"post": "yes"})
    assert only(world).is_archived


@pytest.mark.parametrize("role", ["rep", "viewer"])
def test_reps_and_viewers_look_only(client, world, field, role):
    client.force_login(getattr(world, role))
    assert client.get(change(field)).status_code == 200
    assert client.post(change(field), {"label": "Mine"}).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403


def test_the_object_of_a_contact_and_of_a_lead_is_edited_as_a_whole(client, world, field):
    with world.scope():
        define(actor=world.actor(), label="Project", subject="lead")
        values = {"plan": "gold", "city": "Rome", "project": "Roof"}
        lead = receive(LeadInput(email="a@x.org", custom_fields=values), actor=world.actor()).lead
    client.force_login(world.rep)
    person = {
        "email": "a@x.org",
        "tags": "",
        "company_name": "",
        "social_profiles": "[]",
        **dict.fromkeys(("address", "consent", "do_not_contact"), "{}"),
        "leads-TOTAL_FORMS": "0",
        "leads-INITIAL_FORMS": "0",
    }
    for text, said in (
        ('{"plan": "silver"}', "Use one of: gold, free."),
        ("[1]", "Send a JSON object."),
    ):
        refused = client.post(change(lead.contact), person | {"custom_fields": text})
        assert refused.status_code == 200
        assert said in refused.content.decode()
    kept = client.post(change(lead.contact), person | {"custom_fields": '{"plan": "free"}'})
    assert kept.status_code == 302
    facts = {
        "source": "other",
        "quality_rating": "unrated",
        "custom_fields": '{"project": "Attic"}',
        **dict.fromkeys(("attributes", "platform_ref"), "{}"),
        **{
            f"{name}-{count}_FORMS": "0"
            for name in ("interactions", "appointments", "tasks", "touches")
            for count in ("TOTAL", "INITIAL")
        },
    }
    assert client.post(change(lead), facts).status_code == 302
    with world.scope():
        assert Contact.objects.get().custom_fields == {"plan": "free"}
        assert Lead.objects.get().custom_fields == {"project": "Attic"}
