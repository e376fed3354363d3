"""Seed 004's use cases 1, 2 and 4 through the API: files that become lists, and are called."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from campaigns.imports import work
from tests.api import Caller, with_key

CSV = "First Name,Last Name,E-mail,Phone\nJohn,Doe,john@example.com,+1 800 555 0100\n"
MORE = "Jane,Smith,jane@example.com,(800) 555-0101\nNobody,,not an address,\n"


@pytest.fixture
def caller(world) -> Caller:
    return with_key(world.key())


def upload(caller, path, text, **fields):
    file = SimpleUploadedFile("october.csv", text.encode(), content_type="text/csv")
    return caller.client.post(f"/api/v1/{path}", {"file": file, **fields}, headers=caller.headers)


def test_use_case_1_leads_without_a_campaign(world, caller):
    sent = upload(caller, "imports/", CSV + MORE, new_list_name="Q4 2025 Prospects")
    assert sent.status_code == 201, sent.content
    made = sent.json()
    assert made["headers"] == ["First Name", "Last Name", "E-mail", "Phone"]
    assert made["mapping"]["E-mail"] == "email"
    address = f"imports/{made['id']}/"
    # Nobody has said yet what the columns are.
    refused = caller.post(f"{address}run/")
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_transition")
    assert caller.post(f"{address}mapping/").json()["status"] == "mapped"
    work.work_off()
    ready = caller.get(address).json()
    assert (ready["status"], ready["foreseen"]) == (
        "ready",
        {"created": 2, "updated": 0, "skipped": 0, "errors": 1},
    )
    running = caller.post(f"{address}run/").json()
    assert running["status"] == "running"
    work.work_off()
    done = caller.get(address).json()
    assert (done["status"], done["progress"]) == ("completed", 100)
    assert done["counts"] == {"created": 2, "updated": 0, "skipped": 0, "errors": 1}
    group = caller.get(f"lists/{done['list_id']}/").json()
    assert (group["name"], group["lead_count"]) == ("Q4 2025 Prospects", 2)
    errors = caller.get(f"{address}errors.csv")
    text = b"".join(errors.streaming_content).decode("utf-8-sig")
    assert text.splitlines()[1].startswith("4,E-mail: Enter an e-mail address")
    assert "Nobody" in text
    leads = caller.get("leads/", list=done["list_id"]).json()["results"]
    assert {lead["email"] for lead in leads} == {"john@example.com", "jane@example.com"}
    assert caller.post(f"{address}undo/").json()["work"] == "undo"
    work.work_off()
    undone = caller.get(address).json()
    assert (undone["status"], undone["undone"]["deleted"]) == ("undone", 2)
    assert caller.get(f"lists/{done['list_id']}/").json()["lead_count"] == 0
    assert [row["id"] for row in caller.get("imports/", status="undone").json()["results"]] == [
        made["id"]
    ]


def test_use_case_2_groups_first_then_the_files(world, caller):
    donors = caller.post("lists/", {"name": "Major Donors", "tags": ["high-value"]}).json()
    guests = caller.post("lists/", {"name": "Event Attendees", "tags": ["events"]}).json()
    for group, text in ((donors, CSV), (guests, CSV + MORE)):
        made = upload(
            caller, "imports/", text, list_id=group["id"], duplicates="fill", match_on="email,phone"
        ).json()
        assert made["match_on"] == ["email", "phone"]
        caller.post(f"imports/{made['id']}/mapping/", {})
        work.work_off()
        caller.post(f"imports/{made['id']}/run/")
        work.work_off()
    assert caller.get(f"lists/{donors['id']}/").json()["lead_count"] == 1
    # John is one person in both of them.
    assert caller.get(f"lists/{guests['id']}/").json()["lead_count"] == 2
    assert len(caller.get("leads/").json()["results"]) == 2


def test_use_case_4_straight_into_a_campaign(world, caller):
    campaign = caller.post("campaigns/", {"name": "Holiday Campaign"}).json()
    answer = caller.post(
        "lists/from-csv/",
        {
            "name": "Holiday Campaign Import - Oct 18",
            "leads": [
                {"first_name": "Alice", "last_name": "Johnson", "email": "alice@example.com"},
                {"first_name": "Bob", "last_name": "Wilson", "email": "bob@example.com"},
            ],
        },
    )
    assert answer.status_code == 201, answer.content
    made = answer.json()
    work.work_off()
    assert caller.get(f"imports/{made['import_id']}/").json()["counts"]["created"] == 2
    body = {"list_id": made["list_id"], "priority": 4}
    attached = caller.post(f"campaigns/{campaign['id']}/lists/", body)
    assert attached.json()["added"] == 2
    # And in one operation, from a file.
    sent = upload(caller, "imports/", CSV, campaign_id=campaign["id"], priority=2).json()
    caller.post(f"imports/{sent['id']}/mapping/", {})
    work.work_off()
    caller.post(f"imports/{sent['id']}/run/")
    work.work_off()
    lists = caller.get(f"campaigns/{campaign['id']}/lists/").json()["results"]
    assert [(row["priority"], row["total_leads"]) for row in lists] == [(2, 1), (4, 2)]
    filed = upload(caller, "lists/from-csv/", CSV + MORE, name="From a file")
    assert set(filed.json()) == {"list_id", "import_id"}


def test_a_repeated_upload_is_one_import(world, caller):
    caller.headers["Idempotency-Key"] = "october"
    first, again = (upload(caller, "imports/", CSV) for _n in range(2))
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.json()["id"] == again.json()["id"]
    other = upload(caller, "imports/", CSV + MORE)
    assert other.json()["code"] == "idempotency_key_reused"


def test_who_may_and_what_is_refused(world, caller):
    reader = with_key(world.key(scopes=("read", "update")))
    assert upload(reader, "imports/", CSV).status_code == 403
    assert reader.get("imports/").status_code == 403
    made = upload(caller, "imports/", CSV).json()
    stranger = with_key(world.key(workspace=world.abroad))
    assert stranger.get(f"imports/{made['id']}/").status_code == 404
    assert caller.get("imports/nonsense/").status_code == 404
    empty = upload(caller, "imports/", "email\n")
    assert (empty.status_code, empty.json()["code"]) == (422, "unreadable_file")
    wrong = upload(caller, "imports/", CSV, duplicates="merge", match_on="shoe", list_id="x")
    assert {error["field"] for error in wrong.json()["errors"]} == {
        "duplicates",
        "match_on.0",
        "list_id",
    }
    missing = caller.client.post("/api/v1/imports/", {}, headers=caller.headers)
    assert missing.json()["errors"][0]["field"] == "file"
    mapping = caller.post(f"imports/{made['id']}/mapping/", {"mapping": {"E-mail": "shoe"}})
    assert mapping.json()["errors"][0]["field"] == "mapping.E-mail"
