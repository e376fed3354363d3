"""Workspaces over REST, and what every address has in common."""

import pytest

from accounts import api
from accounts.models import Membership, Workspace
from accounts.tenancy import scope
from leads.models import Reason
from tests.api import Caller, signed_in, with_key

NEW = {"workspace_id": "workspace_123", "workspace_name": "Outside system"}


@pytest.fixture
def organization(world):
    return with_key(world.key(of_organization=True))


def test_registering_makes_a_workspace_with_a_key_that_works(world, organization):
    answer = organization.post("workspaces/register/", NEW | {"api_key": "mine"})
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == set(api.RegisteredSerializer().fields)
    assert body["permissions"] == ["read", "update", "convert"]
    key = with_key(body["api_key"])
    assert key.post("leads/", {"email": "ann@example.com"}).status_code == 201
    assert key.get("connections/").status_code == 200
    assert key.post("connections/", {"provider": "meta"}).status_code == 403
    made = Workspace.objects.get(slug="workspace_123")
    assert made.organization == world.organization
    with scope(made.pk):
        assert Reason.objects.exists()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"workspace_id": "home"}, 409),
        ({"workspace_id": "Not A Slug"}, 422),
        ({"workspace_id": ""}, 422),
        ({"permissions": ["fly"]}, 422),
        ({"permissions": []}, 422),
        ({"colour": "red"}, 422),
    ],
)
def test_what_cannot_be_registered(organization, change, status):
    before = Workspace.objects.count()
    answer = organization.post("workspaces/register/", NEW | change)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert Workspace.objects.count() == before


def test_an_owner_registers_one_and_owns_it(world):
    owner = signed_in(world.owner)
    assert owner.post("workspaces/register/", NEW).status_code == 201
    role = Membership.objects.get(user=world.owner, workspace__slug="workspace_123").role
    assert role == "owner"
    slugs = {row["workspace_id"] for row in owner.get("workspaces/").json()["results"]}
    assert slugs == {"home", "workspace_123"}


def test_a_workspaces_key_and_a_narrow_key_register_nothing(world):
    own = with_key(world.key()).post("workspaces/register/", NEW)
    assert (own.status_code, own.json()["code"]) == (403, "organization_key_required")
    narrow = with_key(world.key(scopes=("read", "update"), of_organization=True))
    assert narrow.post("workspaces/register/", NEW).status_code == 403
    assert not Workspace.objects.filter(slug="workspace_123").exists()


def test_credentials_see_their_workspaces(world, organization):
    def slugs(caller):
        return {row["workspace_id"] for row in caller.get("workspaces/").json()["results"]}

    assert slugs(organization) == {"home", "sibling"}
    assert slugs(with_key(world.key())) == {"home"}
    assert slugs(signed_in(world.rep)) == {"home"}
    shown = organization.get("workspaces/sibling/").json()
    assert set(shown) == set(api.WorkspaceSerializer().fields)
    assert organization.get(f"workspaces/{shown['id']}").json() == shown
    assert organization.get("workspaces/abroad/").status_code == 404
    assert with_key(world.key()).get("workspaces/sibling/").status_code == 404


def test_an_organization_key_names_the_workspace_elsewhere(world, organization):
    answer = organization.get("leads/")
    assert (answer.status_code, answer.json()["code"]) == (422, "workspace_required")
    key = world.key(of_organization=True)
    for name in ("home", str(world.sibling.pk)):
        assert with_key(key, X_Workspace_ID=name).get("leads/").status_code == 200
    assert with_key(key, X_Workspace_ID="abroad").get("leads/").status_code == 404


@pytest.mark.parametrize("path", ["", "nothing/", "leads/x/y/z", "leads//", "../leads/"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_unknown_address_is_a_problem(world, path, method):
    answer = with_key(world.key()).call(method, f"/api/v1/{path}", {})
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(("method", "path"), [("put", "leads/"), ("delete", "reasons/")])
def test_a_method_that_is_not_there_is_405(world, method, path):
    answer = with_key(world.key()).call(method, path, {})
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_a_body_that_is_not_json_is_415(world):
    answer = with_key(world.key()).client.post(
        "/api/v1/leads/", {"email": "x"}, headers={"X-API-Key": world.key()}
    )
    assert (answer.status_code, answer["Content-Type"]) == (415, "application/problem+json")


def test_the_schema_and_its_pages_are_open_and_offline(client):
    schema = client.get("/api/schema/").json()
    assert schema["openapi"].startswith("3.1")
    assert "/api/v1/leads/{lead}/qualify/" in schema["paths"]
    page = client.get("/api/docs/")
    assert page.status_code == 200
    assert "://" not in page.content.decode().replace("http://testserver", "")


def test_every_operation_is_described_with_its_errors(client):
    schema = client.get("/api/schema/").json()
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            for part in ("summary", "description", "tags"):
                assert operation[part], where
            errors = {code for code in operation["responses"] if code >= "400"}
            assert {"401", "403", "404", "422"} <= errors, where
            for code in errors:
                content = operation["responses"][code]["content"]
                assert list(content) == ["application/problem+json"], where
            body = operation.get("requestBody", {}).get("content", {})
            assert all(kind.get("examples") for kind in body.values()), where
            answers = [
                kind
                for code, answer in operation["responses"].items()
                if code in ("200", "201")
                for kind in answer["content"].values()
            ]
            assert not answers or any(kind.get("examples") for kind in answers), where
    tags = {tag["name"] for tag in schema["tags"]}
    used = {t for ops in schema["paths"].values() for op in ops.values() for t in op["tags"]}
    assert used == tags


def test_the_documented_registration_is_accepted():
    api.RegisterInput(data=api.REGISTER_EXAMPLE).is_valid(raise_exception=True)


def test_without_a_key_the_answer_says_what_to_send(db):
    answer = Caller().get("leads/")
    assert answer.status_code == 401
    assert "X-API-Key" in answer.json()["detail"]


@pytest.mark.parametrize("slug", ["register", "0198f3c0-1a2b-7c3d-8e4f-5a6b7c8d9e0f"])
def test_a_name_that_means_something_else_in_addresses_is_refused(world, slug):
    caller = with_key(world.key(of_organization=True))
    refused = caller.post("workspaces/register/", {"workspace_id": slug, "workspace_name": "Clash"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "reserved")
