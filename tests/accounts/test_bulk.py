"""Many rows written in one statement are the rows written one by one."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from accounts.bulk import insert_rows, update_rows
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
