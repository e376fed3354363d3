"""`/leads/bulk/` and `/jobs/`: the contract, and who may."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tenancy import scope
from leads.api.job_shapes import JOB, JOBS, JobFilter, JobSerializer
from leads.bulk import job_runs
from leads.bulk.bulk_actions import known_actions
from leads.models import ContactTag, Job, Lead
from tests.api import signed_in, with_key


@pytest.fixture
def api(world):
    return with_key(world.key())


@pytest.fixture
def ann(api):
    body = {"first_name": "Ann", "email": "ann@example.com", "source": "phone"}
    return api.post("leads/", body).json()


def refusal(response):
    assert response.status_code == 422, response.content
    body = response.json()
    (error,) = body["errors"]
    return body["code"], error["field"], error["code"]


def test_a_bulk_action_is_a_job_with_progress_and_result(api, ann, world):
    body = {"filter": {"source": ["phone"]}, "action": "assign", "userId": str(world.rep.pk)}
    response = api.post("leads/bulk/", body)
    made = response.json()
    assert response.status_code == 202
    assert (made["status"], made["progress"], made["total"]) == ("queued", 0, 1)
    assert made["parameters"] == {"user_id": str(world.rep.pk), "name": "Rep"}
    job_runs.work_off()
    job = api.get(f"jobs/{made['id']}/").json()
    assert (job["status"], job["progress"], job["done"]) == ("completed", 100, 1)
    assert job["result"] == {"changed": 1, "unchanged": 0, "failed": 0, "errors": []}
    assert api.get(f"leads/{ann['id']}/").json()["assigned_to_user_id"] == str(world.rep.pk)
    assert list(job) == list(JOB) == list(JobSerializer().fields)
    assert [row["id"] for row in api.get("jobs/", status="completed").json()["results"]] == [
        job["id"]
    ]
    assert api.get("jobs/", action="tag,lose").json()["results"] == []


@pytest.mark.parametrize(
    ("action", "more", "field", "value"),
    [
        ("auto_assign", {}, "assigned_to_user_id", None),
        ("tag", {"tags": ["hot", "hot "]}, "tags", ["hot"]),
        ("untag", {"tags": ["none"]}, "tags", []),
        ("lose", {"loss_reason": "price", "unqualified_reason": "no_need"}, "status", "lost"),
    ],
)
def test_each_action(api, ann, action, more, field, value):
    response = api.post("leads/bulk/", {"ids": [ann["number"]], "action": action, **more})
    assert response.status_code == 202, response.content
    job_runs.work_off()
    lead = api.get(f"leads/{ann['id']}/").json()
    assert lead[field] == value or (value is None and lead[field])


def test_deleting_restoring_and_taking_it_back(api, ann):
    made = api.post("leads/bulk/", {"all": True, "action": "delete"}).json()
    job_runs.work_off()
    assert api.get(f"leads/{ann['id']}/").status_code == 404
    back = api.post(f"jobs/{made['id']}/undo/").json()
    assert (back["action"], back["undoes"]) == ("restore", made["id"])
    job_runs.work_off()
    assert api.get(f"leads/{ann['id']}/").status_code == 200
    api.delete(f"leads/{ann['id']}/")
    api.post("leads/bulk/", {"ids": [ann["id"]], "action": "restore"})
    job_runs.work_off()
    assert api.get(f"leads/{ann['id']}/").status_code == 200
    wrong = {"all": True, "action": "restore"}
    assert refusal(api.post("leads/bulk/", wrong)) == ("invalid", "filter", "invalid")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"ids": ["1"], "action": "paint"}, ("unknown_action", "action", "unknown_action")),
        ({"ids": ["1"]}, ("invalid", "action", "required")),
        ({"action": "delete"}, ("invalid", "filter", "required")),
        ({"action": "delete", "filter": {}}, ("invalid", "filter", "required")),
        ({"action": "delete", "ids": []}, ("invalid", "ids", "required")),
        ({"action": "delete", "ids": ["1"], "all": True}, ("invalid", "ids", "conflict")),
        (
            {"action": "delete", "filter": {"staus": "new"}, "all": True},
            ("unknown_parameter", "filter.staus", "unknown_parameter"),
        ),
        (
            {"action": "delete", "filter": {"status": ""}},
            ("invalid", "filter.status", "required"),
        ),
        (
            {"action": "delete", "filter": {"assigned_to_me": True}},
            ("invalid", "filter.assigned_to_me", "invalid"),
        ),
        (
            {"action": "delete", "all": True, "tags": ["x"]},
            ("unknown_field", "tags", "unknown_field"),
        ),
        ({"action": "tag", "all": True, "tags": [" "]}, ("invalid", "tags.0", "blank")),
        ({"action": "tag", "all": True}, ("invalid", "tags", "required")),
        (
            {"action": "lose", "all": True, "loss_reason": "x"},
            ("invalid", "loss_reason", "unknown_reason"),
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(api, ann, body, expected):
    assert refusal(api.post("leads/bulk/", body)) == expected
    assert api.get("jobs/").json()["results"] == []


def test_a_stranger_is_not_assigned_to(api, ann, world):
    body = {"all": True, "action": "assign", "user_id": str(world.stranger.pk)}
    assert refusal(api.post("leads/bulk/", body)) == ("invalid", "user_id", "not_a_member")


def test_what_another_workspace_owns_is_not_found(api, ann, world):
    abroad = with_key(world.key(world.abroad))
    theirs = abroad.post("leads/", {"email": "x@example.com"}).json()
    body = {"ids": [theirs["id"], theirs["number"], ann["id"]], "action": "tag", "tags": ["hot"]}
    made = api.post("leads/bulk/", body).json()
    job_runs.work_off()
    result = api.get(f"jobs/{made['id']}/").json()["result"]
    assert (result["changed"], result["failed"]) == (1, 2)
    assert {error["code"] for error in result["errors"]} == {"not_found"}
    with scope(world.abroad.pk):
        assert not ContactTag.objects.exists()
    for method, path in (("get", ""), ("post", "cancel/"), ("post", "undo/")):
        assert abroad.call(method, f"jobs/{made['id']}/{path}").status_code == 404
    everything = {"all": True, "action": "delete"}
    api.post("leads/bulk/", everything)
    job_runs.work_off()
    with scope(world.abroad.pk):
        assert Lead.objects.alive().count() == 1


def test_who_may(api, ann, world):
    body = {"all": True, "action": "tag", "tags": ["x"]}
    assert signed_in(world.viewer).post("leads/bulk/", body).status_code == 403
    assert with_key(world.key(scopes=("read",))).post("leads/bulk/", body).status_code == 403
    rep = signed_in(world.rep)
    assert rep.post("leads/bulk/", {"all": True, "action": "delete"}).status_code == 403
    made = rep.post("leads/bulk/", body).json()
    assert rep.get(f"jobs/{made['id']}/").status_code == 200
    assert signed_in(world.other_rep).get(f"jobs/{made['id']}/").status_code == 404
    assert signed_in(world.manager).get(f"jobs/{made['id']}/").status_code == 200
    assert rep.post(f"jobs/{made['id']}/cancel/").json()["status"] == "canceled"
    assert rep.post(f"jobs/{made['id']}/run-again/").json()["status"] == "queued"
    assert rep.post(f"jobs/{made['id']}/undo/").status_code == 409


def test_the_same_call_twice_is_one_job(world, ann):
    body = {"all": True, "action": "delete"}
    api = with_key(world.key(), Idempotency_Key="once")
    first, second = api.post("leads/bulk/", body), api.post("leads/bulk/", body)
    assert first.json()["id"] == second.json()["id"]
    with world.scope():
        assert Job.objects.count() == 1


def test_the_documentation_says_what_there_is():
    paging = {"ordering", "limit", "cursor", "count", "workspace_id", "workspaceId"}
    assert {one.name for one in JOBS.parameters} - paging == set(JobFilter.base_filters)
    names = ["assign", "auto_assign", "tag", "untag", "lose", "delete", "restore", "add_to_list"]
    assert [action.name for action in known_actions()] == names


def test_the_number_of_queries_does_not_grow_with_rows(api, ann):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert api.get("jobs/").status_code == 200
        return len(captured)

    body = {"all": True, "action": "tag", "tags": ["x"]}
    api.post("leads/bulk/", body)
    before = [queries(), queries()][1]
    for _number in range(3):
        api.post("leads/bulk/", body)
    assert queries() == before
