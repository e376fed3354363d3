"""`manage.py create_organization`: from an empty installation to somebody who signs in."""

from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command

from accounts.management.commands.create_organization import PASSWORD_VARIABLE
from accounts.models import Membership, Organization, User, Workspace
from accounts.permissions import Role
from accounts.tenancy import scope
from leads.models import Reason
from tests.world import PASSWORD

SIGN_IN = "/accounts/login/"


@pytest.fixture(autouse=True)
def _password(monkeypatch):
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)


def create(name="Harbor Dental", **options):
    given = {"workspace": "harbor", "owner": "Olga@Example.com"} | options
    call_command("create_organization", name, verbosity=0, **given)


def test_the_owner_signs_in_and_finds_a_workspace_that_works(client, db):
    create(country="DE", currency="EUR", time_zone="Europe/Berlin")
    workspace = Workspace.objects.get()
    assert workspace.name == workspace.organization.name == "Harbor Dental"
    assert (workspace.country, workspace.currency) == ("DE", "EUR")
    with scope(workspace.pk):
        assert Reason.objects.exists()
    signed_in = client.post(SIGN_IN, {"login": "olga@example.com", "password": PASSWORD})
    assert signed_in.status_code == 302
    assert client.get("/w/harbor/leads/").status_code == 200
    assert client.get("/admin/accounts/apikey/add/").status_code == 200
    owner = User.objects.get()
    assert not owner.is_superuser
    assert Membership.objects.get().role == Role.OWNER


def test_whoever_runs_the_installation_sees_all_of_it(client, world):
    create(superuser=True)
    client.post(SIGN_IN, {"login": "olga@example.com", "password": PASSWORD})
    assert "Home" in client.get("/admin/accounts/workspace/").content.decode()


def test_somebody_who_is_here_keeps_their_password(world):
    before = User.objects.get(pk=world.rep.pk).password
    create(owner=world.rep.email.upper())
    user = User.objects.get(pk=world.rep.pk)
    assert user.password == before
    assert user.memberships.filter(workspace__slug="harbor", role=Role.OWNER).exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"workspace": "home"}, "is taken"),
        ({"workspace": "register"}, "cannot name a workspace"),
        ({"workspace": "Not A Slug"}, "lower-case letters"),
        ({"time_zone": "Mars/Olympus"}, "is not a time zone"),
        ({"country": "Germany"}, "two-letter"),
        ({"owner": "nobody"}, "valid email"),
        ({"name": "  "}, "blank"),
        ({"owner": "rep@example.com", "superuser": True}, "in the admin only"),
    ],
)
def test_what_does_not_fit_is_said_and_leaves_nothing(world, options, told):
    before = (Organization.objects.count(), User.objects.count(), Workspace.objects.count())
    with pytest.raises(CommandError, match=told):
        create(options.pop("name", "Harbor"), **options)
    after = (Organization.objects.count(), User.objects.count(), Workspace.objects.count())
    assert after == before


def test_weak_passwords_are_refused(db, monkeypatch):
    monkeypatch.setenv(PASSWORD_VARIABLE, "olga")
    with pytest.raises(CommandError, match="too short"):
        create()
    assert not User.objects.exists()


class TestAtTheTerminal:
    @pytest.fixture(autouse=True)
    def _unset(self, monkeypatch):
        monkeypatch.delenv(PASSWORD_VARIABLE)

    def test_the_password_is_asked_for_twice(self, client, db):
        with patch("getpass.getpass", side_effect=[PASSWORD, PASSWORD]):
            create()
        assert client.login(username="olga@example.com", password=PASSWORD)

    def test_two_different_ones_create_nothing(self, db):
        with (
            patch("getpass.getpass", side_effect=[PASSWORD, "another"]),
            pytest.raises(CommandError, match="differ"),
        ):
            create()
        assert not Organization.objects.exists()

    def test_without_a_terminal_the_variable_is_named(self, db):
        with (
            patch("getpass.getpass", side_effect=EOFError),
            pytest.raises(CommandError, match=PASSWORD_VARIABLE),
        ):
            create()
