"""Messages over REST."""

import pytest
from django.core import mail

from leads.messaging import email_delivery
from leads.models import Message
from tests.api import signed_in, with_key


@pytest.fixture(autouse=True)
def deployment(settings):
    settings.DEFAULT_FROM_EMAIL = "crm@example.org"
    settings.EMAIL_SENDER_DOMAINS = ["example.org"]


@pytest.fixture
def api(world):
    return with_key(world.key())


@pytest.fixture
def ann(api):
    return api.post("leads/", {"email": "ann@example.com", "first_name": "Ann"}).json()


EMAIL = {"channel": "email", "direction": "outbound", "subject": "Plans", "body": "Here.\n\nA"}


def test_an_email_from_posting_to_being_sent(api, ann):
    path = f"leads/{ann['number']}/messages/"
    made = api.post(path, EMAIL | {"meta": {"ref": 7}})
    assert made.status_code == 201
    row = made.json()
    assert (row["status"], row["by"], row["meta"]) == ("queued", "Test key", {"ref": 7})
    email_delivery.send_due()
    assert mail.outbox[0].body == "Here.\n\nA"
    (shown,) = api.get(path).json()["results"]
    assert (shown["id"], shown["status"], shown["attempts"]) == (row["id"], "sent", 1)
    assert api.get(f"leads/{ann['id']}/").json()["contact_count"] == 1
    again = api.post(f"{path}{row['id']}/retry/")
    assert (again.status_code, again.json()["code"]) == (409, "not_failed")


def test_a_key_that_comes_twice_sends_once(world, ann):
    api = with_key(world.key(), **{"Idempotency_Key": "abc"})
    path = f"leads/{ann['number']}/messages/"
    first, second = (api.post(path, EMAIL).json() for _time in range(2))
    assert first == second
    email_delivery.send_due()
    assert len(mail.outbox) == 1


def test_what_happened_elsewhere_is_written_down_and_listed_by_channel(api, ann):
    path = f"leads/{ann['id']}/messages/"
    at = "2026-01-05T10:00:00Z"
    for channel, direction in (("email", "outbound"), ("sms", "outbound"), ("ig_msg", "inbound")):
        body = {"channel": channel, "direction": direction, "body": "Hi", "at": at}
        made = api.post(path, body).json()
        assert (made["status"], made["at"]) == ("recorded", at)
    assert email_delivery.send_due() == 0

    def channels(**params):
        return [row["channel"] for row in api.get(path, **params).json()["results"]]

    assert channels(direction="inbound") == ["ig_msg"]
    assert sorted(channels(channel="sms,email")) == ["email", "sms"]
    assert channels(status="queued") == []
    assert channels(to="2026-01-04") == []
    assert api.get(path, chanel="sms").status_code == 422


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"channel": "fax"}, "channel", "invalid_choice"),
        ({"direction": ""}, "direction", "invalid_choice"),
        ({"body": ""}, "body", "blank"),
        ({"body": None}, "body", "null"),
        ({"subject": ""}, "subject", "required"),
        ({"subject": "x" * 501}, "subject", "max_length"),
        ({"subjekt": "x"}, "subjekt", "unknown_field"),
        ({"meta": []}, "meta", None),
        ({"at": "2999-01-01T00:00:00Z"}, "at", "in_future"),
    ],
)
def test_what_cannot_be_names_its_field(api, ann, world, changes, field, code):
    answer = api.post(f"leads/{ann['id']}/messages/", EMAIL | changes)
    assert answer.status_code == 422, answer.content
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert code in (None, error["code"])
    with world.scope():
        assert not Message.objects.exists()


def test_who_wants_no_email_and_who_has_none(api, ann):
    path = f"leads/{ann['id']}/messages/"
    api.patch(f"leads/{ann['id']}/", {"consent": {"email": False}})
    assert api.post(path, EMAIL).json()["code"] == "email_refused"
    nameless = api.post("leads/", {"first_name": "Bob"}).json()
    refused = api.post(f"leads/{nameless['id']}/messages/", EMAIL)
    assert (refused.status_code, refused.json()["code"]) == (422, "no_email")


def test_members_and_strangers(world, api, ann):
    path = f"leads/{ann['id']}/messages/"
    made = api.post(path, EMAIL).json()
    viewer, stranger = signed_in(world.viewer), signed_in(world.stranger, "abroad")
    assert viewer.get(path).json()["results"][0]["id"] == made["id"]
    assert viewer.post(path, EMAIL).status_code == 403
    assert viewer.post(f"{path}{made['id']}/retry/").status_code == 403
    for method in (stranger.get, stranger.post):
        assert method(path).status_code == 404
    other = api.post("leads/", {"first_name": "Bob"}).json()
    assert api.post(f"leads/{other['id']}/messages/{made['id']}/retry/").status_code == 404
