"""Who gets past the door, and what happens when the database does not answer."""

from unittest.mock import patch

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpResponse
from django.test import Client, RequestFactory

from accounts.actors import user_actor
from accounts.middleware import TenancyMiddleware
from accounts.permissions import Role
from leads.api.leads import LeadsView
from leads.intake import LeadInput, receive
from leads.models import Lead
from tests.api import signed_in, with_key

ANN = {"first_name": "Ann"}


def test_a_session_writes_with_a_csrf_token_only(world):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(world.owner)

    def post(**headers):
        headers = {"X-Workspace-ID": "home"} | headers
        return browser.post("/api/v1/leads/", ANN, content_type="application/json", headers=headers)

    refused = post()
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert "CSRF" in refused.json()["detail"]
    token = "a" * 32
    browser.cookies["csrftoken"] = token
    assert post(**{"X-CSRFToken": token}).status_code == 201


def test_a_view_reached_past_the_middleware_lets_nobody_in(db):
    answer = LeadsView.as_view()(RequestFactory().get("/elsewhere/"))
    assert (answer.status_code, answer.data["code"]) == (401, "not_authenticated")


def test_pages_and_admin_ask_whom_they_do_not_know_to_sign_in(client, world):
    for path in ("/w/home/leads/", "/admin/"):
        answer = client.get(path)
        assert answer.status_code == 302, path
        assert "login" in answer["Location"], path


@pytest.mark.parametrize("workspace", ["abroad", "nowhere"])
def test_a_workspace_that_is_not_theirs_is_404_on_pages_and_in_the_api(world, workspace):
    browser = Client()
    browser.force_login(world.owner)
    assert browser.get(f"/w/{workspace}/leads/").status_code == 404
    assert signed_in(world.owner, workspace).get("leads/").status_code == 404


def test_an_address_nobody_knows_is_404_and_not_an_error(world):
    assert with_key(world.key()).get("/api/v1/nothing/").status_code == 404
    browser = Client()
    browser.force_login(world.owner)
    assert browser.get("/w/home/nothing/").status_code == 404


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_without_a_database_the_door_says_503(world, error):
    key = world.key()
    with patch("accounts.middleware.find_key", side_effect=error("gone")):
        answer = with_key(key).get("leads/")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer["Retry-After"] == "5"
    browser = Client()
    browser.force_login(world.owner)
    with patch("accounts.middleware.member_actor", side_effect=error("gone")):
        page = browser.get("/w/home/leads/")
    assert page.status_code == 503
    assert page["Content-Type"].startswith("text/html")


def test_a_view_that_loses_the_database_is_503_and_other_faults_are_not_hidden():
    request = RequestFactory().get("/w/home/leads/")
    middleware = TenancyMiddleware(lambda _request: HttpResponse())
    lost = middleware.process_exception(request, OperationalError("gone"))
    assert lost is not None
    assert lost.status_code == 503
    assert middleware.process_exception(request, DatabaseError("our own mistake")) is None


def test_what_a_failed_request_wrote_is_taken_back(world):
    def half_done(request):
        receive(LeadInput(first_name="Ann"), actor=request.actor)
        return HttpResponse(status=500)

    request = RequestFactory().get("/w/home/leads/")
    actor = user_actor(world.owner, world.home, Role.OWNER, via="page")
    TenancyMiddleware(half_done)._answer(request, actor, world.scope())
    with world.scope():
        assert not Lead.objects.exists()
