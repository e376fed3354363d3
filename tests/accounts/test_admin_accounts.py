"""Workspaces, people and keys in the admin."""

import re

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from accounts.api_keys import find_key
from accounts.models import ApiKey, Membership, User, Workspace
from accounts.tenancy import scope
from leads.models import Reason
from tests.admin_rows import staff


@pytest.fixture
def superuser(db):
    return User.objects.create_superuser("root@example.com", "correct-horse-battery", name="Root")


@pytest.fixture
def owner(world):
    staff(world.owner, world.manager, world.rep)
    return world.owner


def told(response):
    return " | ".join(str(message) for message in get_messages(response.wsgi_request))


def test_a_key_is_shown_once_and_never_again(client, world, owner):
    client.force_login(owner)
    given = {"name": "Website", "workspace": world.home.pk, "scopes": ["read", "update"]}
    response = client.post("/admin/accounts/apikey/add/", given)
    key = re.search(r"ll_[\w-]+", told(response)).group()
    row = find_key(key)
    assert (row.workspace, row.created_by, row.scopes) == (world.home, owner, ["read", "update"])
    client.get("/admin/accounts/apikey/")
    for page in ("/admin/accounts/apikey/", reverse("admin:accounts_apikey_change", args=[row.pk])):
        content = client.get(page).content.decode()
        assert "Website" in content
        assert key not in content
        assert row.digest not in content


def test_only_superusers_make_keys_for_a_whole_organization(client, world, owner, superuser):
    client.force_login(owner)
    given = {"name": "All", "scopes": ["read"], "organization": world.organization.pk}
    refused = client.post("/admin/accounts/apikey/add/", given)
    assert "This field is required" in refused.content.decode()
    assert not ApiKey.objects.exists()
    client.force_login(superuser)
    foreign = client.post("/admin/accounts/apikey/add/", given | {"workspace": world.abroad.pk})
    assert "belongs to another organization" in foreign.content.decode()
    assert client.post("/admin/accounts/apikey/add/", given).status_code == 302
    assert ApiKey.objects.get().workspace is None


def test_revoked_keys_open_nothing(client, world, owner):
    key = world.key()
    row = ApiKey.objects.get()
    client.force_login(owner)
    address = f"/admin/accounts/apikey/{row.pk}/revoke/"
    assert client.get(address).status_code == 200
    assert find_key(key) is not None
    client.post(address)
    assert find_key(key) is None
    other = world.key()
    ids = [str(pk) for pk in ApiKey.objects.values_list("pk", flat=True)]
    chosen = {"action": "revoke_keys", "_selected_action": ids}
    client.post("/admin/accounts/apikey/", chosen)
    assert find_key(other) is None
    client.force_login(world.manager)
    assert client.post(address).status_code in (302, 403, 404)


def test_a_new_workspace_has_what_every_workspace_has(client, world, owner, superuser):
    given = {
        "organization": world.organization.pk,
        "name": "Branch",
        "slug": "branch",
        "country": "DE",
        "currency": "EUR",
        "time_zone": "Europe/Berlin",
        "rep_lead_access": "all",
        "rate_limit_per_hour": "1000",
        "final_conversion_types": "",
    }
    client.force_login(owner)
    assert client.post("/admin/accounts/workspace/add/", given).status_code == 403
    client.force_login(superuser)
    assert client.post("/admin/accounts/workspace/add/", given).status_code == 302
    workspace = Workspace.objects.get(slug="branch")
    with scope(workspace.pk):
        assert Reason.objects.filter(code="no_contact").count() == 2
    again = client.post("/admin/accounts/workspace/add/", given)
    assert again.status_code == 200
    assert "already exists" in again.content.decode()


def workspace_form(workspace, **changes):
    unchanged = {
        "name": workspace.name,
        "country": "US",
        "currency": "USD",
        "time_zone": "UTC",
        "rep_lead_access": "all",
        "rate_limit_per_hour": "1000",
        "final_conversion_types": "",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    }
    return unchanged | changes


def test_owners_change_their_workspace_but_not_its_short_name(client, world, owner):
    address = reverse("admin:accounts_workspace_change", args=[world.home.pk])
    client.force_login(owner)
    given = workspace_form(world.home, name="Home, renamed", slug="stolen")
    assert client.post(address, given).status_code == 302
    world.home.refresh_from_db()
    assert (world.home.name, world.home.slug) == ("Home, renamed", "home")
    client.force_login(world.manager)
    assert client.post(address, given).status_code == 403


def test_owners_change_roles_of_their_own_members_only(client, world, owner):
    mine = Membership.objects.get(user=world.rep)
    foreign = Membership.objects.get(user=world.stranger)
    client.force_login(owner)
    given = {"role": "viewer", "is_active": "on"}
    client.post(reverse("admin:accounts_membership_change", args=[mine.pk]), given)
    client.post(reverse("admin:accounts_membership_change", args=[foreign.pk]), given)
    mine.refresh_from_db()
    foreign.refresh_from_db()
    assert (mine.role, foreign.role) == ("viewer", "owner")
    taken = {"user": world.stranger.pk, "workspace": world.home.pk, "role": "rep"}
    refused = client.post("/admin/accounts/membership/add/", taken)
    assert "not one of the available choices" in refused.content.decode()


def test_only_superusers_change_people(client, world, owner, superuser):
    address = reverse("admin:accounts_user_change", args=[world.rep.pk])
    given = {
        "email": "Changed@Example.com",
        "name": "Changed",
        "is_active": "on",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    }
    client.force_login(owner)
    assert client.get(address).status_code == 200
    assert client.post(address, given | {"is_superuser": "on"}).status_code == 403
    assert client.get(f"/admin/accounts/user/{world.rep.pk}/password/").status_code == 403
    client.force_login(superuser)
    assert client.post(address, given).status_code == 302
    world.rep.refresh_from_db()
    assert (world.rep.email, world.rep.is_superuser) == ("changed@example.com", False)


def test_superusers_add_people_and_set_passwords(client, superuser):
    client.force_login(superuser)
    given = {
        "email": "New@Example.com",
        "name": "New",
        "usable_password": "true",
        "password1": "a-fine-pass-phrase",
        "password2": "a-fine-pass-phrase",
    }
    assert client.post("/admin/accounts/user/add/", given).status_code == 302
    user = User.objects.get(email="new@example.com")
    assert user.check_password("a-fine-pass-phrase")
    twice = client.post("/admin/accounts/user/add/", given | {"email": "NEW@example.com"})
    assert "here already" in twice.content.decode()
    address = f"/admin/accounts/user/{user.pk}/password/"
    assert client.get(address).status_code == 200
    changed = {
        "usable_password": "true",
        "password1": "another-pass-phrase",
        "password2": "another-pass-phrase",
    }
    client.post(address, changed)
    user.refresh_from_db()
    assert user.check_password("another-pass-phrase")
