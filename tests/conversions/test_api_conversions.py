"""Conversions, rules and uploads over REST."""

import pytest

from conversions.api import examples, inputs, shapes
from conversions.api.conversions import CONVERSIONS
from conversions.api.uploads import UPLOADS
from conversions.filters import ConversionFilter, UploadFilter
from conversions.models import Activity, Conversion, ConversionRule, Upload
from tests.api import one_of_everything, with_key

PAGING = {"ordering", "limit", "cursor", "count", "workspace_id", "workspaceId"}


@pytest.fixture
def api(world):
    return with_key(world.key())


@pytest.fixture
def ann(api):
    return api.post("leads/", {"email": "ann@example.com"}).json()


def sale(lead, **fields):
    return {
        "contact_id": lead["contact_id"],
        "conversion_type": "sale",
        "conversion_value": 100,
        "converted_by": "shop",
    } | fields


def test_a_sale_converts_the_lead_and_adds_up(api, ann):
    answer = api.post("conversions/log/", sale(ann, external_ref="o-1", workspace_id="home"))
    assert answer.status_code == 201
    logged = answer.json()
    assert (logged["conversion_value"], logged["currency"]) == ("100.00", "USD")
    assert (logged["lead_id"], logged["workspace_id"]) == (ann["id"], "home")
    lead = api.get(f"leads/{ann['id']}/").json()
    assert (lead["status"], lead["conversion_id"]) == ("converted", logged["id"])
    assert api.get(f"contacts/{ann['contact_id']}/").json()["lifetime_value"] == "100.00"


def test_the_same_reference_again_answers_what_is_stored(api, ann, world):
    first = api.post("conversions/log/", sale(ann, external_ref="o-1")).json()
    again = api.post("conversions/log/", sale(ann, external_ref="o-1", conversion_value=7))
    assert again.status_code == 200
    assert again.json() == first | {"deduplicated": True}
    with world.scope():
        assert Conversion.objects.count() == 1


def test_numbers_name_contact_and_lead(api, ann):
    number = api.get(f"contacts/{ann['contact_id']}/").json()["number"]
    body = sale(ann, contact_id=number, lead_id=str(ann["number"]))
    assert api.post("conversions/log/", body).json()["lead_id"] == ann["id"]
    for name, ref in (("contact_id", number), ("lead_id", ann["number"])):
        assert len(api.get("conversions/", **{name: ref}).json()["results"]) == 1
        assert api.get("conversions/", **{name: 1}).json()["results"] == []


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"contact_id": None}, 422, "contact_id"),
        ({"contact_id": "x"}, 422, "contact_id"),
        ({"contact_id": "9" * 5000}, 422, "contact_id"),
        ({"contact_id": 999999}, 404, "contact_id"),
        ({"lead_id": 999999}, 404, "lead_id"),
        ({"workspace_id": "sibling"}, 404, None),
        ({"conversion_value": "-1"}, 422, "conversion_value"),
        ({"conversion_value": "NaN"}, 422, "conversion_value"),
        ({"conversion_value": 1e400}, 400, None),
        ({"currency": "dollar"}, 422, "currency"),
        ({"conversion_type": "Big Sale"}, 422, "conversion_type"),
        ({"converted_at": "2999-01-01T00:00:00Z"}, 422, "converted_at"),
        ({"custom_data": {"a": {"b": 2**70}}}, 422, "custom_data"),
        ({"colour": 1}, 422, "colour"),
    ],
)
def test_bad_conversions_are_refused(api, ann, world, change, status, field):
    answer = api.post("conversions/log/", sale(ann, **change))
    assert answer.status_code == status, answer.content
    if field:
        assert answer.json()["errors"][0]["field"] == field
    with world.scope():
        assert not Conversion.objects.exists()


def test_a_batch_answers_each_row_for_itself(api, ann, world):
    rows = [
        sale(ann, conversion_type="demo", external_ref="a"),
        sale(ann, contact_id=999999),
        {"nonsense": 1},
        "no object",
        sale(ann, external_ref="b"),
        sale(ann, external_ref="a"),
        sale(ann, workspace_id="abroad"),
    ]
    answer = api.post("conversions/batch/", {"conversions": rows})
    assert answer.status_code == 200
    body = answer.json()
    assert [row["index"] for row in body["results"]] == list(range(7))
    assert [row["status"] for row in body["results"]] == [201, 404, 422, 422, 201, 200, 404]
    assert (body["created"], body["deduplicated"], body["failed"]) == (2, 1, 4)
    problem = body["results"][2]["problem"]
    assert problem["code"] == "unknown_field"
    assert problem["errors"]
    assert body["results"][5]["conversion"]["id"] == body["results"][0]["conversion"]["id"]
    with world.scope():
        assert Conversion.objects.count() == 2
    assert api.get(f"leads/{ann['id']}/").json()["status"] == "converted"


def test_what_rows_of_a_batch_have_in_common_counts_for_each_of_them(api, ann):
    good = sale(ann, conversion_type="demo", converted_by="usd", currency="usd")
    bad = good | {"currency": "demo", "converted_at": "demo"}
    results = api.post("conversions/batch/", {"conversions": [good, bad, good, bad]}).json()[
        "results"
    ]
    assert [row["status"] for row in results] == [201, 422, 201, 422]
    assert results[1]["problem"] == results[3]["problem"]
    assert {error["field"] for error in results[1]["problem"]["errors"]} == {
        "currency",
        "converted_at",
    }
    first, second = results[0]["conversion"], results[2]["conversion"]
    assert first["id"] != second["id"]
    assert (first["currency"], first["converted_by"]) == ("USD", "usd")


@pytest.mark.parametrize("rows", [[], "x", [{}] * 1001, None])
def test_a_batch_has_one_to_a_thousand_rows(api, rows):
    answer = api.post("conversions/batch/", {"conversions": rows})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "conversions")


def test_conversions_are_narrowed(api, ann):
    for number, kind in enumerate(("demo", "visit", "sale")):
        at = f"2024-02-0{number + 1}T23:30:00Z"
        body = sale(ann, conversion_type=kind, conversion_value=number * 10, converted_at=at)
        assert api.post("conversions/log/", body).status_code == 201

    def kinds(**params):
        rows = api.get("conversions/", ordering="converted_at", **params).json()["results"]
        return [row["conversion_type"] for row in rows]

    assert kinds() == ["demo", "visit", "sale"]
    assert kinds(conversion_type="demo,sale") == ["demo", "sale"]
    assert kinds(from_date="2024-02-02", to_date="2024-02-02") == ["visit"]
    assert kinds(min_value="10", max_value="19.99") == ["visit"]
    assert kinds(converted_by="nobody") == []
    assert api.get("conversions/", min_value="x").status_code == 422
    assert api.get("conversions/", lead_id="x").json()["results"] == []


def test_the_conversion_facts_of_a_contact(api, ann, world):
    path = f"contacts/{ann['contact_id']}/conversion/"
    facts = {
        "conversion_status": "qualified",
        "converted_by": "Rita",
        "sent_from_workspace": "sibling",
        "custom_metadata": {"a": 1},
    }
    contact = api.patch(path, facts).json()
    assert {name: contact[name] for name in facts} == facts
    assert api.get(f"leads/{ann['id']}/").json()["status"] == "qualified"
    with world.scope():
        assert Activity.objects.get().action == "updated"
        assert not Conversion.objects.exists()
    assert api.patch(path, {"conversion_status": "won"}).status_code == 422


def test_rules_are_made_changed_and_deleted(api, world):
    rows = one_of_everything(world)
    body = examples.RULE | {"connection": str(rows.connection.pk)}
    made = api.post("conversion-rules/", body)
    assert made.status_code == 201
    rule = made.json()
    assert rule["value"] == {
        "strategy": "fixed",
        "amount": "150.00",
        "share": None,
        "currency": "USD",
    }
    path = f"conversion-rules/{rule['id']}/"
    assert api.put(path, rule).status_code == 200
    off = api.patch(path, examples.RULE_CHANGES).json()
    assert (off["value"]["strategy"], off["value"]["amount"], off["is_active"]) == (
        "none",
        None,
        False,
    )
    share = api.patch(
        path, {"trigger": "conversion:sale", "value": {"strategy": "share", "share": 12.5}}
    )
    assert share.json()["value"]["share"] == "12.50"
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == api.delete(path).status_code == 404
    with world.scope():
        row = ConversionRule.objects.get(pk=rule["id"])
        assert row.deleted_at
        assert not row.is_active


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"trigger": "smiled"}, 422, "trigger"),
        ({"trigger": "conversion:Big Sale"}, 422, "trigger"),
        ({"connection": "x"}, 422, "connection"),
        ({"connection": "0198f3c5-2b1d-7e77-8a90-1f2e3d4c5b6a"}, 404, "connection"),
        ({"external_action": " "}, 422, "external_action"),
        ({"value": {"strategy": "fixed"}}, 422, "value.amount"),
        ({"value": {"strategy": "share", "share": 101}}, 422, "value.share"),
        ({"value": {"strategy": "none", "amount": 1}}, 422, "value.amount"),
        ({"value": {"strategy": "fixed", "amount": 1, "currency": "U"}}, 422, "value.currency"),
        ({"value": {"stratgy": "none"}}, 422, "value.stratgy"),
    ],
)
def test_rules_that_make_no_sense_are_refused(api, world, change, status, field):
    rows = one_of_everything(world)
    body = examples.RULE | {"connection": str(rows.connection.pk)} | change
    answer = api.post("conversion-rules/", body)
    assert answer.status_code == status, answer.content
    assert field in {error["field"] for error in answer.json()["errors"]}


def test_another_workspaces_connection_is_404_for_a_rule(world):
    rows = one_of_everything(world)
    stranger = with_key(world.key(world.abroad))
    body = examples.RULE | {"connection": str(rows.connection.pk)}
    assert stranger.post("conversion-rules/", body).status_code == 404


def test_uploads_are_read_narrowed_and_sent_again(api, world):
    rows = one_of_everything(world)
    upload = api.get(f"uploads/{rows.upload.pk}/").json()
    assert upload["error"] == {"kind": "permanent", "code": "x", "explanation": "Refused."}
    assert upload["attempt_log"][0]["outcome"] == "permanent"

    def found(**params):
        return len(api.get("uploads/", **params).json()["results"])

    assert found(status="failed,held") == found(destination="meta") == 1
    assert found(destination=str(rows.connection.pk)) == found(**{"from": "2020-01-01"}) == 1
    assert found(destination="google_data_manager") == found(status="accepted") == 0
    retried = api.post(f"uploads/{rows.upload.pk}/retry/")
    assert (retried.status_code, retried.json()["status"]) == (200, "pending")
    with world.scope():
        Upload.objects.update(status="accepted")
    refused = api.post(f"uploads/{rows.upload.pk}/retry/")
    assert (refused.status_code, refused.json()["code"]) == (409, "already_accepted")


def test_answers_have_the_documented_keys(api, world):
    rows = one_of_everything(world)
    upload = api.get(f"uploads/{rows.upload.pk}/").json()
    lead = {"contact_id": rows.contact.number}
    batch = api.post("conversions/batch/", {"conversions": [sale(lead)]}).json()
    shown = {
        shapes.ConversionSerializer: api.get("conversions/").json()["results"][0],
        shapes.LoggedConversionSerializer: batch["results"][0]["conversion"],
        shapes.BatchSerializer: batch,
        shapes.RuleSerializer: api.get("conversion-rules/").json()["results"][0],
        shapes.UploadSerializer: api.get("uploads/").json()["results"][0],
        shapes.UploadDetailSerializer: upload,
        shapes.UploadErrorSerializer: upload["error"],
        shapes.UploadAttemptSerializer: upload["attempt_log"][0],
    }
    for shape, body in shown.items():
        assert set(shape().fields) == set(body), shape.__name__
    assert set(examples.RULE_MADE) == set(shapes.RuleSerializer().fields)
    assert set(examples.UPLOAD) == set(shapes.UploadSerializer().fields)
    assert set(examples.LOGGED) == set(shapes.LoggedConversionSerializer().fields)


@pytest.mark.parametrize(
    ("serializer", "example"),
    [
        (inputs.ConversionInput, examples.CONVERSION),
        (inputs.DocumentedBatchInput, examples.BATCH),
        (inputs.ContactConversionInput, examples.CONTACT_CONVERSION),
        (inputs.RuleInput, examples.RULE),
        (inputs.RuleChangesInput, examples.RULE_CHANGES),
    ],
)
def test_the_documented_bodies_are_accepted(serializer, example):
    serializer(data=example).is_valid(raise_exception=True)


def test_every_filter_is_documented():
    for listing, filters in ((CONVERSIONS, ConversionFilter), (UPLOADS, UploadFilter)):
        documented = {parameter.name for parameter in listing.parameters}
        assert documented - PAGING == set(filters.base_filters)


def test_a_row_of_a_batch_that_is_no_object_fails_alone(world, api):
    answer = api.post("conversions/batch/", {"conversions": [None, 1, "x", {}]})
    assert answer.status_code == 200
    assert [row["status"] for row in answer.json()["results"]] == [422, 422, 422, 422]
