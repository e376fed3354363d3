"""Merging over REST: suggestions, merging by contact or lead, old ids, undoing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations import outbox
from tests.api import signed_in, with_key


@pytest.fixture
def api(world):
    return with_key(world.key())


@pytest.fixture
def pair(api):
    """Two Anns of one company: the suggestion comes from the outbox."""
    facts = {"first_name": "Ann", "last_name": "Moss", "company": "Moss Ltd"}
    leads = [
        api.post("leads/", facts | {"email": email}).json()
        for email in ("ann@example.com", "a.moss@example.org")
    ]
    outbox.drain()
    return leads


def test_from_the_suggestion_to_the_undone_merge(api, pair):
    ann, anne = pair
    (found,) = api.get("leads/duplicates/").json()["results"]
    assert found["reasons"] == ["name_company"]
    assert [one["id"] for one in found["contacts"]] == [ann["contact_id"], anne["contact_id"]]
    answer = api.post(
        "leads/merge/",
        {"keep": ann["number"], "merge": anne["contact_id"], "fields": {"email": "merge"}},
    )
    made = answer.json()
    assert (answer.status_code, made["contact_id"]) == (201, ann["contact_id"])
    assert (made["lead_id"], made["lost_lead_id"]) == (ann["id"], anne["id"])
    assert api.get("leads/duplicates/").json()["results"] == []
    # The old ids and numbers answer with what stayed.
    for path in (f"contacts/{anne['contact_id']}/", f"contacts/{made['lost_contact_number']}/"):
        read = api.get(path).json()
        assert (read["id"], read["email"]) == (ann["contact_id"], "a.moss@example.org")
    for path in (f"leads/{anne['id']}/", f"leads/{anne['number']}/"):
        assert api.get(path).json()["id"] == ann["id"]
    logged = {
        "contact_id": anne["contact_id"],
        "lead_id": anne["number"],
        "converted_by": "x",
        "conversion_type": "demo",
    }
    assert api.post("conversions/log/", logged).json()["contact_id"] == ann["contact_id"]
    assert api.patch(f"leads/{anne['number']}/", {"notes": "x"}).json()["id"] == ann["id"]
    assert api.get("merges/", contact_id=ann["contact_id"]).json()["results"] == [made]
    again = api.post("leads/merge/", {"keep": ann["number"], "merge": anne["number"]})
    assert (again.status_code, again.json()["code"]) == (409, "already_merged")
    undone = api.post(f"merges/{made['id']}/undo/").json()
    assert undone == made | {"undone_at": undone["undone_at"], "undone_by": "Test key"}
    assert api.post(f"merges/{made['id']}/undo/").json() == undone
    assert api.get(f"leads/{anne['id']}/").json()["email"] == "a.moss@example.org"
    assert api.get(f"merges/{made['id']}/").json() == undone


def test_what_cannot_be_merged_says_why(api, pair):
    ann, anne = pair
    for body, status, field in (
        ({"keep": ann["id"]}, 422, "merge"),
        ({"keep": ann["id"], "merge": ann["contact_id"]}, 409, None),
        ({"keep": ann["id"], "merge": ann["id"]}, 422, "merge"),
        ({"keep": ann["id"], "merge": 999999}, 404, "merge"),
        ({"keep": ann["id"], "merge": anne["id"], "fields": {"email": 1}}, 422, "fields.email"),
        ({"keep": ann["id"], "merge": anne["id"], "fields": {"x": "keep"}}, 422, "fields.x"),
        ({"keep": ann["id"], "merge": anne["id"], "fields": []}, 422, "fields"),
    ):
        answer = api.post("leads/merge/", body)
        assert answer.status_code == status, answer.content
        fields = {error["field"] for error in answer.json().get("errors", [])}
        assert fields == ({field} if field else set())


def test_reps_see_suggestions_and_managers_decide(world, api, pair):
    ann, anne = pair
    (found,) = api.get("leads/duplicates/", contact_id=ann["contact_id"]).json()["results"]
    rep, manager = signed_in(world.rep), signed_in(world.manager)
    assert rep.get("leads/duplicates/").json()["results"] == [found]
    body = {"keep": ann["id"], "merge": anne["id"]}
    assert rep.post("leads/merge/", body).status_code == 403
    assert rep.post(f"leads/duplicates/{found['id']}/dismiss/").status_code == 403
    dismissed = manager.post(f"leads/duplicates/{found['id']}/dismiss/").json()
    assert dismissed["dismissed_by"] == "Manager"
    assert api.get("leads/duplicates/").json()["results"] == []
    # A person's word stands, whatever comes in later.
    api.patch(f"leads/{anne['id']}/", {"notes": "x"})
    outbox.drain()
    assert api.get("leads/duplicates/").json()["results"] == []
    abroad = with_key(world.key(world.abroad))
    assert abroad.post("leads/merge/", body).status_code == 404
    assert api.get("leads/duplicates/", contact_id="999999").status_code == 422


def test_a_rep_of_own_leads_sees_no_suggestion_about_others(world, api, pair):
    world.home.rep_lead_access = "own"
    world.home.save()
    rep = signed_in(world.rep)
    assert len(rep.get("leads/duplicates/").json()["results"]) == 1
    api.post(f"leads/{pair[0]['id']}/assign/", {"user_id": str(world.other_rep.pk)})
    assert rep.get("leads/duplicates/").json()["results"] == []


def test_lists_cost_the_same_however_long(api, pair):
    def cost(path):
        with CaptureQueriesContext(connection) as queries:
            assert api.get(path).status_code == 200
        return len(queries)

    before = cost("leads/duplicates/")
    facts = {"first_name": "Ann", "last_name": "Moss", "company": "Moss Ltd"}
    for number in range(3):
        api.post("leads/", facts | {"email": f"ann{number}@example.net"})
    outbox.drain()
    assert len(api.get("leads/duplicates/").json()["results"]) > 3
    assert cost("leads/duplicates/") == before
