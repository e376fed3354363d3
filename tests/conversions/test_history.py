"""What is kept of conversions and rules: amounts to the cent, and deletions."""

from decimal import Decimal

import pytest

from accounts import history
from accounts.acting import acting
from accounts.tenancy import system_scope
from conversions.models import Conversion, ConversionRule
from conversions.recording import ConversionInput, log_conversion


@pytest.fixture
def conversion(loop):
    lead = loop.lead()
    sale = ConversionInput(
        contact_ref=str(lead.contact_id), type="sale", converted_by="Rita", value=Decimal("99.50")
    )
    with loop.world.scope():
        log_conversion(sale, actor=loop.world.actor())
        return Conversion.objects.get()


def told(row):
    with system_scope():
        return history.told(history.events_of(row))


def test_a_corrected_amount_is_told_to_the_cent(loop, conversion):
    with acting(loop.world.actor("manager")), loop.world.scope():
        Conversion.objects.update(value=Decimal("100.00"), converted_by="Somebody else")
    (entry,) = told(conversion)
    assert [str(change) for change in entry.changes] == [
        "Value: 99.50 → 100.00",
        "Converted by: changed",
    ]
    assert entry.who == "Manager"


def test_a_removed_conversion_leaves_what_it_was(loop, conversion):
    with loop.world.scope():
        Conversion.objects.all().delete()
    (entry,) = told(conversion)
    assert entry.is_deletion
    assert "Value: 99.50 → –" in [str(change) for change in entry.changes]


def test_logging_a_conversion_is_in_the_history_of_contact_and_lead(loop, conversion):
    with system_scope():
        rows = conversion.contact, conversion.lead
    contact, lead = ([str(c) for entry in told(row) for c in entry.changes] for row in rows)
    assert "Conversion status: Pending → Converted" in contact
    assert "Status: New → Converted" in lead


def test_a_changed_rule_is_told(loop):
    loop.connect("meta", "completed", live=False)
    with loop.world.scope():
        rule = ConversionRule.objects.get()
        ConversionRule.objects.update(value_strategy="fixed", amount=Decimal(5), currency="USD")
        ConversionRule.objects.update(is_active=False)
    off, changed = told(rule)
    assert [str(change) for change in off.changes] == ["Active: yes → no"]
    assert [str(change) for change in changed.changes] == [
        "Value: No value → A fixed amount",
        "Amount: – → 5.00",
        "Currency: – → USD",
    ]
