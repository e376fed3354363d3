"""The Leads page: its columns, orders, named questions, custom filters and saved views."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads import lifecycle
from leads.fields import custom_fields
from leads.intake import LeadInput, receive
from leads.listing import saved_views
from leads.listing.columns import STANDARD
from leads.models import Lead, PinnedView, SavedView

LIST = "/w/home/leads/"


def add(world, name, **facts):
    with world.scope():
        given = LeadInput(first_name=name, email=f"{name.lower()}@example.com", **facts)
        return receive(given, actor=world.actor()).lead


def contact(world, lead, *, days, times=1, method="call", direction="outbound"):
    with world.scope():
        for _number in range(times):
            lifecycle.log_contact(
                lead,
                actor=world.actor(),
                method=method,
                direction=direction,
                at=timezone.now() - timedelta(days=days),
            )


def shown(client, query=""):
    """The names in the table, in order."""
    answer = client.get(f"{LIST}?{query}")
    assert answer.status_code == 200, answer
    return re.findall(r'class="row-link"[^>]*><span class="cell-clip">(\w+)</span>', page(answer))


def page(answer):
    return answer.content.decode()


def headings(text):
    heads = re.findall(r"<th (?![^>]*cell-select)[^>]*>(.*?)</th>", text, re.DOTALL)
    return [re.sub(r"<.*?>", "", head).strip() for head in heads]


@pytest.fixture
def rep(world, client):
    client.force_login(world.rep)
    return client


def test_the_named_questions_ask_what_they_say(world, rep):
    quiet, tried, spoke = (add(world, name) for name in ("Quiet", "Tried", "Spoke"))
    add(world, "Fresh")
    contact(world, quiet, days=40, method="linkedin")
    contact(world, tried, days=1, times=3)
    contact(world, spoke, days=1, times=3)
    contact(world, spoke, days=1, direction="inbound")
    links = {
        label: query
        for query, label in re.findall(
            r'href="/w/home/leads/\??([^"]*)"[^>]*>([^<]+)</a>', page(rep.get(LIST))
        )
    }
    for label, names in {
        "Not contacted in 30 days": ["Quiet"],
        "Three or more attempts, no response": ["Tried"],
        "Last by LinkedIn": ["Quiet"],
        "Follow-ups due": ["Quiet"],
        "Never contacted": ["Fresh"],
    }.items():
        query = links[label].replace("&amp;", "&")
        assert shown(rep, query) == names, label
        assert f'<span class="truncate">{label}</span>' in page(rep.get(f"{LIST}?{query}"))


def test_columns_are_chosen_in_the_address(world, rep):
    with world.scope():
        custom_fields.define(actor=world.actor(), label="City")
        custom_fields.define(actor=world.actor(), label="Size", kind="number", subject="lead")
    values = {"city": "Rome & Ostia", "size": 12500}
    add(world, "Ann", company="Acme", tags=["vip", "b2b"], custom_fields=values)
    text = page(rep.get(f"{LIST}?columns=attr.size,tags,attr.city,gone,status"))
    assert headings(text) == ["Lead", "Size", "Tags", "City", "Status"]
    for told in ("12,500", '<span class="badge">vip</span>', "Rome &amp; Ostia"):
        assert told in text
    assert 'value="company">' in text
    usual = headings(page(rep.get(LIST)))
    assert usual[:5] == ["Lead", "Status", "Heat", "Owner", "Last contact"]
    assert headings(page(rep.get(f"{LIST}?columns=gone"))) == usual
    every = ",".join([*STANDARD, "attr.city", "attr.size"])
    assert len(headings(page(rep.get(f"{LIST}?columns={every}")))) == len(STANDARD) + 3


def test_what_the_chooser_sends_becomes_one_text(rep):
    answer = rep.get(f"{LIST}?heat=HOT&columns=status&columns=owner")
    assert answer["Location"] == f"{LIST}?heat=HOT&columns=status,owner"
    usual = "&".join(f"columns={name}" for name in saved_views.columns.USUAL)
    assert rep.get(f"{LIST}?{usual}&heat=HOT")["Location"] == f"{LIST}?heat=HOT"


def test_only_what_is_shown_is_read_and_rows_cost_nothing(world, rep):
    with world.scope():
        custom_fields.define(actor=world.actor(), label="City")

    def read(query):
        with CaptureQueriesContext(connection) as captured:
            shown(rep, query)
        rows = next(q["sql"] for q in captured if '"leads_lead"."number"' in q["sql"])
        return len(captured), rows

    every = ",".join([*STANDARD, "attr.city"])
    queries = [f"columns={every}", "columns=status", "ordering=number&columns=email"]
    add(world, "First", company="Acme", tags=["a"], custom_fields={"city": "Rome"})
    read("")
    before = [read(query)[0] for query in queries]
    for number in range(6):
        values = {"city": f"City {number}"}
        add(world, f"P{number}", company=f"F{number}", tags=["a", "b"], custom_fields=values)
    assert [read(query)[0] for query in queries] == before
    sql = read("columns=status")[1]
    assert "company" not in sql
    assert "custom_fields" not in sql


def test_a_head_orders_by_its_column(world, rep):
    for name, score in (("Cold", 0), ("Warm", 9)):
        lead = add(world, name)
        with world.scope():
            Lead.objects.filter(pk=lead.pk).update(heat_score=score)
    text = page(rep.get(LIST))
    assert re.search(r'aria-sort="descending"><a href="[^"]*ordering=created_at">Created', text)
    assert f'<a href="{LIST}?ordering=-heat_score">Heat</a>' in text
    assert shown(rep, "ordering=-heat_score") == ["Warm", "Cold"]
    assert shown(rep, "ordering=number") == ["Cold", "Warm"]
    text = page(rep.get(f"{LIST}?ordering=-heat_score&heat=COLD,WARM"))
    assert re.search(r'aria-sort="descending"><a href="[^"]*&amp;ordering=heat_score">Heat', text)


def test_several_values_of_a_filter_are_kept_by_its_control(world, rep):
    add(world, "Ann")
    text = page(rep.get(f"{LIST}?status=new&status=enriched&last_contacted_before=30d&open=false"))
    assert '<option value="new,enriched" selected>New, Enriched</option>' in text
    assert '<span class="truncate">New, Enriched</span>' in text
    assert '<span class="truncate">30 days ago</span>' in text
    assert '<input type="hidden" name="open" value="false">' in text
    assert re.search(r'type="text"\s+value="30d"', text)


def test_custom_fields_have_controls(world, rep):
    with world.scope():
        for label, kind, choices in (
            ("Plan", "choice", [{"value": "gold", "label": "All in"}, "free"]),
            ("Size", "number", []),
            ("City", "text", []),
            ("Member", "boolean", []),
        ):
            custom_fields.define(actor=world.actor(), label=label, kind=kind, choices=choices)
    query = "attr.plan=All in,free&attr.size.min=3&attr.city=Rome&attr.city=Oslo&attr.size=4"
    text = page(rep.get(f"{LIST}?{query}"))
    form = " ".join(text[: text.index('id="results"')].split())
    for value in ("gold", "free"):
        assert f'type="checkbox" name="attr.plan" value="{value}" checked>' in form
    assert 'name="attr.size.min" type="number" step="any" value="3">' in form
    for city in ("Rome", "Oslo"):
        assert f'name="attr.city" value="{city}"' in form
    assert '<input type="hidden" name="attr.size" value="4">' in form
    assert '<input type="hidden" name="attr.plan"' not in form


def test_a_view_is_saved_opened_changed_and_deleted(world, rep):
    state = "heat=HOT&ordering=-heat_score&columns=status,owner"
    answer = rep.post("/w/home/views/new/", {"view-name": "Hot ones", "state": state})
    with world.scope():
        view = SavedView.objects.get()
    address = f"/w/home/views/{view.pk}/"
    query = f"{state}&view={view.pk}"
    assert answer["Location"] == f"{LIST}?{query}"
    assert rep.get(address)["Location"] == f"{LIST}?{query}"
    text = page(rep.get(f"{LIST}?{query}"))
    assert '<span class="truncate">Hot ones</span>' in text
    assert "is changed" not in text
    changed = f"heat=WARM&columns=status&view={view.pk}"
    text = page(rep.get(f"{LIST}?{changed}"))
    assert "“Hot ones” is changed." in text
    saved = rep.post(address, {"do": "save", "state": "heat=WARM&columns=status"})
    assert saved["Location"] == f"{LIST}?{changed}"
    assert "is changed" not in page(rep.get(f"{LIST}?{changed}"))
    rep.post(address, {"do": "pin", "state": ""})
    assert "Pinned views" in page(rep.get("/w/home/"))
    renamed = rep.post(f"{address}edit/", {"view-name": "Warm ones"})
    assert renamed.status_code == 302
    assert "Warm ones" in page(rep.get("/w/home/tasks/"))
    assert rep.post(address, {"do": "delete"})["Location"] == LIST
    with world.scope():
        assert not SavedView.objects.exists()
        assert not PinnedView.objects.exists()


def test_a_refused_view_keeps_what_was_typed(world, rep):
    with world.scope():
        saved_views.create(actor=world.actor("rep"), values={"name": "Hot"})
    answer = rep.post("/w/home/views/new/", {"view-name": "Hot", "state": "heat=HOT"})
    assert answer.status_code == 422
    assert "There is a view “Hot” already." in page(answer)
    assert 'name="state" value="heat=HOT"' in page(answer)
    answer = rep.post("/w/home/views/new/", {"view-name": "Bad", "state": "heat=TEPID"})
    assert answer.status_code == 422
    assert "TEPID" in page(answer)


def test_sent_twice_it_is_saved_once(world, rep):
    sent = {"view-name": "Hot", "state": "heat=HOT", "form_mark": "a" * 32}
    for _again in range(2):
        assert rep.post("/w/home/views/new/", sent).status_code == 302
    with world.scope():
        assert SavedView.objects.count() == 1


def test_shared_views_are_for_managers_to_change(world, client):
    with world.scope():
        values = {"name": "Ours", "is_shared": True, "filters": {"heat": "HOT"}}
        view = saved_views.create(actor=world.actor("manager"), values=values)
        own = saved_views.create(actor=world.actor("other_rep"), values={"name": "Theirs"})
    address = f"/w/home/views/{view.pk}/"
    client.force_login(world.rep)
    text = page(client.get(f"{LIST}?heat=WARM&view={view.pk}"))
    assert "“Ours” is changed." in text
    assert 'value="save"' not in text
    assert client.get(f"{address}edit/").status_code == 403
    assert client.post(address, {"do": "save", "state": ""}).status_code == 403
    assert client.post("/w/home/views/new/", {"view-name": "x"}).status_code == 302
    for hidden in (f"/w/home/views/{own.pk}/", f"/w/home/views/{own.pk}/edit/"):
        assert client.get(hidden).status_code == 404
    assert "Theirs" not in page(client.get(f"{LIST}?view={own.pk}"))
    client.force_login(world.viewer)
    assert client.post(address, {"do": "pin", "state": ""}).status_code == 302
    assert client.get("/w/home/views/new/").status_code == 403
    assert "Save as view" not in page(client.get(LIST))
    client.force_login(world.manager)
    assert 'value="save"' in page(client.get(f"{LIST}?heat=WARM&view={view.pk}"))


def test_a_preview_is_part_of_the_page_or_the_page(world, rep):
    lead = add(world, "Ann", notes="Wants the oak fronts.")
    contact(world, lead, days=2)
    address = f"{LIST}{lead.number}/preview/"
    assert rep.get(address)["Location"] == f"{LIST}{lead.number}/"
    text = page(rep.get(address, headers={"HX-Request": "true"}))
    assert 'id="preview"' in text
    for told in ("Ann", "Wants the oak fronts.", "Outbound call"):
        assert told in text
    with world.scope():
        Lead.objects.update(deleted_at=timezone.now())
    assert rep.get(address, headers={"HX-Request": "true"}).status_code == 404
