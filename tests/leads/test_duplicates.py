"""Who may be the same person: what is suggested, what is not, and that people's word stands."""

import pytest
from django.db import connection

from integrations import outbox
from leads.intake import LeadInput, receive
from leads.merges import duplicates
from leads.models import Contact, DuplicateScan, DuplicateSuggestion


@pytest.fixture
def scoped(world):
    with world.scope():
        yield world


def arrive(world, **facts):
    return receive(LeadInput(**facts), actor=world.actor()).lead.contact


def person(world, **facts):
    """Known from before: no news tell of them."""
    return Contact.objects.create(workspace=world.home, **facts)


def found(world):
    duplicates.look_for(world.home.pk, Contact.objects.values_list("pk", flat=True))
    return {
        tuple(row.reasons): {row.first_id, row.second_id}
        for row in DuplicateSuggestion.objects.open()
    }


def test_an_arrival_that_points_at_two_raises_a_suggestion(scoped):
    ann = arrive(scoped, email="ann@example.com", first_name="Ann")
    bob = arrive(scoped, phone="+1 800 555 0100", first_name="Bob")
    received = receive(
        LeadInput(email="ann@example.com", phone="+1 800 555 0100"), actor=scoped.actor()
    )
    assert received.lead.contact_id == ann.pk
    row = DuplicateSuggestion.objects.get()
    assert ({row.first_id, row.second_id}, row.reasons) == ({ann.pk, bob.pk}, ["arrival"])
    duplicates.raise_pair(scoped.home.pk, bob.pk, ann.pk, ["phone"])
    row.refresh_from_db()
    assert row.reasons == ["arrival", "phone"]


def test_the_same_phone_or_name_with_something_else_in_common(scoped):
    firm = arrive(scoped, email="x@example.com", company="Moss Ltd").company
    same_phone = [person(scoped, first_name=n, phone_e164="+18005550100") for n in ("Al", "Bo")]
    ann = person(
        scoped,
        first_name="Ann",
        last_name="Moss",
        company=firm,
        email="a",
        phone="1",
        email_normalized="ann@example.com",
    )
    colleague = person(
        scoped, first_name="ANN", last_name="moss", company=firm, email_normalized="am@example.org"
    )
    writer = person(scoped, first_name="Ann", last_name="Moss", email_normalized="ann@example.net")
    other = person(
        scoped, first_name="Ann", last_name="Moss", email_normalized="someone@example.net"
    )
    assert found(scoped) == {
        ("phone",): {one.pk for one in same_phone},
        ("name_company",): {ann.pk, colleague.pk},
        ("name_email",): {ann.pk, writer.pk},
    }
    assert other.pk


def test_a_line_that_many_share_says_nothing(scoped):
    for number in range(duplicates.MOST_FOR_ONE + 2):
        person(scoped, first_name=f"P{number}", phone_e164="+18005550100")
    assert found(scoped) == {}


def test_contacts_from_before_are_looked_through_in_batches(world, monkeypatch):
    monkeypatch.setattr(duplicates, "SCANNED_AT_ONCE", 2)
    with world.scope():
        for number in range(5):
            person(world, first_name=f"P{number}", phone_e164=f"+1800555010{number // 2}")
    while duplicates.scan_on():
        pass
    with world.scope():
        assert DuplicateSuggestion.objects.count() == 2
        assert DuplicateScan.objects.get().finished_at is not None
    assert not duplicates.scan_on()


def test_who_looks_for_namesakes_walks_the_index(scoped):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE leadloop_system")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM leads_contact WHERE workspace_id = %s AND deleted_at IS NULL"
            " AND last_name <> '' AND first_name <> '' AND lower(last_name) = lower('Moss')"
            " AND lower(first_name) = lower('Ann')",
            [scoped.home.pk],
        )
        plan = " ".join(row[0] for row in cursor.fetchall())
    assert "contact_full_name" in plan


def test_news_of_leads_have_their_contacts_looked_at(world):
    with world.scope():
        arrive(world, first_name="Ann", last_name="Moss", company="Moss", email="a@example.com")
        arrive(world, first_name="Ann", last_name="Moss", company="moss", email="b@example.com")
    outbox.drain()
    with world.scope():
        assert DuplicateSuggestion.objects.get().reasons == ["name_company"]
