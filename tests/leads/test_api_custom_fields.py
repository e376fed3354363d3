"""Custom fields over REST: defining them, sending values, and filtering by them."""

from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.models import OutboxEvent
from leads.api import custom_fields, examples
from leads.listing import narrowing
from leads.listing.filters import ActorFilterSet
from leads.models import Contact, CustomField, Lead
from tests.api import signed_in, with_key


@pytest.fixture
def api(world):
    return with_key(world.key())


def define(api, label, kind="text", **more):
    answer = api.post("custom-fields/", {"label": label, "kind": kind} | more)
    assert answer.status_code == 201, answer.content
    return answer.json()


def send(api, email, **fields):
    answer = api.post("leads/", {"email": email, "custom_fields": fields})
    assert answer.status_code in (200, 201), answer.content
    return answer.json()


def emails(api, path="leads/", **params):
    answer = api.get(path, count="true", **params)
    assert answer.status_code == 200, answer.content
    found = [row["email"].partition("@")[0] for row in answer.json()["results"]]
    assert answer.json()["count"] == len(found)
    return set(found)


@pytest.fixture
def people(api):
    """Four people with values of every kind; the project is their lead's."""
    define(api, "Size", "number")
    define(api, "Since", "date")
    define(api, "Plan", "choice", choices=[{"value": "gold", "label": "Gold, all in"}, "free"])
    define(api, "Wants", "multi_choice")
    define(api, "Vip", "boolean")
    define(api, "City")
    define(api, "Project", subject="lead")
    send(api, "ann@x.org", size=5, since="2020-01-01", plan="gold", wants=["a", "b"], vip=True)
    send(api, "bob@x.org", size=7.5, since="2021-06-30", plan="free", wants=["b"], vip=False)
    send(api, "cid@x.org", size=10, city="Berlin, Mitte", project="Roof")
    send(api, "dee@x.org", city="berlin", project="Floor")


def test_a_field_is_defined_read_changed_and_archived(api):
    made = define(
        api, "Budget Range", "choice", choices=["low", {"value": "high", "label": "High"}]
    )
    assert made["key"] == "budget_range"
    assert made["choices"] == [
        {"value": "low", "label": "low"},
        {"value": "high", "label": "High"},
    ]
    address = f"custom-fields/{made['id']}/"
    assert api.get(address).json() == made
    changed = api.patch(address, {"label": "Budget", "position": 3, "key": "budget_range"}).json()
    assert (changed["label"], changed["position"]) == ("Budget", 3)
    assert api.delete(address).status_code == 204
    assert api.get("custom-fields/").json()["results"] == []
    archived = api.get("custom-fields/", archived="true").json()["results"]
    assert [row["is_archived"] for row in archived] == [True]
    assert api.patch(address, {"is_archived": False}).json()["is_archived"] is False
    assert len(api.get("custom-fields/", subject="contact").json()["results"]) == 1
    assert api.get("custom-fields/", subject="lead").json()["results"] == []


def test_fields_come_in_their_order(api):
    for label in ("C", "A", "B"):
        define(api, label)
    assert [row["label"] for row in api.get("custom-fields/").json()["results"]] == ["C", "A", "B"]


@pytest.mark.parametrize(
    ("body", "status", "field", "code"),
    [
        ({}, 422, "label", "required"),
        ({"label": "  "}, 422, "label", "blank"),
        ({"label": "x", "kind": "colour"}, 422, "kind", "invalid_choice"),
        ({"label": "x", "subject": "company"}, 422, "subject", "invalid_choice"),
        ({"label": "x", "choices": ["a"]}, 422, "choices", "invalid"),
        ({"label": "x", "kind": "choice", "choices": [1]}, 422, "choices", "invalid"),
        ({"label": "x", "position": 99999}, 422, "position", "max_value"),
        ({"label": "x", "colour": "red"}, 422, "colour", "unknown_field"),
        ({"label": "Size"}, 409, "key", "key_exists"),
        ({"label": "Other", "key": "SIZE"}, 409, "key", "key_exists"),
    ],
)
def test_a_bad_definition_names_what_is_wrong(api, body, status, field, code):
    define(api, "Size")
    answer = api.post("custom-fields/", body)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["field"] == field
    assert answer.json()["errors"][0]["code"] == code


def test_key_and_subject_stay(api):
    made = define(api, "Size")
    for change in ({"key": "other"}, {"subject": "lead"}):
        answer = api.patch(f"custom-fields/{made['id']}/", change)
        assert (answer.status_code, answer.json()["code"]) == (422, "read_only")


@pytest.mark.parametrize(("who", "status"), [("manager", 201), ("rep", 403), ("viewer", 403)])
def test_managers_define(world, who, status):
    caller = signed_in(getattr(world, who))
    assert caller.post("custom-fields/", {"label": "Size"}).status_code == status
    assert caller.get("custom-fields/").status_code == 200


def test_a_lead_takes_and_shows_the_fields_of_both_in_one_object(api, people, world):
    lead = send(api, "cid@x.org", size=99, wants="z")
    values = {"size": 10, "city": "Berlin, Mitte", "project": "Roof", "wants": ["z"]}
    assert lead["custom_fields"] == values
    assert api.get(f"leads/{lead['id']}/").json()["custom_fields"] == values
    listed = {row["id"]: row["custom_fields"] for row in api.get("leads/").json()["results"]}
    assert listed[lead["id"]] == values
    changed = api.patch(
        f"leads/{lead['id']}/", {"custom_fields": {"size": "11", "project": None, "new one": 1}}
    )
    assert changed.json()["custom_fields"] == {
        "size": 11,
        "city": "Berlin, Mitte",
        "wants": ["z"],
        "new_one": 1,
    }
    contact = api.get(f"contacts/{lead['contact_id']}/").json()["custom_fields"]
    assert contact == changed.json()["custom_fields"]
    back = api.put(f"contacts/{lead['contact_id']}/", {"custom_fields": contact})
    assert back.json()["custom_fields"] == contact
    with world.scope():
        assert Contact.objects.get(pk=lead["contact_id"]).custom_fields == contact


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"size": "many"}, "size"),
        ({"since": "yesterday"}, "since"),
        ({"plan": "silver"}, "plan"),
        ({"vip": "perhaps"}, "vip"),
        ({"wants": [{"a": 1}]}, "wants"),
        ({"fresh": {"a": 1}}, "fresh"),
        ({"Size": 1, "size": 2}, "size"),
    ],
)
def test_a_value_that_does_not_fit_is_422_and_stores_nothing(api, people, world, fields, name):
    answer = api.post("leads/", {"email": "new@x.org", "custom_fields": fields})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == f"custom_fields.{name}"
    with world.scope():
        assert not CustomField.objects.filter(key="fresh").exists()
        assert not Contact.objects.filter(email="new@x.org").exists()


def test_a_lead_field_is_no_contacts(api, people):
    contact = api.get("contacts/").json()["results"][0]
    answer = api.patch(f"contacts/{contact['id']}/", {"custom_fields": {"project": "x"}})
    assert answer.json()["errors"][0]["code"] == "field_of_leads"
    assert api.get("contacts/", **{"attr.project": "Roof"}).status_code == 422


@pytest.fixture(params=["few", "some", "many", "all at once"])
def any_amount(request, monkeypatch):
    """Each of the ways to narrow, whatever there is to narrow."""
    few, some = {"few": (1000, 1000), "some": (0, 1000)}.get(request.param, (0, 0))
    monkeypatch.setattr(ActorFilterSet, "takes_all", request.param == "all at once")
    monkeypatch.setattr(narrowing, "FEW", few)
    monkeypatch.setattr(narrowing, "SOME", some)


FOUND = [
    ({"attr.size": "5"}, "ann"),
    ({"attr.size": "5.0,10"}, "ann cid"),
    ({"attr.size": ["5", "7.50"]}, "ann bob"),
    ({"attr.size.min": "7"}, "bob cid"),
    ({"attr.size.min": "6", "attr.size.max": "9"}, "bob"),
    ({"attr.size.max": "5"}, "ann"),
    ({"attr.since": "2020-01-01"}, "ann"),
    ({"attr.since.min": "2020-01-02"}, "bob"),
    ({"attr.since.max": "2021-06-30"}, "ann bob"),
    ({"attr.plan": "GOLD"}, "ann"),
    ({"attr.plan": "Gold, all in"}, "ann"),
    ({"attr.plan": "free,gold"}, "ann bob"),
    ({"attr.wants": "b"}, "ann bob"),
    ({"attr.wants": "a,z"}, "ann"),
    ({"attr.vip": "true"}, "ann"),
    ({"attr.vip": "false"}, "bob"),
    ({"attr.city": " BERLIN "}, "dee"),
    ({"attr.city": "Berlin, Mitte"}, "cid dee"),
    ({"attr.city": "nowhere"}, ""),
    ({"attr.size": ""}, "ann bob cid dee"),
    ({"attr.size.min": "6", "attr.vip": "false"}, "bob"),
    ({"attr.wants": "b", "tag": "none"}, ""),
]


def test_filters_find_the_leads_and_the_contacts(api, people, any_amount):
    for params, found in FOUND:
        assert emails(api, **params) == set(found.split()), params
        if "tag" not in params:
            assert emails(api, "contacts/", **params) == set(found.split()), params


@pytest.mark.parametrize(("few", "some"), [(1000, 1000), (0, 1000), (0, 0)])
def test_how_many_have_a_value_is_not_asked_anew_for_a_while(api, people, monkeypatch, few, some):
    monkeypatch.setattr(narrowing, "FEW", few)
    monkeypatch.setattr(narrowing, "SOME", some)

    def questions(wanted: str, found: set[str]) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert emails(api, **{"attr.wants": wanted}) == found
        return sum("OFFSET" in query["sql"] for query in captured)

    assert questions("b", {"ann", "bob"}) == (1 if few else 2)
    assert questions("b", {"ann", "bob"}) == 0
    # Meanwhile it may have become rare, or common: the answer is the same.
    monkeypatch.setattr(narrowing, "FEW", 1000 - few)
    assert questions("b", {"ann", "bob"}) == 0
    # Of another value nothing is known.
    assert questions("a", {"ann"}) > 0


def test_what_was_asked_long_ago_is_asked_again(api, people, monkeypatch):
    monkeypatch.setattr(narrowing, "REMEMBERED_SECONDS", -1.0)
    for few, found in product((0, 1000), ("a", "b")):
        monkeypatch.setattr(narrowing, "FEW", few)
        monkeypatch.setattr(narrowing, "_MOST_REMEMBERED", few)
        with CaptureQueriesContext(connection) as captured:
            assert "ann" in emails(api, **{"attr.wants": found})
        assert [query["sql"] for query in captured if "OFFSET" in query["sql"]]


def test_a_leads_own_field_filters_leads(api, people, any_amount):
    assert emails(api, **{"attr.project": "roof"}) == {"cid"}
    assert emails(api, **{"attr.project": "roof,floor", "attr.city": "berlin"}) == {"dee"}


MEANINGLESS = [
    ("attr.sise", "5", "unknown_parameter"),
    ("attr.sise", "", "unknown_parameter"),
    ("attr.", "5", "unknown_parameter"),
    ("attr", "5", "unknown_parameter"),
    ("attr.size.mean", "5", "unknown_parameter"),
    ("attr.size.min.max", "5", "unknown_parameter"),
    ("attr.Size", "5", "unknown_parameter"),
    ("attr.size", "big", "invalid"),
    ("attr.size.min", "big", "invalid"),
    ("attr.since.max", "2026-02-30", "invalid"),
    ("attr.plan", "silver", "invalid_choice"),
    ("attr.vip", "perhaps", "invalid"),
    ("attr.city.min", "a", "invalid"),
]


def test_a_filter_that_means_nothing_is_422_and_named(api, people):
    for (name, value, code), path in product(MEANINGLESS, ("leads/", "contacts/")):
        answer = api.get(path, **{name: value})
        assert answer.status_code == 422, (path, name)
        assert answer.json()["code"] == ("invalid" if code == "invalid_choice" else code)
        assert answer.json()["errors"][0]["field"] == name
        assert answer.json()["errors"][0]["code"] == code


def test_other_lists_take_no_custom_fields(api, people):
    assert api.get("interactions/", **{"attr.size": "5"}).json()["code"] == "unknown_parameter"


def test_more_filters_than_a_person_asks_are_refused(api, people):
    asked = {f"attr.k{number}": "x" for number in range(30)}
    answer = api.get("leads/", **asked)
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 1)


def test_an_archived_field_keeps_its_values_and_filters_no_more(api, people):
    (field,) = [f for f in api.get("custom-fields/").json()["results"] if f["key"] == "size"]
    api.delete(f"custom-fields/{field['id']}/")
    assert api.get("leads/", **{"attr.size": "5"}).json()["code"] == "unknown_parameter"
    assert send(api, "ann@x.org")["custom_fields"]["size"] == 5
    # An outside system that still sends it loses no lead.
    assert send(api, "eve@x.org", size=3)["custom_fields"] == {"size": 3}
    api.patch(f"custom-fields/{field['id']}/", {"is_archived": False})
    assert emails(api, **{"attr.size": "3,5"}) == {"ann", "eve"}


def test_pages_follow_each_other_under_a_filter(api, people, any_amount):
    for number in range(7):
        send(api, f"p{number}@x.org", city="Rome")
    seen, address = [], "/api/v1/leads/?attr.city=rome&limit=3&ordering=-created_at"
    while address:
        body = api.get(address).json()
        seen += [row["email"] for row in body["results"]]
        address = body["next"]
    assert seen == [f"p{number}@x.org" for number in reversed(range(7))]


def test_a_strangers_fields_and_filters_are_its_own(api, people, world):
    stranger = with_key(world.key(world.abroad))
    assert stranger.get("custom-fields/").json()["results"] == []
    assert stranger.get("leads/", **{"attr.size": "5"}).json()["code"] == "unknown_parameter"
    send(stranger, "far@x.org", size="huge")
    assert emails(stranger, **{"attr.size": "huge"}) == {"far"}
    assert emails(api, **{"attr.size": "5"}) == {"ann"}


def test_a_rep_who_sees_own_leads_only_filters_among_these(world, api, people):
    world.home.rep_lead_access = "own"
    world.home.save()
    lead = api.get("leads/", **{"attr.size": "5"}).json()["results"][0]
    api.post(f"leads/{lead['id']}/assign/", {"user_id": str(world.rep.pk)})
    assert emails(signed_in(world.rep), **{"attr.size": "5"}) == {"ann"}
    assert emails(signed_in(world.other_rep), **{"attr.size": "5"}) == set()


@pytest.mark.parametrize("path", ["leads/", "contacts/"])
def test_queries_are_as_many_for_one_row_as_for_fifty(api, path):
    define(api, "Size", "number")

    def queries():
        with CaptureQueriesContext(connection) as captured:
            answer = api.get(path, **{"attr.size.min": "1"})
        return len(captured), len(answer.json()["results"])

    send(api, "first@x.org", size=1, city="Rome")
    queries()
    at_one, rows = queries()
    assert rows == 1
    for number in range(49):
        send(api, f"p{number}@x.org", size=number + 1, wants=["a", "b"], city=f"C{number}")
    # What this process has not written before is read, all of it by one query.
    assert queries()[0] <= at_one + 1
    assert queries() == (at_one, 50)


def test_the_list_asks_no_more_for_the_fields_it_shows(api):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            api.get("leads/")
        return len(captured)

    api.post("leads/", {"email": "ann@x.org"})
    queries()
    without = queries()
    send(api, "ann@x.org", size=1, city="Rome", wants=["a"])
    assert queries() <= without + 1
    assert queries() == without


def test_answers_and_bodies_are_as_documented(api):
    made = define(api, "Size")
    assert set(custom_fields.CustomFieldSerializer().fields) == set(made) == set(examples.FIELD)
    for serializer, example in (
        (custom_fields.NewFieldInput, examples.NEW_FIELD),
        (custom_fields.FieldChangesInput, examples.FIELD_CHANGES),
    ):
        serializer(data=example).is_valid(raise_exception=True)


def test_the_schema_says_how_to_filter(api):
    schema = api.get("/api/schema/").json()
    taken = schema["paths"]["/api/v1/leads/"]["get"]["parameters"]
    (family,) = [one for one in taken if one["name"] == "attr"]
    assert (family["style"], family["explode"]) == ("form", True)
    assert "^attr" in next(iter(family["schema"]["patternProperties"]))


def test_the_outbox_tells_of_the_values(api, people, world):
    with world.scope():
        lead = Lead.objects.get(contact__email="cid@x.org")
        event = OutboxEvent.objects.filter(subject_id=lead.pk, type="lead.created").get()
    assert event.payload["lead"]["custom_fields"] == {
        "size": 10,
        "city": "Berlin, Mitte",
        "project": "Roof",
    }
