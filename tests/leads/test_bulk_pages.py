"""Selecting leads on their page, what is asked, and the pages of jobs."""

import re

import pytest

from leads.bulk import job_runs, jobs
from leads.bulk.selection import filtered
from leads.intake import LeadInput, receive
from leads.models import Job, Lead
from leads.views import listing

LEADS = "/w/home/leads/"
BULK = "/w/home/leads/bulk/"


@pytest.fixture
def rows(world):
    with world.scope():
        return [
            receive(
                LeadInput(first_name=name, email=f"{name}@example.com", source="phone"),
                actor=world.actor(),
            ).lead
            for name in ("ann", "bob", "cleo")
        ]


@pytest.fixture
def manager(world, client):
    client.force_login(world.manager)
    return client


def the_job(world):
    with world.scope():
        return Job.objects.latest("created_at")


def test_a_viewer_gets_no_boxes_and_a_rep_no_managers_actions(world, client, rows):
    client.force_login(world.viewer)
    assert 'name="ids"' not in client.get(LEADS).content.decode()
    assert client.post(BULK, {"action": "tag", "ids": rows[0].pk}).status_code == 403
    client.force_login(world.rep)
    page = client.get(LEADS).content.decode()
    assert page.count('name="ids"') == 3
    assert re.findall(r'name="action"\s+value="(\w+)"', page) == ["tag", "untag", "lose"]
    assert client.post(BULK, {"action": "delete", "ids": rows[0].pk}).status_code == 403


def test_what_an_action_needs_is_asked_before_it_is_done(world, manager, rows):
    asked = {"action": "tag", "ids": [rows[0].pk, rows[1].pk], "state": "source=phone&columns=heat"}
    page = manager.post(BULK, asked).content.decode()
    assert "Tag: 2 leads" in page
    assert f'name="ids" value="{rows[0].pk}"' in page
    refused = manager.post(BULK, asked | {"answered": "yes", "tags": "a" * 80})
    assert refused.status_code == 422
    assert "at most" in refused.content.decode()
    done = manager.post(BULK, asked | {"answered": "yes", "tags": "hot, vip"})
    assert (done.status_code, done["Location"]) == (302, f"{LEADS}?source=phone&columns=heat")
    assert the_job(world).parameters == {"tags": ["hot", "vip"]}
    strip = manager.get(done["Location"]).content.decode()
    assert "Tag: hot, vip, 2 leads: under way." in strip
    assert 'hx-trigger="every 1s"' in strip
    job_runs.work_off()
    ended = manager.get(f"/w/home/jobs/{the_job(world).pk}/progress/").content.decode()
    assert "2 changed" in ended
    assert "every 1s" not in ended


def test_all_that_match_are_those_of_the_filter(world, manager, rows, monkeypatch):
    monkeypatch.setattr(listing, "ROWS", 2)
    page = manager.get(f"{LEADS}?q=bob&source=phone").content.decode()
    assert 'name="matching"' not in page, "everything is on the page"
    assert 'name="matching"' in manager.get(f"{LEADS}?source=phone").content.decode()
    counted = manager.get(f"{BULK}count/?source=phone&ordering=number").content.decode()
    assert counted.strip() == "all 3 leads that match"
    asked = {"action": "delete", "matching": "yes", "state": "q=ann&ordering=number"}
    assert "Delete: 1 lead" in manager.post(BULK, asked).content.decode()
    manager.post(BULK, asked | {"answered": "yes"})
    assert the_job(world).filter == {"q": ["ann"]}
    everything = {"action": "auto_assign", "matching": "yes", "state": "", "answered": "yes"}
    assert manager.post(BULK, everything).status_code == 302
    assert the_job(world).filter == {}


def test_what_cannot_be_done_says_so_and_does_nothing(world, manager, rows):
    def said(**given):
        response = manager.post(BULK, {"state": "source=phone", **given}, follow=True)
        return response.content.decode()

    assert "Select the leads first." in said(action="tag")
    assert "Unknown action" in said(action="explode", ids=rows[0].pk)
    assert "There is no filter" in said(action="delete", matching="yes", state="sorce=phone")
    assert manager.get(BULK).status_code == 302
    with world.scope():
        assert not Job.objects.exists()


def test_the_script_gets_a_dialog_and_is_sent_on(world, manager, rows):
    asked = {"action": "assign", "ids": rows[0].pk, "state": "", "form_mark": "a" * 32}
    headers = {"HX-Request": "true"}
    dialog = manager.post(BULK, asked, headers=headers).content.decode()
    assert dialog.lstrip().startswith('<div id="bulk-dialog">')
    given = asked | {"answered": "yes", "user_id": world.rep.pk}
    for _time in range(2):
        sent_on = manager.post(BULK, given, headers=headers)
        assert (sent_on.status_code, sent_on["HX-Redirect"]) == (204, LEADS)
    with world.scope():
        assert Job.objects.count() == 1


def test_the_pages_of_jobs(world, manager, rows, client):
    assert "No jobs yet" in manager.get("/w/home/jobs/").content.decode()
    with world.scope():
        actor = world.actor("manager")
        everything = filtered({}, actor=actor, everything=True)
        job = jobs.request("delete", actor=actor, selection=everything, given={})
    page = f"/w/home/jobs/{job.pk}/"
    assert "0 of 3" in manager.get(page).content.decode()
    manager.post(page, {"do": "cancel"})
    assert "Run again" in manager.get(page).content.decode()
    manager.post(page, {"do": "again"})
    job_runs.work_off()
    assert "3 changed" in manager.get("/w/home/jobs/").content.decode()
    back = manager.post(page, {"do": "undo"})
    job_runs.work_off()
    assert "Those that were deleted together" in manager.get(back["Location"]).content.decode()
    with world.scope():
        assert Lead.objects.alive().count() == 3
    client.force_login(world.rep)
    assert client.get(page).status_code == 404
    assert client.post(page, {"do": "undo"}).status_code == 404
    client.force_login(world.stranger)
    assert client.get(page).status_code == 404
    assert client.get(f"/w/abroad/jobs/{job.pk}/").status_code == 404


def test_refusals_are_shown_by_lead_with_their_reasons(world, manager, rows):
    with world.scope():
        actor = world.actor("manager")
        everything = filtered({}, actor=actor, everything=True)
        given = {"loss_reason": "price"}
        job = jobs.request("lose", actor=actor, selection=everything, given=given)
    job_runs.work_off()
    page = manager.get(f"/w/home/jobs/{job.pk}/").content.decode()
    assert page.count("This lead was never qualified") == 3
    assert "Mark lost: Price too high" in page
