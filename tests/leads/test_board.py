"""The Pipeline page: its columns, what stands on top, and moves that answer into the page."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads import lifecycle
from leads.intake import LeadInput, receive
from leads.models import Appointment, Interaction, Lead

BOARD = "/w/home/pipeline/"
PART = {"HX-Request": "true"}


def add(world, name, status="new", **fields):
    row = receive(LeadInput(first_name=name), actor=world.actor()).lead
    if status == "scheduled":
        lifecycle.schedule(row, actor=world.actor(), scheduled_for=timezone.now())
    elif status != "new":
        fields["status"] = status
    Lead.objects.filter(pk=row.pk).update(**fields)
    row.refresh_from_db()
    return row


def cards(response, status):
    """The names in one column, from the top."""
    text = response.content.decode()
    column = re.search(rf'id="cards-{status}"[^>]*>(.*?)</ol>', text, re.DOTALL)
    return re.findall(r'class="card-name"[^>]*>([^<]*)<', column[1]) if column else None


def count(response, status):
    text = re.search(
        rf'id="count-{status}"[^>]*>(.*?)</span>(\S*)</span>', response.content.decode()
    )
    return text[2]


def counted(client, page):
    """What the page asks for when it is there."""
    address = re.search(r'hx-get="([^"]*/counts/[^"]*)"', page.content.decode())[1]
    return client.get(address.replace("&amp;", "&"), headers=PART)


@pytest.fixture
def rep(world, client):
    client.force_login(world.rep)
    with world.scope():
        yield client


def move(client, lead, status, **data):
    data = {"expected_status": lead.status, **data}
    return client.post(f"{BOARD}{lead.number}/to/{status}/", data, headers=PART)


def status_of(lead):
    return Lead.objects.get(pk=lead.pk).status


def memory(response):
    return re.search(r'name="memory" value="([^"]+)"', response.content.decode())[1]


def test_each_lead_stands_in_its_column_newest_first(world, rep):
    for name in ("Ann", "Bea", "Cleo"):
        add(world, name)
    add(world, "Dan", "qualified")
    page = rep.get(BOARD)
    assert cards(page, "new") == ["Cleo", "Bea", "Ann"]
    assert cards(page, "qualified") == ["Dan"]
    assert cards(page, "lost") == []
    assert (count(page, "new"), count(page, "qualified"), count(page, "lost")) == ("3", "1", "0")


def test_what_presses_stands_on_top_and_says_why(world, rep):
    now = timezone.now()
    add(world, "Closing", auto_close_alarm_at=now + timedelta(hours=5))
    add(world, "Later", auto_close_alarm_at=now + timedelta(days=9))
    missed = add(world, "Missed", "scheduled")
    Appointment.objects.filter(lead=missed).update(scheduled_for=now - timedelta(days=2))
    planned = add(world, "Planned", "scheduled")
    Appointment.objects.filter(lead=planned).update(scheduled_for=now + timedelta(days=2))
    page = rep.get(BOARD)
    assert cards(page, "new") == ["Closing", "Later"]
    assert cards(page, "scheduled") == ["Missed", "Planned"]
    text = page.content.decode()
    assert text.count("Closes by itself in 4 h") == 1
    assert text.count("Visit was due") == 1


def test_load_more_goes_on_where_the_column_ended(world, rep, monkeypatch):
    monkeypatch.setattr("leads.board.CARDS", 2)
    for name in ("Ann", "Bea", "Cleo", "Dan", "Eve"):
        add(world, name)
    closing = timezone.now() + timedelta(hours=5)
    add(world, "Closing", auto_close_alarm_at=closing)
    Lead.objects.filter(contact__first_name="Closing").update(created_at=closing - timedelta(90))
    page = rep.get(BOARD)
    seen = cards(page, "new")
    assert seen == ["Closing", "Eve"]
    assert count(page, "new") == "2+"
    assert count(counted(rep, page), "new") == "6"
    while found := re.search(r'hx-get="([^"]+)"[^>]*hx-target="#more-new"', page.content.decode()):
        page = rep.get(found[1].replace("&amp;", "&"), headers=PART)
        seen += re.findall(r'class="card-name"[^>]*>([^<]*)<', page.content.decode())
    assert seen == ["Closing", "Eve", "Dan", "Cleo", "Bea", "Ann"]


def test_without_a_script_more_cards_are_a_page(world, rep, monkeypatch):
    monkeypatch.setattr("leads.board.CARDS", 1)
    for name in ("Ann", "Bea"):
        add(world, name)
    address = re.search(r'id="load-new"\s+href="([^"]+)"', rep.get(BOARD).content.decode())[1]
    page = rep.get(address.replace("&amp;", "&")).content.decode()
    assert "<h1>New</h1>" in page
    assert "Ann" in page
    assert "Bea" not in page


def test_counts_are_bounded(world, rep, monkeypatch):
    monkeypatch.setattr("leads.board.CARDS", 1)
    monkeypatch.setattr("leads.board.EXACT_COUNT", 2)
    monkeypatch.setattr("leads.board.EXACT_COUNT_FILTERED", 1)
    for name in ("Ann", "Bea", "Cleo"):
        add(world, name, heat="HOT")
    assert count(counted(rep, rep.get(BOARD)), "new") == "2+"
    assert count(counted(rep, rep.get(f"{BOARD}?heat=HOT")), "new") == "1+"


def test_the_counts_alone_are_no_page(world, rep):
    answer = rep.get(f"{BOARD}counts/?heat=HOT")
    assert (answer.status_code, answer["Location"]) == (302, f"{BOARD}?heat=HOT")


def test_a_board_that_shows_everything_counts_nothing_more(world, rep):
    add(world, "Ann")
    assert "/pipeline/counts/" not in rep.get(BOARD).content.decode()


def test_the_filters_are_those_of_the_list(world, rep):
    add(world, "Ann", heat="HOT", assigned_to=world.rep)
    add(world, "Bea", assigned_to=world.other_rep, source="phone")
    add(world, "Cleo", "lost", lost_at=timezone.now(), heat="HOT")
    assert cards(rep.get(f"{BOARD}?heat=HOT"), "new") == ["Ann"]
    assert cards(rep.get(f"{BOARD}?source=phone"), "new") == ["Bea"]
    assert cards(rep.get(f"{BOARD}?assigned_to={world.rep.pk}"), "new") == ["Ann"]
    assert cards(rep.get(f"{BOARD}?assigned_to_me=true"), "new") == ["Ann"]
    assert cards(rep.get(f"{BOARD}?q=bea"), "new") == ["Bea"]
    page = rep.get(f"{BOARD}?status=lost,new&stage=lost")
    assert cards(page, "lost") == ["Cleo"]
    assert cards(page, "qualified") is None
    assert 'value="lost" checked' in page.content.decode()
    assert "No lead is like that" in rep.get(f"{BOARD}?source=api").content.decode()
    assert "left out" in rep.get(f"{BOARD}?heat=boiling").content.decode()


def test_what_people_typed_is_text_on_a_card(world, rep):
    add(world, "<b>{name}</b> & 'Ann'")
    text = rep.get(f"{BOARD}?source=other&open=true").content.decode()
    assert "<b>{" not in text
    assert text.count("&lt;b&gt;{name}&lt;/b&gt; &amp; &#x27;Ann&#x27;</a>") == 1
    assert "/?source=other&amp;open=true" in text


def test_an_empty_workspace_says_how_to_begin(rep):
    assert "Enter the first lead" in rep.get(BOARD).content.decode()


def test_a_rep_who_sees_only_their_own_sees_only_those(world, rep):
    add(world, "Ann", assigned_to=world.rep)
    theirs = add(world, "Bea", assigned_to=world.other_rep)
    world.home.rep_lead_access = "own"
    world.home.save()
    assert cards(rep.get(BOARD), "new") == ["Ann"]
    assert move(rep, theirs, "qualified").status_code == 404
    assert status_of(theirs) == "new"


def test_a_viewer_looks_and_moves_nothing(world, client):
    with world.scope():
        lead = add(world, "Ann")
        client.force_login(world.viewer)
        page = client.get(BOARD).content.decode()
        assert "Ann" in page
        assert 'draggable="true"' not in page
        assert "Move Ann" not in page
        assert client.get(f"{BOARD}{lead.number}/").status_code == 403
        assert move(client, lead, "qualified").status_code == 403
        assert client.post(f"{BOARD}undo/", {"memory": "x"}).status_code == 403
        assert status_of(lead) == "new"


def test_a_card_that_is_dropped_is_moved_and_may_be_taken_back(world, rep):
    lead = add(world, "Ann")
    add(world, "Bea", "qualified")
    answer = move(rep, lead, "qualified", dropped="yes")
    assert answer.status_code == 200
    assert status_of(lead) == "qualified"
    assert cards(answer, "qualified") is None
    text = answer.content.decode()
    assert 'hx-swap-oob="afterbegin:#cards-qualified"' in text
    assert f'id="card-{lead.number}" hx-swap-oob="delete"' in text
    assert (count(answer, "new"), count(answer, "qualified")) == ("0", "2")
    assert "Ann is “Qualified” now." in text
    answer = rep.post(f"{BOARD}undo/", {"memory": memory(answer)}, headers=PART)
    assert "Taken back: Ann is “New” again." in answer.content.decode()
    assert status_of(lead) == "new"


@pytest.mark.parametrize(
    ("status", "asks"),
    [
        ("contacted", "How?"),
        ("scheduled", "When is the visit?"),
        ("lost", "Why is it lost?"),
    ],
)
def test_what_a_move_needs_is_asked_before_anything_is_saved(world, rep, status, asks):
    lead = add(world, "Ann")
    before = Interaction.objects.count()
    answer = move(rep, lead, status, dropped="yes")
    assert answer.status_code == 200
    assert asks in answer.content.decode()
    assert (status_of(lead), Interaction.objects.count()) == ("new", before)
    given = {
        "contacted": {"method": "sms", "notes": ""},
        "scheduled": {"scheduled_for": "2030-01-01T10:00", "location": ""},
        "lost": {"loss_reason": "price", "unqualified_reason": "spam"},
    }[status]
    assert move(rep, lead, status, **given).status_code == 200
    assert status_of(lead) == status


def test_an_incomplete_dialog_comes_back_with_what_was_typed(world, rep):
    lead = add(world, "Ann")
    answer = move(rep, lead, "lost", loss_reason="price", notes="Too dear")
    assert answer.status_code == 422
    assert "Too dear" in answer.content.decode()
    assert "<dialog" in answer.content.decode()
    assert status_of(lead) == "new"


@pytest.mark.parametrize(
    ("start", "target", "why"),
    [
        ("qualified", "new", "No move leads back to “New”."),
        ("qualified", "conversing", "“Mark conversing” is not possible."),
        ("new", "completed", "Possible from: Qualified, Scheduled."),
        ("converted", "lost", "is not possible"),
        ("lost", "qualified", "goes back to where it was lost, which is “New”"),
    ],
)
def test_a_refused_card_stays_and_the_answer_says_why(world, rep, start, target, why):
    times = {"lost_at": timezone.now(), "lost_from": "new"} if start == "lost" else {}
    lead = add(world, "Ann", start, **times)
    answer = move(rep, lead, target, dropped="yes")
    assert answer.status_code == 409
    text = answer.content.decode()
    assert why in text
    assert "toast error" in text
    assert "card-" not in text
    assert status_of(lead) == start


def test_a_lost_lead_is_dropped_where_it_was_lost(world, rep):
    lead = add(world, "Ann")
    lifecycle.lose(lead, actor=world.actor(), loss_reason="price", unqualified_reason="spam")
    lead.refresh_from_db()
    assert move(rep, lead, "new", dropped="yes").status_code == 200
    assert status_of(lead) == "new"


@pytest.mark.parametrize("target", ["contacted", "qualified", "converted"])
def test_two_people_with_one_card_make_one_history_and_a_message(world, rep, target):
    lead = add(world, "Ann")
    lifecycle.qualify(lead, actor=world.actor("other_rep"))
    answer = move(rep, lead, target, dropped="yes")
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Somebody moved this lead to “Qualified” meanwhile." in text
    # The card goes where it is by now.
    assert 'hx-swap-oob="afterbegin:#cards-qualified"' in text
    assert status_of(lead) == "qualified"
    assert Interaction.objects.filter(lead=lead, type="status_change").count() == 1


def test_without_a_script_the_menu_is_a_page_of_forms(world, rep):
    lead = add(world, "Ann", heat="HOT")
    page = rep.get(f"{BOARD}{lead.number}/?heat=HOT").content.decode()
    assert f'formaction="{BOARD}{lead.number}/to/qualified/?heat=HOT"' in page
    assert f'href="{BOARD}{lead.number}/to/lost/?heat=HOT"' in page
    assert "Possible from: Qualified, Scheduled." in page
    page = rep.get(f"{BOARD}{lead.number}/to/lost/?heat=HOT").content.decode()
    assert "Why is it lost?" in page
    address = f"{BOARD}{lead.number}/to/qualified/?heat=HOT"
    answer = rep.post(address, {"expected_status": "new"}, follow=True)
    assert answer.redirect_chain == [(f"{BOARD}?heat=HOT&stage=qualified", 302)]
    assert "Ann is “Qualified” now." in answer.content.decode()
    answer = rep.post(f"{BOARD}undo/?heat=HOT", {"memory": memory(answer)}, follow=True)
    assert "Taken back: Ann is “New” again." in answer.content.decode()
    assert status_of(lead) == "new"
    # The offer to take back stands on the first page only.
    rep.post(address, {"expected_status": "new"}, follow=True)
    assert 'name="memory"' not in rep.get(BOARD).content.decode()
    refused = rep.post(address, {"expected_status": "new"}, follow=True)
    assert "Somebody moved this lead" in refused.content.decode()


def test_what_does_not_exist_is_404(world, rep):
    lead = add(world, "Ann")
    assert rep.get(f"{BOARD}{lead.number}/to/nowhere/").status_code == 404
    assert rep.get(f"{BOARD}4711/").status_code == 404
    assert rep.get(f"{BOARD}undo/").status_code == 302
    assert rep.get(f"{BOARD}?status=new&cursor=nonsense").status_code == 302


def test_the_number_of_queries_does_not_grow_with_cards(world, rep):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert rep.get(BOARD).status_code == 200
        return len(captured)

    statuses = ("new", "qualified", "scheduled")
    for status in statuses:
        add(world, "First", status, assigned_to=world.rep)
    queries()
    at_one = queries()
    for n in range(7):
        for status in statuses:
            add(world, f"Ann {n}", status, assigned_to=world.rep)
    assert queries() == at_one
