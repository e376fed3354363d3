"""Saved views over REST."""

import pytest

from leads.api import examples
from leads.api.listings import VIEWS, ViewFilter
from leads.api.saved_views import SavedViewSerializer
from leads.fields import custom_fields
from tests.api import signed_in, with_key

HOT = {"name": "Hot", "filters": {"heat": ["HOT", "WARM"], "last_contacted_before": "30d"}}


@pytest.fixture
def api(world):
    return with_key(world.key())


def names(caller, **params):
    answer = caller.get("saved-views/", **params)
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


def test_a_view_from_saving_to_deleting(api, world):
    made = api.post("saved-views/", HOT | {"is_shared": True, "ordering": "-heat_score"}).json()
    assert made["filters"] == {"heat": ["HOT", "WARM"], "last_contacted_before": ["30d"]}
    assert made["query"] == "heat=HOT&heat=WARM&last_contacted_before=30d&ordering=-heat_score"
    assert (made["is_shared"], made["owner_user_id"], made["is_pinned"]) == (True, None, False)
    path = f"saved-views/{made['id']}/"
    assert api.get(path).json() == made
    assert api.get(f"/api/v1/leads/?{made['query']}").status_code == 200
    put = api.put(path, made | {"columns": ["status"], "filters": {"open": True}})
    assert (put.json()["columns"], put.json()["filters"]) == (["status"], {"open": ["true"]})
    assert api.patch(path, {"created_by": "me"}).json()["code"] == "read_only"
    taken = api.post("saved-views/", {"name": "Hot", "is_shared": True})
    assert (taken.status_code, taken.json()["code"]) == (409, "name_exists")
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def test_a_person_keeps_their_own_and_pins_what_they_see(api, world):
    rep = signed_in(world.rep)
    own = rep.post("saved-views/", HOT | {"is_pinned": True}).json()
    assert (own["owner_user_id"], own["is_pinned"]) == (str(world.rep.pk), True)
    shared = api.post("saved-views/", HOT | {"is_shared": True}).json()
    assert names(rep, shared="true") == names(rep, shared="false") == ["Hot"]
    assert names(rep, ordering="-created_at") == ["Hot", "Hot"]
    pinned = rep.patch(f"saved-views/{shared['id']}/", {"is_pinned": True})
    assert pinned.json()["is_pinned"] is True
    assert rep.patch(f"saved-views/{shared['id']}/", {"name": "Mine"}).status_code == 403
    assert rep.post("saved-views/", {"name": "New", "is_shared": True}).status_code == 403
    for stranger in (api, signed_in(world.other_rep), signed_in(world.stranger, "abroad")):
        for method in ("get", "patch", "delete"):
            assert stranger.call(method, f"saved-views/{own['id']}/", {}).status_code == 404
    assert names(signed_in(world.viewer)) == ["Hot"]
    assert signed_in(world.viewer).post("saved-views/", HOT).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "is_shared"),
        ({"is_shared": True, "is_pinned": True}, "is_pinned"),
        ({"is_shared": True, "filters": {"heat": "x"}}, "filters.heat"),
        ({"is_shared": True, "filters": {"heat": {"in": []}}}, "filters.heat"),
        ({"is_shared": True, "filters": ["heat"]}, "filters"),
        ({"is_shared": True, "colour": "red"}, "colour"),
        ({"is_shared": True, "columns": ["colour"]}, "columns"),
    ],
)
def test_what_cannot_be_names_its_field_and_saves_nothing(api, body, field):
    answer = api.post("saved-views/", {"name": "Hot"} | body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert names(api) == []


def test_a_key_shares_with_the_scope_for_it(world):
    assert with_key(world.key(scopes=("read",))).post("saved-views/", HOT).status_code == 403
    update = with_key(world.key(scopes=("read", "update")))
    assert update.post("saved-views/", HOT | {"is_shared": True}).status_code == 403


def test_the_new_filters_of_leads(api):
    for email in ("ann@example.com", "bea@example.com"):
        lead = api.post("leads/", {"email": email}).json()
        direction = "inbound" if email.startswith("bea") else "outbound"
        body = {"method": "email", "direction": direction}
        assert api.post(f"leads/{lead['id']}/contact/", body).status_code == 200

    def found(**params):
        answer = api.get("leads/", **params)
        assert answer.status_code == 200, answer.content
        return [row["email"][:3] for row in answer.json()["results"]]

    assert found(never_responded="true") == ["ann"]
    assert found(never_responded="false") == ["bea"]
    assert found(**{"from": "1d"}) == ["bea", "ann"]
    assert found(to="1d") == found(last_contacted_before="30d") == []
    assert api.get("leads/", to="d").status_code == 422


def test_the_documentation_says_what_there_is(world):
    with world.scope():
        for key in ("city", "state"):
            custom_fields.define(actor=world.actor(), label=key)
    assert list(SavedViewSerializer().fields) == list(examples.VIEW)
    api = with_key(world.key())
    made = api.post("saved-views/", examples.NEW_VIEW).json()
    told = {name: examples.VIEW[name] for name in ("filters", "query", "columns", "ordering")}
    assert {name: made[name] for name in told} == told
    assert api.patch(f"saved-views/{made['id']}/", examples.VIEW_CHANGES).status_code == 200
    paging = {"ordering", "limit", "cursor", "count", "workspace_id", "workspaceId"}
    assert {one.name for one in VIEWS.parameters} - paging == set(ViewFilter.base_filters)
