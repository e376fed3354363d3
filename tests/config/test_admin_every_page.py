"""Every page of the admin, for everybody who may open it: scope, roles, and no surprises."""

from uuid import UUID

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import ApiKey, HistoryEvent, Membership, Organization, User, Workspace
from accounts.permissions import ROLE_PERMISSIONS, Permission, Role
from campaigns.models import Export, Import, ImportMapping
from conversions.models import AdSpend, ConversionRule
from integrations.models import Connection, InboundDelivery, OutboxEvent
from leads.intake import LeadInput, receive
from leads.models import Contact, Job, Lead, Notification, PinnedView
from tests.admin_rows import SECRET, rows_of_every_model, staff

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)

# What one must be allowed to in a workspace to see these; everything else needs VIEW.
NEEDED_TO_SEE = {
    ApiKey: Permission.KEY_MANAGE,
    AdSpend: Permission.METRICS_ALL,
    Connection: Permission.RULE_EDIT,
    Export: Permission.EXPORT,
    HistoryEvent: Permission.WORKSPACE_MANAGE,
    Import: Permission.IMPORT,
    ImportMapping: Permission.IMPORT,
    InboundDelivery: Permission.WORKSPACE_MANAGE,
    Job: Permission.METRICS_ALL,
    Membership: Permission.MEMBER_MANAGE,
    Notification: Permission.MEMBER_MANAGE,
    OutboxEvent: Permission.WORKSPACE_MANAGE,
    PinnedView: Permission.MEMBER_MANAGE,
    User: Permission.MEMBER_MANAGE,
}


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def link_to(row):
    """The trace a row leaves in a list: its id, with its address where that is only a number."""
    return str(row.pk) if isinstance(row.pk, UUID) else address(type(row), "change", row.pk)


def may(role, model):
    return NEEDED_TO_SEE.get(model, Permission.VIEW) in ROLE_PERMISSIONS[role]


@pytest.fixture
def ours(world):
    staff(world.owner, world.manager, world.rep, world.viewer, world.stranger)
    return rows_of_every_model(world.home, name="Oursonly")


@pytest.fixture
def theirs(world):
    return rows_of_every_model(world.abroad, name="Theirsonly")


@pytest.fixture
def superuser(db):
    return User.objects.create_superuser("root@example.com", "correct-horse-battery")


def test_every_model_of_ours_is_registered():
    own = {"accounts", "integrations", "leads", "campaigns", "conversions"}
    registered = {model._meta.label for model in MODELS}
    # Nothing for a person to look at: sealed answers to repeated requests, dropped after a day, and
    # what Metrics counted ahead.
    machinery = {"accounts.StoredAnswer", "leads.MetricsDocument", "leads.MetricsMark"}
    # Likewise the pieces and rows of files, which their own pages show, and marks of changes.
    machinery |= {"campaigns.ImportChunk", "campaigns.ImportRow", "campaigns.ImportResult"}
    machinery |= {"campaigns.ExportChunk", "campaigns.LeadMark"}
    models = {m._meta.label for m in apps.get_models() if m._meta.app_label in own}
    assert models - machinery == registered


def test_a_superuser_opens_everything_of_everybody(client, superuser, ours, theirs):
    client.force_login(superuser)
    assert client.get("/admin/").status_code == 200
    for model in MODELS:
        page = client.get(address(model, "changelist"))
        assert page.status_code == 200, model
        adding = client.get(address(model, "add"))
        can_add = admin.site._registry[model].has_add_permission(adding.wsgi_request)
        assert adding.status_code == (200 if can_add else 403), model
        for rows in (ours, theirs):
            changing = client.get(address(model, "change", rows[model].pk))
            assert changing.status_code == 200, model
            assert SECRET not in changing.content.decode()
            history = client.get(address(model, "history", rows[model].pk))
            assert history.status_code == 200, model


@pytest.mark.parametrize("role", [Role.OWNER, Role.MANAGER, Role.REP, Role.VIEWER])
def test_each_role_opens_what_its_row_of_the_table_allows(client, world, ours, theirs, role):
    client.force_login(getattr(world, role.value))
    assert client.get("/admin/").status_code == 200
    for model in MODELS:
        expected = 200 if may(role, model) else 403
        page = client.get(address(model, "changelist"))
        assert page.status_code == expected, (role, model)
        assert "Theirsonly" not in page.content.decode(), model
        changing = client.get(address(model, "change", ours[model].pk))
        # What the list does not show is not there at all.
        fitting = (200,) if may(role, model) else (302, 403, 404)
        assert changing.status_code in fitting, (role, model)
        assert SECRET not in changing.content.decode()
        assert client.get(address(model, "add")).status_code in (200, 403), model


def test_a_stranger_sees_no_row_of_ours_anywhere(client, world, ours, theirs):
    client.force_login(world.stranger)
    for model in MODELS:
        row = ours[model]
        page = client.get(address(model, "changelist"))
        assert page.status_code == 200
        assert "Oursonly" not in page.content.decode(), model
        assert link_to(row) not in page.content.decode(), model
        found = client.get(address(model, "changelist"), {"q": "Oursonly"})
        assert link_to(row) not in found.content.decode(), model
        adding = client.get(address(model, "add"))
        assert str(world.home.pk) not in adding.content.decode(), model
        assert str(world.owner.pk) not in adding.content.decode(), model
    for model in MODELS:
        row = ours[model]
        for name in ("change", "delete", "history"):
            answer = client.get(address(model, name, row.pk))
            assert answer.status_code in (302, 403, 404), (model, name)
        answer = client.post(address(model, "change", row.pk), {"name": "taken over"})
        assert answer.status_code in (302, 403, 404), model


def test_filters_offer_and_find_nothing_foreign(client, world, ours, theirs):
    client.force_login(world.stranger)
    for model in MODELS:
        for name in ("workspace__id__exact", "connection__id__exact", "owner", "lead__id__exact"):
            for value in (world.home.pk, ours[Connection].pk, "nonsense"):
                answer = client.get(address(model, "changelist"), {name: value})
                assert answer.status_code in (200, 302, 400), (model, name)
                content = answer.content.decode()
                assert "Oursonly" not in content, (model, name)
                assert world.home.name not in content, (model, name)


@pytest.mark.parametrize(
    ("model", "field"),
    [
        ("conversion", "contact"),
        ("conversion", "lead"),
        ("conversionrule", "connection"),
    ],
)
def test_autocompletes_are_scoped(client, world, ours, theirs, model, field):
    asked = {"app_label": "conversions", "model_name": model, "field_name": field}
    client.force_login(world.stranger)
    own = client.get("/admin/autocomplete/", {**asked, "term": ""}).json()["results"]
    assert own
    assert "Oursonly" not in str(own)
    other = client.get("/admin/autocomplete/", {**asked, "term": "Oursonly"}).json()["results"]
    assert other == []


@pytest.mark.parametrize("field", ["user", "workspace"])
def test_people_and_workspaces_are_scoped_in_autocompletes(client, world, ours, theirs, field):
    asked = {"app_label": "accounts", "model_name": "membership", "field_name": field}
    client.force_login(world.stranger)
    results = client.get("/admin/autocomplete/", {**asked, "term": ""}).json()["results"]
    assert {row["id"] for row in results} == {
        str(world.stranger.pk if field == "user" else world.abroad.pk)
    }


def test_forms_refuse_foreign_rows_instead_of_failing(client, world, ours, theirs):
    client.force_login(world.stranger)
    rule = {
        "workspace": world.abroad.pk,
        "trigger": "converted",
        "connection": ours[Connection].pk,
        "external_action": "Sale",
        "value_strategy": "none",
    }
    answer = client.post(address(ConversionRule, "add"), rule)
    assert answer.status_code == 200
    assert "not one of the available choices" in answer.content.decode()
    answer = client.post(
        address(Lead, "add"), {"workspace": world.home.pk, "source": "other", "last_name": "X"}
    )
    assert answer.status_code == 200
    assert "not one of the available choices" in answer.content.decode()


def test_actions_on_foreign_rows_do_nothing(client, world, ours, theirs):
    client.force_login(world.stranger)
    lead = ours[Lead]
    chosen = {"action": "act_qualify", "_selected_action": [lead.pk]}
    assert client.post(address(Lead, "changelist"), chosen).status_code in (200, 302)
    for name in ("note", "lose", "qualify", "assign"):
        answer = client.post(f"{address(Lead, 'change', lead.pk).removesuffix('change/')}{name}/")
        assert answer.status_code in (302, 403, 404), name
    with world.scope():
        assert Lead.objects.get(pk=lead.pk).status == lead.status


def test_ids_that_are_none_lead_nowhere(client, superuser, ours):
    client.force_login(superuser)
    for model in MODELS:
        for bad in ("nonsense", "00000000-0000-0000-0000-000000000000", "0"):
            assert client.get(address(model, "change", bad)).status_code in (302, 404), model


def test_somebody_without_staff_rights_is_sent_away(client, world, ours):
    User.objects.filter(pk=world.rep.pk).update(is_staff=False)
    client.force_login(world.rep)
    for model in (Lead, Contact, Workspace, Organization):
        assert client.get(address(model, "changelist")).status_code == 302


def test_lists_ask_as_often_for_many_rows_as_for_few(client, world, ours):
    client.force_login(world.owner)

    def queries(model):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address(model, "changelist")).status_code == 200
        return len(captured)

    for model in MODELS:
        queries(model)
    few = {model: queries(model) for model in MODELS}
    with world.scope():
        for number in range(12):
            data = LeadInput(
                first_name=f"P{number}",
                email=f"p{number}@example.com",
                company=f"C{number}",
                tags=["many"],
                attribution={"gclid": "x"},
            )
            receive(data, actor=world.actor())
    many = {model: queries(model) for model in MODELS}
    assert many == few
