"""Signing in over REST."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts import throttling
from tests.world import PASSWORD

TOKEN = "/api/v1/auth/token/"


@pytest.fixture(autouse=True)
def fresh_counts(monkeypatch):
    counts = throttling._OwnCount()
    monkeypatch.setattr(throttling, "_count", lambda key, _keep: counts.add(key))


def sign_in(email="rep@example.com", password=PASSWORD):
    return Client().post(
        TOKEN, {"email": email, "password": password}, content_type="application/json"
    )


def leads(token, workspace="home", method="get", **body):
    return getattr(Client(enforce_csrf_checks=True), method)(
        "/api/v1/leads/",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}", "X-Workspace-ID": workspace},
    )


def test_a_member_works_with_a_token_in_their_role(world):
    token = sign_in().json()["access"]
    assert leads(token).status_code == 200
    assert leads(token, method="post", first_name="Ann").status_code == 201
    viewer = sign_in("viewer@example.com").json()["access"]
    assert leads(viewer, method="post", first_name="Eve").status_code == 403


def test_a_token_opens_only_its_persons_workspaces(world):
    token = sign_in("stranger@example.com").json()["access"]
    assert leads(token).status_code == 404
    assert leads(token, workspace="").json()["code"] == "workspace_required"


@pytest.mark.parametrize("bad", ["", "nonsense", "a.b.c"])
def test_a_bad_token_is_401(world, bad):
    assert leads(bad).status_code == 401


def test_a_wrong_password_is_401_and_ten_are_429(world):
    answers = [sign_in(password="wrong") for _ in range(11)]
    assert {a.status_code for a in answers[:10]} == {401}
    assert answers[10].status_code == 429
    assert sign_in().status_code == 429


def test_access_ends_after_a_quarter_of_an_hour_and_refresh_goes_on(world):
    issued = sign_in().json()
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=True):
        assert leads(issued["access"]).status_code == 401
        renewed = Client().post(
            f"{TOKEN}refresh/", {"refresh": issued["refresh"]}, content_type="application/json"
        )
        assert leads(renewed.json()["access"]).status_code == 200


def test_a_changed_password_or_an_inactive_person_ends_every_token(world):
    issued = sign_in().json()
    world.rep.set_password("another-good-password")
    world.rep.save()
    assert leads(issued["access"]).status_code == 401
    again = sign_in(password="another-good-password").json()
    world.rep.is_active = False
    world.rep.save()
    assert leads(again["access"]).status_code == 401
    renewed = Client().post(
        f"{TOKEN}refresh/", {"refresh": again["refresh"]}, content_type="application/json"
    )
    assert renewed.status_code == 401
