"""The history of rows: recorded by the database, whoever changes them, and kept as it is."""

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.utils import DatabaseError

from accounts import history
from accounts.acting import acting
from accounts.api_keys import create_key
from accounts.history_schema import track_changes, tracked_models
from accounts.models import ApiKey, HistoryEvent, Membership
from accounts.tenancy import scope, system_scope
from tests.admin_rows import staff


def run(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount


def events(model):
    with system_scope():
        return list(HistoryEvent.objects.filter(model=model))


@pytest.fixture
def event(world):
    """The rep of home was made a manager by its owner."""
    with acting(world.actor(), request_id="request-1"), world.scope():
        Membership.objects.filter(user=world.rep).update(role="manager")
    (made,) = events("accounts.membership")
    return made


@pytest.fixture
def key(world):
    return create_key(
        organization=world.organization, workspace=world.home, name="Website", scopes=["read"]
    )[0]


def test_a_change_of_a_role_is_kept_with_its_actor(world, event):
    assert event.workspace_id == world.home.pk
    assert event.object_id == Membership.objects.get(user=world.rep).pk
    assert (event.operation, event.changes) == ("update", {"role": ["rep", "manager"]})
    assert (event.actor_kind, event.actor_label, event.via) == ("user", "Owner", "page")
    assert (event.actor_id, event.request_id) == (world.owner.pk, "request-1")


def test_a_deletion_outlives_the_row(world):
    gone = Membership.objects.get(user=world.rep)
    with acting(world.actor()), world.scope():
        Membership.objects.filter(pk=gone.pk).delete()
    (made,) = events("accounts.membership")
    assert (made.operation, made.object_id) == ("delete", gone.pk)
    assert made.changes["role"] == ["rep", None]
    assert made.changes["user_id"] == [str(world.rep.pk), None]


def test_a_revoked_key_is_told_in_the_admin_and_its_use_is_not(world, key, client):
    staff(world.owner)
    client.force_login(world.owner)
    assert client.post(f"/admin/accounts/apikey/{key.pk}/revoke/", {"confirmed": "1"}).status_code
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=key.created_at)
    (made,) = events("accounts.apikey")
    assert list(made.changes) == ["revoked_at"]
    assert (made.actor_label, made.via) == ("Owner", "admin")
    page = client.get(f"/admin/accounts/apikey/{key.pk}/history/").content.decode()
    assert "Revoked: – → " in page
    assert key.digest not in page


def test_a_key_of_the_whole_organization_is_the_systems_to_see(world):
    key = create_key(
        organization=world.organization, workspace=None, name="All of us", scopes=["read"]
    )[0]
    with world.scope():
        ApiKey.objects.filter(pk=key.pk).update(name="Renamed")
        assert not HistoryEvent.objects.exists()
    (made,) = events("accounts.apikey")
    assert made.workspace_id is None
    with system_scope():
        assert [str(change) for change in history.told(history.events_of(key))[0].changes] == [
            "Name: All of us → Renamed"
        ]


def test_changes_without_a_request_are_leadloops_own(world):
    with world.scope():
        Membership.objects.filter(user=world.rep).update(on_duty=False)
    (made,) = events("accounts.membership")
    assert (made.actor_kind, made.actor_label, made.actor_id) == ("system", "Leadloop", None)


def test_an_inner_actor_ends_with_the_outer_one_restored(world):
    with acting(world.actor()), world.scope():
        with acting(world.actor("manager")), world.scope():
            Membership.objects.filter(user=world.rep).update(on_duty=False)
        Membership.objects.filter(user=world.rep).update(on_duty=True)
    assert [made.actor_label for made in events("accounts.membership")] == ["Owner", "Manager"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_historyevent SET actor_label = 'Nobody'",
        "DELETE FROM accounts_historyevent",
        "TRUNCATE accounts_historyevent",
        "INSERT INTO accounts_historyevent SELECT * FROM accounts_historyevent",
        "ALTER TABLE accounts_historyevent DISABLE TRIGGER ALL",
        "DROP TRIGGER history_of_update ON accounts_membership",
        "SELECT set_config('session_replication_role', 'replica', true)",
    ],
)
def test_the_application_may_neither_change_nor_forge_nor_stop_it(world, event, statement):
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), world.scope():
        run(statement)
    assert len(events("accounts.membership")) == 1


@pytest.mark.parametrize(
    "verb", ["UPDATE accounts_historyevent SET via = ''", "DELETE FROM accounts_historyevent"]
)
def test_neither_the_system_nor_the_owner_of_the_table_may(world, event, verb):
    with pytest.raises(DatabaseError, match="permission denied"), system_scope():
        run(verb)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run(verb)


def test_a_stranger_sees_none_of_it(world, event):
    with scope(world.abroad.pk):
        assert run("SELECT FROM accounts_historyevent") == 0
    assert run("SELECT FROM accounts_historyevent") == 0
    with world.scope():
        assert run("SELECT FROM accounts_historyevent") == 1


def test_owners_read_all_changes_in_the_admin_and_strangers_none(world, event, client):
    staff(world.owner, world.manager, world.stranger)
    client.force_login(world.owner)
    assert "Role" in client.get("/admin/accounts/historyevent/").content.decode()
    page = f"/admin/accounts/historyevent/{event.pk}/change/"
    assert "Role: Rep → Manager" in client.get(page).content.decode()
    assert client.post(page, {"actor_label": "Nobody"}).status_code == 403
    client.force_login(world.manager)
    assert client.get("/admin/accounts/historyevent/").status_code == 403
    client.force_login(world.stranger)
    assert client.get(page).status_code in (302, 404)


def test_every_tracked_model_has_its_triggers(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, count(*) FROM pg_trigger"
            " WHERE tgname LIKE 'history\\_of\\_%%' AND tgenabled = 'O' GROUP BY 1",
            [],
        )
        found = dict(cursor.fetchall())
    assert found == {model._meta.db_table: 2 for model in tracked_models()}
    assert found.keys() >= {
        "accounts_apikey",
        "accounts_membership",
        "conversions_conversion",
        "conversions_conversionrule",
        "integrations_connection",
        "leads_contact",
        "leads_lead",
    }


def test_tracking_again_changes_nothing(db, django_assert_num_queries):
    with django_assert_num_queries(2):
        track_changes()


def test_a_trigger_that_is_gone_or_other_than_the_model_says_is_made_anew(world):
    run("DROP TRIGGER history_of_update ON accounts_membership")
    run("COMMENT ON TRIGGER history_of_update ON accounts_apikey IS 'of an older version'")
    track_changes()
    with world.scope():
        Membership.objects.filter(user=world.rep).update(role="manager")
    assert len(events("accounts.membership")) == 1
    test_every_tracked_model_has_its_triggers(None)


def test_the_migration_goes_down_and_up_again(committed_world):
    world = committed_world
    # It alone: what builds on it by now is half of all there is, and would take minutes.
    loader = MigrationLoader(connection)
    migration = loader.get_migration("accounts", "0004_history")
    before = loader.project_state(("accounts", "0003_stored_answers"))
    with connection.schema_editor() as editor:
        migration.unapply(before.clone(), editor)
    try:
        with world.scope():
            Membership.objects.filter(user=world.rep).update(role="manager")
    finally:
        with connection.schema_editor() as editor:
            migration.apply(before.clone(), editor)
        # What follows from the models comes after every migrate, this one of nothing too.
        call_command("migrate", verbosity=0)
    with world.scope():
        Membership.objects.filter(user=world.rep).update(role="rep")
    (made,) = events("accounts.membership")
    assert made.changes == {"role": ["manager", "rep"]}
