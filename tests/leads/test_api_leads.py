"""Leads over REST: sending in, reading, changing, moving."""

from datetime import UTC, datetime

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from leads import rendering
from leads.api import detail, examples, inputs, shapes
from leads.listing import list_rendering
from leads.models import Company, Contact, ContactTag, Lead
from tests.api import one_of_everything, signed_in, with_key

ANN = {"first_name": "Ann", "email": "Ann@Example.com", "phone": "+1 800 555 0100"}


@pytest.fixture
def api(world):
    return with_key(world.key())


@pytest.fixture
def ann(api):
    return api.post("leads/", ANN).json()


def test_a_new_lead_is_201_and_the_same_person_again_is_200(api):
    first = api.post("leads/", ANN | {"attribution": {"gclid": "g1"}, "tags": ["vip"]})
    assert first.status_code == 201
    lead = first.json()
    assert (lead["status"], lead["source"], lead["deduplicated"]) == ("new", "api", False)
    assert (lead["email"], lead["phone_e164"]) == ("Ann@Example.com", "+18005550100")
    assert lead["attribution"]["gclid"] == "g1"
    assert lead["tags"] == ["vip"]
    again = api.post("leads/", {"email": "ann@example.com", "last_name": "Moss"})
    assert again.status_code == 200
    assert again.json()["deduplicated"] is True
    assert (again.json()["id"], again.json()["last_name"]) == (lead["id"], "Moss")


def test_names_of_the_seeds_are_understood(api):
    lead = api.post("leads", ANN | {"source": "fb_msg", "source_id": "x-1"}).json()
    assert (lead["source"], lead["external_id"], lead["source_id"]) == ("facebook", "x-1", "x-1")
    assert lead["score"] == lead["lead_score"] == lead["heat_score"] == 0
    assert lead["contacted_at"] is None
    both = ANN | {"source_id": "x-1", "external_id": "x-2"}
    assert api.post("leads/", both).json()["errors"][0]["field"] == "source_id"


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "email", "required"),
        ({"email": "nonsense"}, "email", "invalid"),
        (ANN | {"emial": "x"}, "emial", "unknown_field"),
        (ANN | {"attribution": {"glcid": "x"}}, "attribution.glcid", "unknown_field"),
        (ANN | {"status": "qualified"}, "status", "invalid_choice"),
        (ANN | {"source": "moon"}, "source", "invalid_choice"),
        (ANN | {"custom_fields": []}, "custom_fields", "not_an_object"),
        (ANN | {"custom_fields": {"n": 1e30}}, "custom_fields", "number_too_large"),
        (ANN | {"tags": ["x" * 61]}, "tags.0", "max_length"),
        (ANN | {"social_profiles": [{}, {"hande": "x"}]}, None, "unknown_field"),
        (ANN | {"first_name": "x" * 201}, "first_name", "max_length"),
    ],
)
def test_bad_input_is_422_and_names_the_field(api, world, body, field, code):
    answer = api.post("leads/", body)
    problem = answer.json()
    assert answer.status_code == problem["status"] == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert problem.keys() >= {"type", "title", "status", "detail", "code", "errors"}
    assert problem["errors"][0]["code"] == code
    assert field is None or problem["errors"][0]["field"] == field
    with world.scope():
        assert not Lead.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [("{", 400), ('{"a": "\\u0000"}', 400), ("[]", 422), ('"x"', 422), ("null", 422), ("", 422)],
)
def test_a_body_that_is_no_json_object_is_refused(api, body, status):
    answer = api.post("leads/", body)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


def test_deep_or_huge_json_is_refused_before_it_cannot_be_shown_again(api):
    deep: dict = {}
    for _level in range(300):
        deep = {"a": deep}
    assert api.post("leads/", ANN | {"attributes": deep}).status_code == 422
    big = ANN | {"attributes": {"n": 10**18}, "notes": None}
    assert api.post("leads/", big).status_code == 201


@pytest.mark.parametrize("ref", ["id", "number"])
def test_a_lead_is_read_by_id_and_by_number_with_or_without_slash(api, ann, ref):
    for path in (f"leads/{ann[ref]}/", f"leads/{ann[ref]}"):
        lead = api.get(path).json()
        assert lead["id"] == ann["id"]
        assert lead["interactions"][0]["type"] == "system_auto"
        assert lead["tasks"] == []
        assert lead["appointments"] == []
        assert lead["allowed_transitions"][0] == "enrich"
        assert lead["heat_explanation"]["points_to_next"] == 6


@pytest.mark.parametrize("ref", ["0", "999999999", "9" * 5000, "x", "%00", "None", "-1", "é"])
def test_what_is_no_lead_is_404(api, ref):
    assert api.get(f"leads/{ref}/").status_code == 404


def test_patch_and_put_set_what_is_named(api, ann):
    changed = api.patch(
        f"leads/{ann['number']}/", {"job_title": "CTO", "tags": ["a"], "quality_rating": "hot"}
    ).json()
    assert (changed["job_title"], changed["tags"], changed["quality_rating"]) == (
        "CTO",
        ["a"],
        "hot",
    )
    put = api.put(f"leads/{ann['number']}/", {"last_name": "Moss"}).json()
    assert (put["job_title"], put["last_name"]) == ("CTO", "Moss")


def test_a_lead_can_be_sent_back_as_it_was_read(api, ann):
    read = api.get(f"leads/{ann['id']}/").json()
    answer = api.put(f"leads/{ann['id']}/", read | {"source_id": "mine", "company": "Acme"})
    assert answer.status_code == 200, answer.content
    assert (answer.json()["external_id"], answer.json()["company"]) == ("mine", "Acme")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"status": "qualified"}, "read_only"),
        ({"heat_score": 50}, "read_only"),
        ({"id": "x"}, "read_only"),
        ({"stauts": "new"}, "unknown_field"),
    ],
)
def test_read_only_and_unknown_fields_are_told_apart(api, ann, body, code):
    answer = api.patch(f"leads/{ann['id']}/", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    if "status" in body:
        assert "move" in answer.json()["errors"][0]["message"]


def test_anothers_email_is_409(api, ann):
    other = api.post("leads/", {"email": "bob@example.com"}).json()
    answer = api.patch(f"leads/{other['id']}/", {"email": "ANN@example.com"})
    assert (answer.status_code, answer.json()["code"]) == (409, "contact_exists")
    answer = api.patch(f"contacts/{other['contact_id']}/", {"email": "ANN@example.com"})
    assert (answer.status_code, answer.json()["code"]) == (409, "contact_exists")


def test_deleting_and_restoring(api, ann):
    assert api.delete(f"leads/{ann['id']}/").status_code == 204
    assert api.get(f"leads/{ann['id']}/").status_code == 404
    assert api.get("leads/").json()["results"] == []
    assert api.post(f"leads/{ann['number']}/restore").json()["id"] == ann["id"]
    assert api.get(f"leads/{ann['id']}/").status_code == 200


def test_the_whole_way_by_moves(api, ann):
    lead = f"leads/{ann['number']}"
    found = {"enrichment_data": {"job_title": "CTO"}, "status": "enriched"}
    assert api.post(f"{lead}/", found).json()["status"] == "enriched"
    assert api.post(f"{lead}/contact/", {"method": "email"}).json()["contact_count"] == 1
    contacted = api.post(f"{lead}/contacted/", {"method": "call", "notes": "Hello"}).json()
    assert (contacted["status"], contacted["last_contact_method"]) == ("contacted", "call")
    assert api.post(f"{lead}/converse/").json()["status"] == "conversing"
    assert (
        api.post(f"{lead}/qualify/", {"at": "2020-01-01T10:00:00+02:00"}).json()["qualified_at"]
        == "2020-01-01T08:00:00Z"
    )
    visit = {"appointment": {"scheduled_for": "2030-01-01T10:00:00Z", "external_ref": "b-1"}}
    assert api.post(f"{lead}/schedule/", visit).json()["status"] == "scheduled"
    assert api.post(f"{lead}/complete/").json()["status"] == "completed"
    assert api.post(f"{lead}/convert/").json()["status"] == "converted"
    appointment = api.get(f"{lead}/").json()["appointments"][0]
    assert (appointment["status"], appointment["external_ref"]) == ("attended", "b-1")


def test_an_illegal_move_is_409_and_says_what_is_allowed(api, ann):
    answer = api.post(f"leads/{ann['id']}/complete/", {})
    assert answer.status_code == 409
    assert answer.json()["code"] == "illegal_transition"
    assert "qualify" in answer.json()["allowed"]


def test_losing_needs_reasons_and_reopening_goes_back(api, ann):
    lead = f"leads/{ann['id']}"
    missing = api.post(f"{lead}/lost/", {"loss_reason": "price"})
    assert (missing.status_code, missing.json()["errors"][0]["field"]) == (
        422,
        "unqualified_reason",
    )
    codes = {(r["kind"], r["code"]) for r in api.get("reasons/").json()["results"]}
    assert {("loss", "price"), ("unqualified", "no_budget")} <= codes
    lost = api.post(f"{lead}/lost/", {"loss_reason": "price", "unqualified_reason": "no_budget"})
    assert (lost.json()["status"], lost.json()["loss_reason"]) == ("lost", "price")
    assert api.post(f"{lead}/reopen/").json()["status"] == "new"
    only = api.get("reasons/", kind="loss").json()["results"]
    assert {row["kind"] for row in only} == {"loss"}


@pytest.mark.parametrize("name", ["user_id", "userId"])
def test_assigning_answers_who_and_since_when(api, ann, world, name):
    members = {m["name"]: m for m in api.get("users/").json()["results"]}
    assert "Viewer" not in members
    assert members["Rep"]["load"] == 0
    answer = api.post(f"leads/{ann['id']}/assign/", {name: str(world.rep.pk)})
    assert answer.json().keys() == {"id", "assigned_to_user_id", "assigned_at"}
    assert answer.json()["assigned_to_user_id"] == str(world.rep.pk)
    loads = {m["name"]: m["load"] for m in api.get("users/").json()["results"]}
    assert loads["Rep"] == 1
    assert loads["Owner"] == 0
    none = api.post(f"leads/{ann['id']}/assign/", {name: None})
    assert none.json()["assigned_to_user_id"] is None


@pytest.mark.parametrize("user", ["stranger", "viewer"])
def test_assigning_to_somebody_else_is_422(api, ann, world, user):
    body = {"user_id": str(getattr(world, user).pk)}
    assert api.post(f"leads/{ann['id']}/assign/", body).status_code == 422
    assert api.post(f"leads/{ann['id']}/assign/", {}).json()["errors"][0]["code"] == "required"


def test_filters_narrow_and_bad_ones_are_422(api, ann, world):
    api.post("leads/", {"email": "bob@example.com", "source": "phone", "tags": ["b"]})
    api.post(f"leads/{ann['id']}/qualify/")

    def emails(**params):
        return {row["email"] for row in api.get("leads/", **params).json()["results"]}

    assert emails(status="new,lost") == {"bob@example.com"}
    assert emails(status=["new", "qualified"]) == {"bob@example.com", ANN["email"]}
    assert emails(q="ann") == {ANN["email"]}
    assert emails(tag="b") == emails(source="phone") == {"bob@example.com"}
    assert emails(workspaceId="home", unassigned="true") == {"bob@example.com", ANN["email"]}
    assert emails(**{"from": "2020-01-01", "to": "2020-01-02"}) == set()
    for name, value in {
        "status": "moon",
        "min_score": "x",
        "assigned_to": "x",
        "from": "yesterday",
        "to": "9999-12-31",
        "unassigned": "maybe",
        "limit": "201",
        "cursor": "x",
        "ordering": "email",
        "count": "maybe",
        "q": "a\x00",
        "list": "x",
        "campaign": "x",
    }.items():
        answer = api.get("leads/", **{name: value})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, name), name
    assert api.get("leads/", **{"attr.a\x00": "x"}).status_code == 422
    for name in ("attr.color", "stauts", "format"):
        answer = api.get("leads/", **{name: "x"})
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_parameter"), name
    assert api.post(f"leads/{ann['id']}/qualify/", {}, dry="1").status_code == 422
    assert api.get("leads/", workspace_id="abroad").status_code == 404


def test_mine_is_a_persons_question(api, ann, world):
    assert api.get("leads/", assigned_to_me="true").status_code == 422
    rep = signed_in(world.rep)
    assert rep.get("leads/", assigned_to_me="true").json()["results"] == []
    api.post(f"leads/{ann['id']}/assign/", {"user_id": str(world.rep.pk)})
    assert len(rep.get("leads/", assigned_to_me="true").json()["results"]) == 1


def test_answers_have_the_documented_keys(api, world):
    rows = one_of_everything(world)
    new = api.post("leads/", {"email": "bob@example.com"}).json()
    read = api.get(f"leads/{rows.lead.pk}/").json()
    shown = {
        shapes.ReceivedLeadSerializer: new,
        shapes.LeadDetailSerializer: read,
        shapes.LeadSerializer: api.get("leads/").json()["results"][0],
        shapes.AttributionSerializer: read["attribution"],
        shapes.HeatExplanationSerializer: read["heat_explanation"],
        shapes.AppointmentSerializer: read["appointments"][0],
        shapes.InteractionSerializer: read["interactions"][0],
        shapes.ContactSerializer: api.get(f"contacts/{rows.contact.pk}/").json(),
        shapes.MemberSerializer: api.get("users/").json()["results"][0],
        shapes.ReasonSerializer: api.get("reasons/").json()["results"][0],
        shapes.AssignmentSerializer: api.post(
            f"leads/{rows.lead.pk}/assign/", {"user_id": None}
        ).json(),
    }
    for shape, body in shown.items():
        assert set(shape().fields) == set(body), shape.__name__
    for example, shape in (
        (examples.RECEIVED, shapes.ReceivedLeadSerializer),
        (examples.LEAD_DETAIL, shapes.LeadDetailSerializer),
        (examples.VISIT, shapes.AppointmentSerializer),
        (examples.HAPPENED, shapes.InteractionSerializer),
        (examples.CONTACT, shapes.ContactSerializer),
        (examples.MEMBER, shapes.MemberSerializer),
        (examples.REASON, shapes.ReasonSerializer),
    ):
        assert set(shape().fields) == set(example), shape.__name__
    assert set(detail.DETAIL_FIELDS) == set(shapes.LeadDetailSerializer().fields) - set(
        shapes.LeadSerializer().fields
    )


@pytest.mark.parametrize(
    ("serializer", "example"),
    [
        (inputs.NewLeadInput, examples.NEW_LEAD),
        (inputs.LeadChangesInput, examples.CHANGES),
        (inputs.EnrichInput, examples.ENRICHMENT),
        (inputs.MoveInput, examples.MOVE),
        (inputs.ContactedInput, examples.CONTACTED),
        (inputs.ContactAttemptInput, examples.ATTEMPT),
        (inputs.ScheduleInput, examples.SCHEDULE),
        (inputs.LoseInput, examples.LOSE),
        (inputs.AssignInput, examples.ASSIGN),
        (inputs.InteractionInput, examples.INTERACTION),
        (inputs.NewAppointmentInput, examples.APPOINTMENT),
        (inputs.AppointmentChangesInput, examples.ATTENDED),
        (inputs.ContactChangesInput, examples.CONTACT_CHANGES),
    ],
)
def test_the_documented_bodies_are_accepted(serializer, example):
    serializer(data=example).is_valid(raise_exception=True)


def test_a_row_of_the_list_is_the_lead_itself(api, ann, world):
    api.post("leads/", {"first_name": "Bo", "custom_fields": {"size": 3}, "tags": ["x", "a"]})
    listed = api.get("leads/").json()["results"]
    assert len(listed) == 2
    with world.scope():
        for row in listed:
            lead = Lead.objects.for_list().get(pk=row["id"])
            assert row == orjson.loads(orjson.dumps(rendering.lead(lead), option=orjson.OPT_UTC_Z))


@pytest.mark.parametrize("microsecond", [0, 5, 500_000, 123_456])
def test_a_time_in_the_list_is_written_as_everywhere_else(api, ann, world, microsecond):
    at = datetime(2026, 3, 29, 1, 2, 3, microsecond, tzinfo=UTC)
    with world.scope():
        Lead.objects.update(qualified_at=at)
    (row,) = api.get("leads/").json()["results"]
    assert row["qualified_at"] == api.get(f"leads/{row['id']}/").json()["qualified_at"]
    assert datetime.fromisoformat(row["qualified_at"]) == at


CHANGES = [
    lambda: Lead.objects.update(notes="new"),
    lambda: Contact.objects.update(job_title="Cook"),
    lambda: Company.objects.update(name="Moss"),
    lambda: User.objects.update(name="Somebody"),
    lambda: ContactTag.objects.update(name="y"),
    lambda: ContactTag.objects.all().delete(),
    lambda: Contact.objects.update(company=None),
    lambda: Lead.objects.update(assigned_to=None),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_row_that_was_listed_before_shows_what_changed_since(api, world, change):
    api.post("leads/", ANN | {"tags": ["x"], "company": "Birch"})
    with world.scope():
        Lead.objects.update(assigned_to=world.rep)
    (before,) = api.get("leads/").json()["results"]
    assert api.get("leads/").json()["results"] == [before]
    with world.scope():
        change()
        lead = Lead.objects.for_list().get()
        now = orjson.loads(orjson.dumps(rendering.lead(lead), option=orjson.OPT_UTC_Z))
    (after,) = api.get("leads/").json()["results"]
    assert after == now != before


@pytest.mark.parametrize(("longest", "statements"), [(100_000, 1), (10, 2)])
def test_rows_that_did_not_change_are_not_read_again(api, ann, monkeypatch, longest, statements):
    monkeypatch.setattr(list_rendering, "LONGEST_KNOWN", longest)
    api.get("leads/")
    with CaptureQueriesContext(connection) as captured:
        (row,) = api.get("leads/").json()["results"]
    assert row["id"] == ann["id"]
    assert sum("leads_company" in query["sql"] for query in captured) == statements
