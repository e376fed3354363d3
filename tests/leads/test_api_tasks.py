"""Tasks over REST."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.api import examples, shapes
from leads.api.listings import TASKS, TaskFilter
from tests.api import signed_in, with_key

SOON = "2030-05-01T10:00:00Z"


@pytest.fixture
def api(world):
    return with_key(world.key())


@pytest.fixture
def ann(api):
    return api.post("leads/", {"email": "ann@example.com", "first_name": "Ann"}).json()


def add(api, lead, title="Call back", **facts):
    answer = api.post(f"leads/{lead['number']}/tasks/", {"title": title, **facts})
    assert answer.status_code == 201, answer.content
    return answer.json()


def titles(api, path="tasks/", **params):
    answer = api.get(path, **params)
    assert answer.status_code == 200, answer.content
    return [row["title"] for row in answer.json()["results"]]


def test_a_task_from_adding_to_deleting(api, ann, world):
    made = add(api, ann, due_at=SOON, remind_at="2030-05-01T09:30:00Z", owner_user_id=world.rep.pk)
    assert (made["done"], made["owner_name"]) == (False, "Rep")
    assert made["reminder_at"] == "2030-05-01T09:30:00Z"
    lead = f"leads/{ann['number']}"
    for path in (f"tasks/{made['id']}/", f"{lead}/tasks/{made['id']}"):
        assert api.get(path).json() == made
    detail = api.get(f"{lead}/").json()
    assert (detail["tasks"], detail["next_task_at"]) == ([made], SOON)
    later = {"due_at": "2030-05-02T10:00:00Z", "reminder_at": None, "owner_user_id": None}
    moved = api.patch(f"{lead}/tasks/{made['id']}/", later).json()
    assert moved == made | later | {"owner_name": "", "updated_at": moved["updated_at"]}
    done = api.put(f"tasks/{made['id']}/", moved | {"done": True})
    assert (done.json()["done"], done.json()["done_by"]) == (True, "Test key")
    assert api.get(f"{lead}/").json()["next_task_at"] is None
    assert api.patch(f"tasks/{made['id']}/", {"done": False}).json()["done_at"] is None
    refused = api.patch(f"tasks/{made['id']}/", {"done_by": "me"})
    assert (refused.status_code, refused.json()["code"]) == (422, "read_only")
    assert api.delete(f"tasks/{made['id']}/").status_code == 204
    assert api.get(f"tasks/{made['id']}/").status_code == 404


def test_what_cannot_be_names_its_field(api, ann, world):
    path = f"leads/{ann['id']}/tasks/"
    for body, field in (
        ({}, "title"),
        ({"title": " "}, "title"),
        ({"title": "x", "due": SOON}, "due"),
        ({"title": "x", "due_at": "soon"}, "due_at"),
        ({"title": "x", "due_at": "9999-01-01T00:00:00Z"}, "due_at"),
        ({"title": "x", "owner_user_id": str(world.stranger.pk)}, "owner_user_id"),
    ):
        answer = api.post(path, body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), body
    assert titles(api) == []


def test_the_list_is_narrowed_by_owner_due_time_and_state(api, ann, world):
    add(api, ann, "late", due_at="2024-05-01T10:00:00Z", owner_user_id=world.rep.pk)
    add(api, ann, "soon", due_at=SOON, owner_user_id=world.other_rep.pk)
    done = add(api, ann, "done", due_at="2024-06-01T10:00:00Z", owner_user_id=world.rep.pk)
    api.patch(f"tasks/{done['id']}/", {"done": True})
    assert titles(api) == ["late", "done", "soon"]
    for path in ("tasks/", f"leads/{ann['id']}/tasks/"):
        assert titles(api, path, owner=str(world.rep.pk)) == ["late", "done"]
        assert titles(api, path, done="false", ordering="-due_at") == ["soon", "late"]
        assert titles(api, path, done="true") == ["done"]
        assert titles(api, path, overdue="true") == ["late"]
        assert titles(api, path, overdue="false") == ["done", "soon"]
        assert titles(api, path, due_before="2024-06-01", due_after="2024-05-01") == ["late"]
        assert api.get(path, overdue="perhaps").status_code == 422
        assert api.get(path, owned_by_me="true").status_code == 422
        assert titles(signed_in(world.rep), path, owned_by_me="true") == ["late", "done"]
        assert titles(signed_in(world.rep), path, owned_by_me="false") == ["soon"]


def test_a_task_is_of_its_lead_and_workspace_only(api, ann, world):
    made = add(api, ann)
    bob = api.post("leads/", {"email": "bob@example.com"}).json()
    assert api.get(f"leads/{bob['id']}/tasks/{made['id']}/").status_code == 404
    assert titles(api, f"leads/{bob['id']}/tasks/") == []
    for caller in (with_key(world.key(world.sibling)), signed_in(world.stranger, "abroad")):
        assert titles(caller) == []
        for method in ("get", "patch", "delete"):
            assert caller.call(method, f"tasks/{made['id']}/", {}).status_code == 404
    viewer = signed_in(world.viewer)
    assert titles(viewer) == ["Call back"]
    assert viewer.patch(f"tasks/{made['id']}/", {"done": True}).status_code == 403
    assert signed_in(world.rep).patch(f"tasks/{made['id']}/", {"done": True}).status_code == 200


def test_tasks_of_a_deleted_lead_are_out_of_sight(api, ann):
    made = add(api, ann)
    api.delete(f"leads/{ann['id']}/")
    assert titles(api) == []
    assert api.get(f"tasks/{made['id']}/").status_code == 404
    api.post(f"leads/{ann['id']}/restore/")
    assert titles(api) == ["Call back"]


def test_the_documentation_says_what_there_is():
    assert list(shapes.TaskSerializer().fields) == list(examples.TASK)
    paging = {"ordering", "limit", "cursor", "count", "workspace_id", "workspaceId"}
    assert {one.name for one in TASKS.parameters} - paging == set(TaskFilter.base_filters)


def test_the_number_of_queries_does_not_grow_with_rows(api, ann, world):
    def queries(path):
        with CaptureQueriesContext(connection) as captured:
            assert api.get(path).status_code == 200
        return len(captured)

    add(api, ann, "first", owner_user_id=world.rep.pk)
    paths = ("tasks/", f"leads/{ann['id']}/tasks/", f"leads/{ann['id']}/")
    before = [queries(path) for path in paths] and [queries(path) for path in paths]
    for number in range(5):
        add(api, ann, f"more {number}", owner_user_id=world.other_rep.pk)
    assert [queries(path) for path in paths] == before
