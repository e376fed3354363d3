"""Exports through the API, the pages and the admin."""

import csv
import io

import pytest
from django.test import Client

from campaigns import lists
from campaigns.exports import exports, making
from campaigns.models import Export
from leads.intake import LeadInput, receive
from leads.models import Notification
from tests.admin_rows import staff
from tests.api import signed_in, with_key


@pytest.fixture
def people(world):
    with world.scope():
        return [
            receive(
                LeadInput(first_name=name, email=f"{name}@example.com", source=source),
                actor=world.actor(),
            ).lead
            for name, source in (("Ann", "phone"), ("Bob", "website"))
        ]


@pytest.fixture
def api(world):
    return with_key(world.key())


@pytest.fixture
def manager(world):
    client = Client()
    client.force_login(world.manager)
    return client


def names(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return [row["First name"] for row in csv.DictReader(io.StringIO(text, newline=""))]


def test_small_files_come_at_once(world, api, people):
    response = api.get("leads/export/", source="phone", columns="status,created")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="leads-home-')
    assert names(response) == ["Ann"]
    response = api.get("leads/export/", format="xlsx")
    assert b"".join(response.streaming_content)[:2] == b"PK"
    with world.scope():
        rule = {"name": "Phones", "list_type": "dynamic", "criteria": {"source": ["phone"]}}
        row = lists.create(actor=world.actor(), values=rule)
    assert names(api.get(f"lists/{row.pk}/export/")) == ["Ann"]
    for wrong in ({"format": "pdf"}, {"columns": "shoe"}, {"sorce": "x"}, {"status": "odd"}):
        assert api.get("leads/export/", **wrong).status_code == 422
    assert api.get("leads/export/", assigned_to_me="true").status_code == 422


def test_large_ones_are_asked_for_looked_after_and_fetched(world, api, people, monkeypatch):
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    refused = api.get("leads/export/")
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_rows")
    response = api.post("exports/", {"filter": {"source": ["phone", "website"]}})
    row = response.json()
    assert (response.status_code, row["status"], row["total"]) == (202, "queued", 2)
    address = f"exports/{row['id']}/"
    early = api.get(f"{address}file/")
    assert (early.status_code, early.json()["code"]) == (409, "not_ready")
    making.work_off()
    row = api.get(address).json()
    assert (row["status"], row["progress"], row["done"]) == ("completed", 100, 2)
    assert names(api.get(f"{address}file/")) == ["Bob", "Ann"]
    assert api.get("exports/", status="completed", kind="leads").json()["results"] == [row]
    assert api.post(f"{address}run/").status_code == 409
    assert api.delete(address).status_code == 204
    late = api.get(f"{address}file/")
    assert (late.status_code, late.json()["code"]) == (404, "expired")
    for body in (
        {"kind": "list"},
        {"kind": "list", "list_id": row["id"]},
        {"list_id": row["id"]},
        {"filter": {"sorce": "x"}},
        {"columns": ["shoe"]},
    ):
        assert api.post("exports/", body).status_code == 422


def test_whose_files_these_are(world, api, people):
    row = api.post("exports/", {}).json()
    making.work_off()
    stranger = signed_in(world.stranger, "abroad")
    rep = signed_in(world.rep)
    for path in (f"exports/{row['id']}/", f"exports/{row['id']}/file/"):
        assert stranger.get(path).status_code == 404
        assert rep.get(path).status_code == 403
    assert rep.get("leads/export/").status_code == 403
    page = f"/w/home/exports/{row['id']}/"
    rep.client.get(page)
    assert rep.client.get(page).status_code == 403
    assert rep.client.post("/w/home/exports/new/", {"file": "csv"}).status_code == 403
    other = Client()
    other.force_login(world.stranger)
    assert other.get(page).status_code == 404
    with world.scope():
        group = lists.create(actor=world.actor(), values={"name": "Ours"})
    asked = {"file": "csv", "list": str(group.pk)}
    assert other.post("/w/abroad/exports/new/", asked).status_code == 404
    assert other.post("/w/abroad/exports/new/", {"list": "x"}).status_code == 404


def test_a_page_exports_what_it_shows(world, manager, people):
    asked = {"file": "csv", "state": "source=phone&columns=status,created&ordering=number"}
    response = manager.post("/w/home/exports/new/", asked)
    assert names(response) == ["Ann"]
    everything = manager.post("/w/home/exports/new/", {"file": "csv-all"})
    head = b"".join(everything.streaming_content).decode("utf-8-sig").splitlines()[0]
    assert "Latest activity" in head
    page = manager.get("/w/home/leads/?source=phone").content.decode()
    assert 'action="/w/home/exports/new/"' in page
    wrong = manager.post("/w/home/exports/new/", {"file": "csv", "state": "status=odd"})
    assert wrong["Location"] == "/w/home/leads/?status=odd"
    assert manager.post("/w/home/exports/new/", {"file": "pdf"}).status_code == 302
    assert manager.get("/w/home/exports/new/").status_code == 302


def test_a_large_one_has_a_page_and_a_notification(world, manager, people, monkeypatch):
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    assert "No large exports yet" in manager.get("/w/home/exports/").content.decode()
    address = manager.post("/w/home/exports/new/", {"file": "xlsx"})["Location"]
    page = manager.get(address).content.decode()
    assert "hx-get" in page
    assert "0 of about 2 leads" in page
    assert manager.get(f"{address}file/")["Location"] == address
    making.work_off()
    page = manager.get(address).content.decode()
    assert "hx-get" not in page
    assert f'href="{address}file/"' in page
    assert b"".join(manager.get(f"{address}file/").streaming_content)[:2] == b"PK"
    assert "xlsx" in manager.get("/w/home/exports/").content.decode()
    with world.scope():
        news = Notification.objects.get()
    assert "Your export is ready" in manager.get("/w/home/notifications/").content.decode()
    followed = manager.post(f"/w/home/notifications/{news.pk}/")
    assert followed["Location"] == address
    manager.post(address, {"do": "discard"})
    assert "kept no longer" in manager.get(address).content.decode()
    manager.post(address, {"do": "again"})
    with world.scope():
        assert Export.objects.get().status == "expired"


def test_the_mail_says_it_too(world, people, mailoutbox, settings):
    from leads.messaging.notifications import send_due_mails

    settings.SITE_URL = "https://crm.example.com"
    with world.scope():
        actor = world.actor("manager")
        row = exports.ask(exports.question(actor=actor), actor=actor, file_format="csv")
    making.work_off()
    send_due_mails()
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (["manager@example.com"], f"A file is ready: {row.file_name}")
    assert f"https://crm.example.com/w/home/exports/{row.pk}/" in mail.body


def test_the_admin_stops_exports(world, people):
    staff(world.manager)
    with world.scope():
        actor = world.actor("manager")
        row = exports.ask(exports.question(actor=actor), actor=actor, file_format="csv")
    client = Client()
    client.force_login(world.manager)
    data = {"action": "discard", "_selected_action": [str(row.pk)]}
    client.post("/admin/campaigns/export/", data)
    with world.scope():
        assert Export.objects.get().status == "expired"
