"""Editing a contact: every detail, clear refusals, and two people at once."""

from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads import editing
from leads.errors import InvalidLead, StaleContact
from leads.fields.custom_fields import define
from leads.intake import LeadInput, receive
from leads.models import Contact
from leads.people.contact_state import state_of

KINDS = {
    "size": ("number", []),
    "since": ("date", []),
    "vip": ("boolean", []),
    "plan": ("choice", ["gold", "free"]),
    "wants": ("multi_choice", ["Roof", "Floor"]),
    "site": ("url", []),
    "word": ("text", []),
}


@pytest.fixture
def ann(world):
    with world.scope():
        for key, (kind, choices) in KINDS.items():
            define(actor=world.actor(), label=key, kind=kind, choices=choices)
        arrival = LeadInput(
            first_name="Ann",
            email="ann@example.com",
            phone="+13125550123",
            company="Acme",
            tags=["vip", "old"],
            address={"city": "Chicago", "floor": "3"},
            consent={"email": True, "newsletter": False},
            social_profiles=[{"platform": "X", "handle": "@ann", "url": "", "followers": 7}],
            custom_fields={"size": 5, "wants": ["Roof"]},
        )
        return receive(arrival, actor=world.actor()).lead.contact


def shown(client, person):
    """What a browser would send of the form as it is."""
    page = client.get(f"/w/home/contacts/{person.number}/edit/")
    assert page.status_code == 200
    return sent_by(page.context["editor"])


def sent_by(editor):
    sent = {"seen": editor.token}
    for form in (editor.form, editor.custom_form):
        for bound in form:
            value = bound.value()
            if value not in (None, "", False, []):
                sent[bound.html_name] = "on" if value is True else value
    return sent


def post(client, person, sent):
    return client.post(f"/w/home/contacts/{person.number}/edit/", sent)


def stored(world, person):
    with world.scope():
        return state_of(Contact.objects.get(pk=person.pk))


def test_saving_what_was_not_changed_changes_nothing(world, client, ann):
    client.force_login(world.rep)
    before = stored(world, ann)
    assert post(client, ann, shown(client, ann))["Location"] == f"/w/home/contacts/{ann.number}/"
    assert stored(world, ann) == before
    with world.scope():
        assert ann.leads.get().interactions.count() == 1


def test_every_detail_is_changed_and_what_the_form_does_not_know_stays(world, client, ann):
    client.force_login(world.rep)
    changes = {
        "first_name": "Anna",
        "display_name": "Anna A.",
        "email": "anna@example.com",
        "company": "Zenith",
        "tags": "vip, new",
        "time_zone": "America/Chicago",
        "linkedin_url": "https://www.linkedin.com/in/anna",
        "address_city": "",
        "address_street": "1 Main St",
        "consent_email": "no",
        "consent_sms": "yes",
        "closed_call": "on",
        "profile_0_url": "https://x.example/ann",
        "profile_2_platform": "Instagram",
        "profile_2_handle": "@ann.a",
        "custom-size": "7.5",
        "custom-since": "2026-03-01",
        "custom-vip": "true",
        "custom-plan": "gold",
        "custom-wants": ["Floor", "Roof"],
        "custom-site": "https://ann.example",
        "custom-word": "hello",
    }
    assert post(client, ann, shown(client, ann) | changes).status_code == 302
    now = stored(world, ann)
    assert (now["first_name"], now["display_name"], now["company"]) == ("Anna", "Anna A.", "Zenith")
    assert (now["tags"], now["time_zone"]) == (["new", "vip"], "America/Chicago")
    assert now["address"] == {"street": "1 Main St", "floor": "3"}
    assert now["consent"] == {"newsletter": False, "email": False, "sms": True}
    assert now["do_not_contact"] == {"call": True}
    assert now["social_profiles"] == [
        {"platform": "X", "handle": "@ann", "url": "https://x.example/ann", "followers": 7},
        {"platform": "Instagram", "handle": "@ann.a", "url": ""},
    ]
    assert now["custom_fields"] == {
        "size": 7.5,
        "since": "2026-03-01",
        "vip": True,
        "plan": "gold",
        "wants": ["Floor", "Roof"],
        "site": "https://ann.example",
        "word": "hello",
    }
    page = client.get(f"/w/home/contacts/{ann.number}/").content.decode()
    for text in ("1 Main St", 'href="https://x.example/ann"', "@ann.a", "Do not contact"):
        assert text in page, text


def test_a_refused_detail_keeps_what_was_typed_and_says_why(world, client, ann):
    client.force_login(world.rep)
    wrong = {
        "first_name": "Anna",
        "email": "nonsense",
        "custom-plan": "free",
    }
    text = post(client, ann, shown(client, ann) | wrong)
    assert text.status_code == 422
    assert "Enter an e-mail address such as" in text.content.decode()
    assert 'value="nonsense"' in text.content.decode()
    more = {"profile_0_url": "javascript:x", "time_zone": "Mars/North", "tags": "x" * 61}
    page = post(client, ann, shown(client, ann) | wrong | more)
    assert {"profile_0_url", "time_zone", "tags"} == set(page.context["form"].errors)
    unreadable = post(client, ann, shown(client, ann) | {"custom-size": "many"})
    assert "This field takes a number" in unreadable.content.decode()
    assert stored(world, ann)["first_name"] == "Ann"


def test_the_email_of_another_contact_names_that_one(world, client, ann):
    with world.scope():
        bob = receive(LeadInput(first_name="Bob", email="bob@x.example"), actor=world.actor())
    bob = bob.lead.contact
    client.force_login(world.rep)
    answer = post(client, ann, shown(client, ann) | {"email": "BOB@x.example", "phone": ""})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert f"Bob, contact #{bob.number}, has this e-mail address" in text
    assert f'href="/w/home/contacts/{bob.number}/"' in text
    assert stored(world, ann)["phone"] == "+13125550123"


def test_two_who_correct_different_details_do_not_disturb_each_other(world, client, ann):
    client.force_login(world.rep)
    sent = shown(client, ann)
    with world.scope():
        changes = {"job_title": "CEO", "custom_fields": {"word": "theirs"}}
        editing.update_contact(ann, actor=world.actor("manager"), changes=changes)
    mine = sent | {"first_name": "Anna", "custom-size": "9"}
    assert post(client, ann, mine).status_code == 302
    now = stored(world, ann)
    assert (now["first_name"], now["job_title"]) == ("Anna", "CEO")
    assert now["custom_fields"] == {"size": 9, "wants": ["Roof"], "word": "theirs"}


def test_the_second_of_two_who_correct_the_same_is_told_and_decides(world, client, ann):
    client.force_login(world.rep)
    sent = shown(client, ann) | {
        "job_title": "CTO",
        "custom-size": "9",
        "tags": "mine",
        "consent_sms": "yes",
    }
    theirs = {
        "job_title": "CEO",
        "last_name": "Archer",
        "custom_fields": {"size": 6},
        "tags": ["theirs"],
        "consent": {"call": True},
    }
    with world.scope():
        editing.update_contact(ann, actor=world.actor("manager"), changes=theirs)
    answer = post(client, ann, sent)
    text = unescape(answer.content.decode())
    assert answer.status_code == 409
    for word in ("“CEO”", "“6”", "“theirs”", "Consent: Somebody made this “call: yes”"):
        assert word in text, word
    assert stored(world, ann)["job_title"] == "CEO"
    # What was typed is there, and what was left alone shows what it is by now.
    again = sent_by(answer.context["editor"])
    assert (again["job_title"], again["custom-size"], again["last_name"]) == ("CTO", "9", "Archer")
    assert post(client, ann, again).status_code == 302
    now = stored(world, ann)
    assert (now["job_title"], now["last_name"], now["tags"]) == ("CTO", "Archer", ["mine"])
    assert now["custom_fields"]["size"] == 9


def test_the_same_correction_by_both_is_no_conflict(world, ann):
    with world.scope():
        seen = state_of(ann)
        for _time in range(2):
            editing.update_contact(
                ann, actor=world.actor(), changes={"job_title": "CEO"}, seen=seen
            )
        with pytest.raises(StaleContact) as refusal:
            editing.update_contact(ann, actor=world.actor(), changes={"job_title": ""}, seen=seen)
        assert refusal.value.errors[0][:2] == ("job_title", "stale")


def test_a_page_with_a_broken_mark_still_saves(world, client, ann):
    client.force_login(world.rep)
    sent = shown(client, ann) | {"seen": "nonsense", "job_title": "CEO"}
    assert post(client, ann, sent).status_code == 302
    assert stored(world, ann)["job_title"] == "CEO"


def test_a_profile_is_never_a_script_at_any_door(world, ann):
    profiles = [{"platform": "X", "handle": "", "url": "javascript:alert(1)"}]
    with world.scope(), pytest.raises(InvalidLead) as refusal:
        editing.update_contact(ann, actor=world.actor(), changes={"social_profiles": profiles})
    assert refusal.value.errors[0][0] == "social_profiles"


def test_a_viewer_may_not_and_a_stranger_finds_nobody(world, client, ann):
    address = f"/w/home/contacts/{ann.number}/edit/"
    client.force_login(world.viewer)
    assert client.post(address, {"first_name": "x"}).status_code == 403
    assert "/edit/" not in client.get(f"/w/home/contacts/{ann.number}/").content.decode()
    client.force_login(world.stranger)
    assert client.post(address, {"first_name": "x"}).status_code == 404
    assert stored(world, ann)["first_name"] == "Ann"


def test_the_list_is_narrowed_and_costs_the_same_with_more(world, client, ann):
    def text(query=""):
        return client.get(f"/w/home/contacts/{query}").content.decode()

    client.force_login(world.viewer)
    with world.scope():
        receive(LeadInput(first_name="Zoe", email="zoe@x.example"), actor=world.actor())
        acme = ann.company_id
    everybody = text()
    assert "Ann" in everybody
    assert "Zoe" in everybody
    assert f"/w/home/companies/{acme}/" in everybody
    for query in ("?q=ann", f"?q=%23{ann.number}", "?tag=vip", f"?company={acme}", "?attr.size=5"):
        found = text(query)
        assert f"#{ann.number}</span>" in found, query
        assert "Zoe" not in found, query
    assert '<span class="truncate">Acme</span>' in text(f"?company={acme}")
    assert "No contact is like that" in text("?q=nobody")
    assert "Enter a valid UUID" in text("?company=x")
    assert client.get("/w/home/contacts/?cursor=nonsense").status_code == 200

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get("/w/home/contacts/")
        return len(captured)

    at_two = queries()
    with world.scope():
        for number in range(5):
            arrival = LeadInput(email=f"p{number}@x.example", company=f"F {number}", tags=["a"])
            receive(arrival, actor=world.actor())
    assert queries() == at_two
