"""Many rows written in one statement are the rows written one by one."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from accounts.among import among
from accounts.bulk import MANY, insert_rows, update_rows
from leads.intake import LeadInput, receive
from leads.models import Contact, ContactTag

AT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
FIELDS = ["first_name", "lifetime_value", "conversion_count", "converted_at", "consent", "company"]


@pytest.fixture
def people(world):
    with world.scope():
        for number in range(3):
            receive(LeadInput(email=f"p{number}@example.com"), actor=world.actor())
        yield list(Contact.objects.order_by("number"))


def test_values_of_every_kind_arrive_as_they_are(world, people):
    first, second, untouched = people
    first.first_name, second.first_name = 'O\'Neil \\ {"x",}', "NULL"
    first.lifetime_value, second.lifetime_value = Decimal("12.30"), Decimal("-0.01")
    first.conversion_count = 3
    first.converted_at = AT
    first.consent = {"email": True, "list": [1, 'a"b'], "none": None}
    update_rows([first, second], FIELDS, workspace_id=world.home.pk)
    fresh = {row.pk: row for row in Contact.objects.all()}
    for row in people:
        for name in FIELDS:
            assert getattr(fresh[row.pk], name) == getattr(row, name), name
    assert fresh[untouched.pk].first_name == ""


def test_only_the_named_fields_of_the_named_workspace_are_written(world, people):
    row = people[0]
    row.first_name, row.last_name = "Ann", "Lost"
    update_rows([row], ["first_name"], workspace_id=world.home.pk)
    assert Contact.objects.get(pk=row.pk).last_name == ""
    row.first_name = "Mallory"
    update_rows([row], ["first_name"], workspace_id=world.abroad.pk)
    assert Contact.objects.get(pk=row.pk).first_name == "Ann"
    update_rows([], ["first_name"], workspace_id=world.home.pk)


def test_what_does_not_fit_is_refused_by_the_database(world, people):
    people[0].conversion_status = "bogus"
    with pytest.raises(DatabaseError), transaction.atomic():
        update_rows(people, ["conversion_status"], workspace_id=world.home.pk)


def test_inserted_rows_are_those_that_were_given(world, people):
    given = [
        Contact(
            workspace=world.home,
            first_name='O\'Neil \\ %s {"x",}',
            lifetime_value=Decimal("12.30"),
            converted_at=AT,
            consent={"email": True, "list": [1, 'a"b'], "none": None},
        ),
        Contact(workspace=world.home, last_name="Zoë\n\u2028"),
    ]
    insert_rows(given)
    fresh = Contact.objects.in_bulk([row.pk for row in given])
    for row in given:
        assert not row._state.adding
        for field in Contact._meta.concrete_fields:
            if field.attname not in ("number", "search_text"):
                assert getattr(fresh[row.pk], field.attname) == getattr(row, field.attname)
    numbers = {row.number for row in [*people, *fresh.values()]}
    assert len(numbers) == len(people) + len(given)
    insert_rows([])


def test_a_row_of_another_workspace_is_not_inserted(world, people):
    with pytest.raises(DatabaseError), transaction.atomic():
        insert_rows([ContactTag(workspace=world.abroad, contact=people[0], name="stolen")])
    assert not ContactTag.objects.exists()


def test_what_is_the_same_in_all_rows_and_what_only_looks_so(world):
    documents = [{"n": 1}, {"n": 1.0}, {"n": True}] * (MANY // 2)
    with world.scope():
        rows = [
            Contact.unsaved(workspace_id=world.home.pk, consent=document, first_name="A")
            for document in documents
        ]
        insert_rows(rows)
        for number, row in enumerate(rows):
            row.converted_at, row.conversion_count, row.last_name = None, 2, f"B{number}"
        fields = ["converted_at", "conversion_count", "last_name"]
        update_rows(rows, fields, workspace_id=world.home.pk)
        fresh = Contact.objects.in_bulk([row.pk for row in rows])
    for number, (row, document) in enumerate(zip(rows, documents, strict=True)):
        kept = fresh[row.pk]
        assert repr(kept.consent) == repr(document)
        assert (kept.name, kept.converted_at, kept.conversion_count) == (f"A B{number}", None, 2)
        assert kept.search_text.startswith(f"a b{number} ")


def test_generated_columns_follow_what_they_are_made_of(world, people):
    row = people[0]
    row.first_name, row.job_title = "Zoë", "Pilot"
    update_rows([row], ["job_title"], workspace_id=world.home.pk)
    assert Contact.objects.filter(pk=row.pk, job_title="Pilot", first_name="").exists()
    update_rows([row], ["first_name"], workspace_id=world.home.pk)
    assert "zoë" in Contact.objects.get(pk=row.pk).search_text


def test_among_is_in(world, people, django_assert_num_queries):
    ids = {row.pk for row in people[:2]}
    assert {*Contact.objects.filter(among("pk", ids)).values_list("pk", flat=True)} == ids
    assert ContactTag.objects.filter(among("contact_id", ids)).count() == 0
    with django_assert_num_queries(0):
        assert not Contact.objects.filter(among("pk", [])).exists()
