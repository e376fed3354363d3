"""Isolation, as the database enforces it: policies, grants, composite keys, raw SQL."""

from unittest.mock import Mock

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection, transaction

from accounts.models import Workspace
from accounts.tenancy import APP_ROLE, SYSTEM_ROLE, scope, system_scope
from accounts.tenancy_schema import (
    CONTROL_TABLES,
    composite_keys,
    refuse_privileged_login,
    secure_tenant_tables,
    tenant_models,
)
from leads.intake import LeadInput, receive
from leads.models import Contact, Lead


def rows(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


@pytest.fixture
def lead(world):
    with world.scope():
        return receive(LeadInput(email="ann@example.com"), actor=world.actor()).lead


def test_the_login_is_no_superuser_and_passes_no_policy(db):
    assert rows("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user") == [
        (False, False)
    ]


def test_every_table_with_a_workspace_is_forced_under_both_policies(db):
    """The catalogue against itself: a new table with workspace_id and no policy fails here."""
    control = set(CONTROL_TABLES)
    found = rows(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,"
        " array(SELECT p.polname::text FROM pg_policy p WHERE p.polrelid = c.oid ORDER BY 1)"
        " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'"
        " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
    )
    tenant = {name: rest for name, *rest in found if name not in control}
    assert len(tenant) >= 15
    assert tenant == {key: [True, True, ["system", "tenant"]] for key in tenant}
    assert set(tenant) == {model._meta.db_table for model in tenant_models()}


def test_every_model_is_a_tenant_or_a_named_control_table(db):
    own = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label
        in {"accounts", "integrations", "leads", "campaigns", "conversions"}
    }
    tenant = {model._meta.db_table for model in tenant_models()}
    assert own - tenant <= set(CONTROL_TABLES)


def test_every_reference_between_tenant_rows_is_a_composite_key(db):
    keys = composite_keys()
    assert len(keys) >= 15
    found = dict(
        rows("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'")
    )
    for key in keys:
        assert f"FOREIGN KEY (workspace_id, {key.column})" in found[key.name]
        assert f"REFERENCES {key.target}(workspace_id, id)" in found[key.name]


def test_securing_again_changes_nothing(db, django_assert_num_queries):
    with django_assert_num_queries(6):
        secure_tenant_tables()


def test_without_a_scope_raw_sql_sees_no_row(lead):
    for model in tenant_models():
        assert rows(f"SELECT count(*) FROM {model._meta.db_table}") == [(0,)]


def test_a_scope_shows_its_workspace_and_no_other(world, lead):
    with scope(world.home.pk):
        assert rows("SELECT id FROM leads_lead") == [(lead.pk,)]
    with scope(world.abroad.pk):
        assert rows("SELECT count(*) FROM leads_lead") == [(0,)]
        assert rows("UPDATE leads_lead SET notes = 'x' RETURNING id") == []
        assert rows("DELETE FROM leads_contact RETURNING id") == []
    with scope():
        assert rows("SELECT count(*) FROM leads_lead") == [(0,)]
    with system_scope():
        assert rows("SELECT notes FROM leads_lead") == [("",)]


def test_a_row_cannot_be_written_into_another_workspace(world, lead):
    with pytest.raises(Exception, match="row-level security"), scope(world.abroad.pk):
        Contact.objects.create(workspace=world.home, first_name="Eve")


def test_a_row_cannot_point_into_another_workspace(world, lead):
    with pytest.raises(IntegrityError, match="_in_workspace"), scope(world.abroad.pk):
        stray = Lead(
            workspace=world.abroad,
            contact_id=lead.contact_id,
            status_changed_at=lead.created_at,
            last_activity_at=lead.created_at,
        )
        stray.save()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_an_inner_scope_ends_with_the_outer_one_restored(world, lead):
    with scope(world.home.pk):
        with scope(world.abroad.pk):
            assert not Lead.objects.exists()
        assert Lead.objects.exists()
        with pytest.raises(KeyError), scope(world.abroad.pk):
            raise KeyError
        assert Lead.objects.exists()
    assert rows("SELECT current_setting('role')") == [("none",)]


def test_nothing_of_a_scope_outlives_its_transaction(committed_world):
    with scope(committed_world.home.pk):
        assert rows("SELECT current_setting('role')") == [(APP_ROLE,)]
    assert rows("SELECT current_setting('role'), current_setting('app.workspace_ids', true)") == [
        ("none", "")
    ]
    with system_scope():
        assert rows("SELECT current_setting('role')") == [(SYSTEM_ROLE,)]


def test_search_finds_nothing_outside_its_scope(world, lead):
    call = "SELECT search_contacts(%s, ARRAY['%%ann%%'], 10)"
    with scope(world.home.pk):
        assert rows(call, world.home.pk) == [(lead.contact_id,)]
    with scope(world.abroad.pk):
        assert rows(call, world.home.pk) == []
        assert rows(call, world.abroad.pk) == []


def test_the_application_role_may_not_change_the_schema(world):
    with pytest.raises(Exception, match=r"permission denied|must be owner"), scope(world.home.pk):
        rows("ALTER TABLE leads_lead DISABLE ROW LEVEL SECURITY")
    assert Workspace.objects.filter(pk=world.home.pk).exists()


def test_a_failing_scope_keeps_nothing(committed_world):
    world = committed_world
    with pytest.raises(ZeroDivisionError), world.scope():
        receive(LeadInput(email="gone@example.com"), actor=world.actor())
        1 / 0  # noqa: B018
    with world.scope():
        assert not Contact.objects.exists()
    assert not transaction.get_connection().in_atomic_block


def test_a_login_that_policies_do_not_bind_secures_nothing():
    superuser = Mock(fetchone=Mock(return_value=(True,)))
    with pytest.raises(ImproperlyConfigured, match="BYPASSRLS"):
        refuse_privileged_login(superuser)
