"""Where somebody stands in a workspace is asked each time; what did not change is kept."""

from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.middleware import member_actor
from accounts.models import Membership, User, Workspace
from accounts.workspace_roles import _known, workspace_and_role


@pytest.fixture(params=["slug", "pk"])
def stands(request, world):
    name = str(getattr(world.home, request.param))
    return lambda user: workspace_and_role(user, name)


def test_members_have_a_role_and_strangers_none(world, stands):
    assert stands(world.rep) == (world.home, "rep")
    assert stands(world.manager) == (world.home, "manager")
    assert stands(world.stranger) == (world.home, None)
    assert workspace_and_role(world.rep, "nowhere") is None


def test_who_is_removed_or_given_another_role_stands_so_at_once(world, stands):
    membership = Membership.objects.filter(user=world.rep, workspace=world.home)
    membership.update(role="viewer")
    assert stands(world.rep)[1] == "viewer"
    membership.update(is_active=False)
    assert stands(world.rep)[1] is None


def test_a_change_of_workspace_or_organization_is_seen_by_the_next_request(world, stands):
    stands(world.rep)
    Workspace.objects.filter(pk=world.home.pk).update(name="Renamed")
    assert stands(world.rep)[0].name == "Renamed"
    world.organization.name = "Another"
    world.organization.save()
    assert stands(world.rep)[0].organization.name == "Another"


def test_the_second_time_takes_one_query_and_shares_no_object(world, stands):
    first = stands(world.rep)[0]
    first.name = first.organization.name = "scribbled"
    with CaptureQueriesContext(connection) as captured:
        again = stands(world.rep)[0]
    assert len(captured) == 1
    assert "scribbled" not in (again.name, again.organization.name)


def test_a_workspace_that_is_deleted_in_this_moment_is_none(world, stands):
    _known.keep(world.home.pk, "an older version", world.home)
    with patch("accounts.workspace_roles.Workspace.objects.select_related") as rows:
        rows.return_value.filter.return_value.first.return_value = None
        assert stands(world.rep) is None


def test_an_operator_works_as_owner_in_workspaces_they_are_no_member_of(world):
    operator = User.objects.create_superuser("operator@example.com", "unused-but-long")
    actor = member_actor(operator, "home", via="page")
    assert actor is not None
    assert (actor.role, actor.workspace) == ("owner", world.home)
    assert member_actor(world.stranger, "home", via="page") is None
    Membership.objects.create(user=operator, workspace=world.home, role="viewer")
    assert member_actor(operator, "home", via="page").role == "viewer"
