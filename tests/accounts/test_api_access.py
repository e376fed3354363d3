"""Who may call what: every address of the API, with everybody's credentials."""

from itertools import product

import pytest
from django.test import Client

from accounts.authentication import CHALLENGE
from accounts.models import Workspace
from accounts.permissions import SCOPE_PERMISSIONS, Permission
from leads.api.leads import LeadsView
from tests.api import (
    METHODS,
    Caller,
    addresses,
    everything_stored,
    one_of_everything,
    signed_in,
    with_key,
)

ALL = addresses()
BENEATH = [address for address in ALL if address.names]
LISTS = [address for address in ALL if address.view.listing is not None]
WRITES = [
    (address, method)
    for address in ALL
    for method, permission in address.view.needs.items()
    if permission is not Permission.VIEW
]


def test_the_addresses_are_all_found():
    patterns = {address.pattern for address in ALL}
    assert {
        "leads/<lead>/qualify",
        "connections/<connection>/test",
        "workspaces/register",
    } <= patterns
    assert len(ALL) > 35


@pytest.mark.parametrize("who", ["session", "key", "organization_key", "named_workspace"])
def test_a_strangers_id_is_404_for_every_method_and_changes_nothing(world, who):
    ids = one_of_everything(world).ids()
    # There are more addresses than a workspace has requests in an hour.
    Workspace.objects.update(rate_limit_per_hour=100_000)
    callers = {
        "session": signed_in(world.stranger, "abroad"),
        "key": with_key(world.key(world.abroad)),
        "organization_key": with_key(
            world.key(world.abroad, of_organization=True), X_Workspace_ID="abroad"
        ),
        "named_workspace": with_key(world.key(world.abroad), X_Workspace_ID="home"),
    }
    before = everything_stored()
    for address, method in product(BENEATH, METHODS):
        for body in ({}, {"nonsense": 1}, "{"):
            answer = callers[who].call(method, address.path(ids), body)
            assert answer.status_code == 404, (address, method, answer.content)
            assert answer["Content-Type"] == "application/problem+json"
    assert everything_stored() == before


def test_a_stranger_finds_nothing_in_lists(world):
    rows = one_of_everything(world)
    stranger = with_key(world.key(world.abroad))
    for address in LISTS:
        if address.names:
            continue
        answer = stranger.get(address.path(rows.ids()), count="true")
        assert answer.status_code == 200, address
        text = answer.content.decode()
        assert not [name for name, row_id in rows.ids().items() if str(row_id) in text], address
        assert answer.json()["count"] == len(answer.json()["results"])


def test_without_credentials_it_is_401(world):
    ids = one_of_everything(world).ids()
    before = everything_stored()
    for caller, address, method in product((Caller(), with_key("ll_no")), ALL, METHODS):
        answer = caller.call(method, address.path(ids))
        assert answer.status_code == 401, (address, method)
        assert answer["WWW-Authenticate"].startswith("ApiKey")
    assert everything_stored() == before


def test_viewers_and_reading_keys_write_nothing(world):
    ids = one_of_everything(world).ids()
    before = everything_stored()
    callers = {
        "permission_denied": signed_in(world.viewer),
        "scope_missing": with_key(world.key(scopes=("read",))),
    }
    for (code, caller), (address, method) in product(callers.items(), WRITES):
        answer = caller.call(method.lower(), address.path(ids), {})
        assert answer.status_code == 403, (address, method, answer.content)
        assert answer.json()["code"] == code
    assert everything_stored() == before


@pytest.mark.parametrize("scope", ["read", "update", "convert", "admin"])
def test_a_keys_scope_opens_what_the_table_says_and_no_more(world, scope):
    ids = one_of_everything(world).ids()
    caller = with_key(world.key(scopes=(scope,)))
    for address in ALL:
        for method, permission in address.view.needs.items():
            if (address.pattern, method) == ("workspaces/register", "POST"):
                continue  # an organization's key only; tested with workspaces
            if method == "DELETE":
                continue  # would take away what the rest is tried on
            refused = caller.call(method.lower(), address.path(ids), "{").status_code == 403
            allowed = permission in SCOPE_PERMISSIONS[scope]
            assert refused is not allowed, (address.pattern, method)


@pytest.mark.parametrize(
    ("who", "forbidden"),
    [
        ("owner", set()),
        (
            "manager",
            {
                "connections POST",
                "connections/<connection> PUT",
                "connections/<connection> PATCH",
                "connections/<connection> DELETE",
                "connections/<connection>/test POST",
                "workspaces/register POST",
            },
        ),
    ],
)
def test_what_owners_and_managers_may(world, who, forbidden):
    ids = one_of_everything(world).ids()
    caller = signed_in(getattr(world, who))
    refused = set()
    for address in ALL:
        for method in address.view.needs:
            # Broken JSON: what is allowed gets as far as reading it, or answers without.
            if method == "DELETE" and who == "owner":
                continue
            path = address.path(ids)
            if method == "DELETE" and "connection" not in address.names:
                continue
            if caller.call(method.lower(), path, "{").status_code == 403:
                refused.add(f"{address.pattern} {method}")
    assert refused == forbidden


def test_reps_work_leads_and_log_conversions_but_do_not_assign_or_delete(world):
    rows = one_of_everything(world)
    rep = signed_in(world.rep)
    lead = f"leads/{rows.lead.number}"
    assert rep.post(f"{lead}/interactions/", {"type": "note"}).status_code == 201
    log = {"contact_id": rows.contact.number, "conversion_type": "demo", "converted_by": "Rita"}
    assert rep.post("conversions/log/", log).status_code == 201
    assert rep.post(f"{lead}/assign/", {"user_id": None}).status_code == 403
    assert rep.delete(f"{lead}/").status_code == 403


def test_a_rep_who_sees_own_leads_only_gets_404_for_anothers(world):
    rows = one_of_everything(world)
    owner = signed_in(world.owner)
    lead = f"leads/{rows.lead.number}"
    assert owner.post(f"{lead}/assign/", {"user_id": world.rep.pk}).status_code == 200
    world.home.rep_lead_access = "own"
    world.home.save()
    other, own = signed_in(world.other_rep), signed_in(world.rep)
    for path in (
        f"{lead}/",
        f"{lead}/interactions/",
        f"contacts/{rows.contact.number}/",
        f"appointments/{rows.appointment.pk}/",
        f"uploads/{rows.upload.pk}/",
    ):
        assert own.get(path).status_code == 200, path
        assert other.get(path).status_code == 404, path
    lists = ("leads/", "contacts/", "interactions/", "appointments/", "uploads/", "conversions/")
    for path in lists:
        assert own.get(path).json()["results"], path
        assert other.get(path).json()["results"] == [], path


def test_a_session_needs_csrf_for_writing_and_a_key_does_not(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.owner)
    session = Caller({"X-Workspace-ID": "home"}, client)
    assert session.get("leads/").status_code == 200
    refused = session.post("leads/", {"email": "ann@example.com"})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    key = Caller({"X-API-Key": world.key()}, Client(enforce_csrf_checks=True))
    assert key.post("leads/", {"email": "ann@example.com"}).status_code == 201


def test_an_inactive_membership_opens_nothing(world):
    world.rep.memberships.update(is_active=False)
    assert signed_in(world.rep).get("leads/").status_code == 404


def test_a_view_that_nobody_found_a_caller_for_is_closed(rf):
    answer = LeadsView.as_view()(rf.get("/api/v1/leads/"))
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == CHALLENGE
