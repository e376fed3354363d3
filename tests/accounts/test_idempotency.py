"""The same POST twice: one effect, one answer."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.idempotency import forget_old
from accounts.models import StoredAnswer, Workspace
from conversions.models import Conversion
from integrations.models import Connection
from leads.intake import LeadInput, receive
from leads.models import Lead
from tests.concurrency import at_once

LEADS = "/api/v1/leads/"


def post(key, body, idempotency_key, path=LEADS, **headers):
    return Client().post(
        path,
        body,
        content_type="application/json",
        headers={"X-API-Key": key, "Idempotency-Key": idempotency_key, **headers},
    )


def test_the_same_key_and_body_replay_the_stored_answer(world):
    key = world.key()
    first = post(key, {"first_name": "Ann"}, "once")
    second = post(key, {"first_name": "Ann"}, "once")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    with world.scope():
        assert Lead.objects.count() == 1


def test_refusals_are_replayed_too(world):
    key = world.key()
    answers = [post(key, {"frist_name": "Ann"}, "typo") for _ in "ab"]
    assert [a.status_code for a in answers] == [422, 422]
    assert answers[1]["Idempotent-Replayed"] == "true"
    assert answers[1]["Content-Type"].startswith("application/problem+json")


def test_the_same_key_with_another_body_or_address_is_refused(world):
    key = world.key()
    post(key, {"first_name": "Ann"}, "once")
    for path, body in ((LEADS, {"first_name": "Bob"}), ("/api/v1/conversions/log/", {})):
        refused = post(key, body, "once", path)
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    with world.scope():
        assert Lead.objects.count() == 1


def test_keys_of_two_workspaces_are_strangers(world):
    post(world.key(), {"first_name": "Ann"}, "once")
    other = post(world.key(world.abroad), {"first_name": "Eve"}, "once")
    assert other.status_code == 201


def test_a_secret_is_not_kept_and_not_given_again(world):
    key = world.key(of_organization=True)
    body = {"workspace_id": "fresh", "workspace_name": "Fresh"}
    path = "/api/v1/workspaces/register/"
    first = post(key, body, "register", path)
    again = post(key, body, "register", path)
    assert first.status_code == 201
    assert (again.status_code, again.json()["code"]) == (409, "secret_not_replayed")
    assert StoredAnswer.objects.get().answer_sealed == ""
    assert Workspace.objects.filter(slug="fresh").count() == 1


def test_a_kept_answer_is_sealed(world):
    post(world.key(), {"first_name": "Ann", "email": "ann@example.com"}, "once")
    assert "ann@example.com" not in StoredAnswer.objects.get().answer_sealed


def test_after_a_day_a_key_is_new_again(world):
    key = world.key()
    post(key, {"first_name": "Ann"}, "once")
    StoredAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert "Idempotent-Replayed" not in post(key, {"first_name": "Ann"}, "once")
    StoredAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert forget_old() == 1


@pytest.mark.parametrize("bad", ["x" * 256, "tab\tkey"])
def test_a_key_that_cannot_be_kept_is_refused(world, bad):
    refused = post(world.key(), {"first_name": "Ann"}, bad)
    assert refused.status_code == 422
    with world.scope():
        assert not Lead.objects.exists()


def test_many_at_once_log_one_conversion(committed_world):
    world = committed_world
    with world.scope():
        lead = receive(LeadInput(first_name="Ann"), actor=world.actor()).lead
    key = world.key()
    body = {"contact_id": str(lead.contact_id), "conversion_type": "sale", "converted_by": "x"}
    answers = at_once(lambda _index: post(key, body, "sale-1", "/api/v1/conversions/log/"), 8)
    codes = [answer.json().get("code") for answer in answers if answer.status_code == 409]
    assert set(codes) <= {"idempotency_in_progress"}
    assert any(answer.status_code == 201 for answer in answers)
    assert {answer.status_code for answer in answers} <= {201, 409}
    with world.scope():
        assert Conversion.objects.count() == 1


def test_a_call_to_an_outside_service_is_made_once_too(committed_world):
    world = committed_world
    key = world.key()
    with world.scope():
        dry_run = Connection.objects.create(workspace=world.home, provider="meta", name="Meta")
    path = f"/api/v1/connections/{dry_run.pk}/test/"
    first, second = (post(key, {}, "try it", path) for _ in "ab")
    assert (first.status_code, second.json()) == (200, first.json())
    assert second["Idempotent-Replayed"] == "true"
