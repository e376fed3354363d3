"""Finding people: whole numbers and addresses at once, parts of anything, and nobody else's."""

import pytest

from accounts.tenancy import scope
from leads.intake import LeadInput, receive
from leads.listing.search import lead_condition, matching_contacts
from leads.models import Contact, Lead

PEOPLE = {
    "ann": {"first_name": "Ann", "last_name": "Archer", "email": "ann@example.com"},
    "joann": {"first_name": "Joann", "email": "joann@example.com"},
    "ben": {"first_name": "Ben", "phone": "(312) 555-0142"},
    "extended": {"first_name": "Ext", "phone": "+44 20 5550 1429"},
}


@pytest.fixture
def people(world):
    with world.scope():
        for person in PEOPLE.values():
            receive(LeadInput(**person), actor=world.actor())
        yield world


def found(world, text):
    ids = matching_contacts(world.home.pk, text, country=world.home.country)
    rows = Contact.objects.filter(pk__in=ids).order_by("first_name")
    return list(rows.values_list("first_name", flat=True))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ann@example.com", ["Ann"]),
        (" ANN@Example.com ", ["Ann"]),
        ("nn@example.com", ["Ann", "Joann"]),
        ("ann@exam", ["Ann", "Joann"]),
        ("@example.com", ["Ann", "Joann"]),
        ("ann", ["Ann", "Joann"]),
        ("archer ann", ["Ann"]),
        ("archer ben", []),
        ("312 555 0142", ["Ben"]),
        ("+1 (312) 555-0142", ["Ben"]),
        ("555-0142", ["Ben", "Ext"]),
        ("%", []),
        ("", []),
        ("   ", []),
    ],
)
def test_what_finds_whom(people, text, names):
    assert found(people, text) == names


def test_a_lead_is_found_by_its_number_and_its_persons(people):
    lead = Lead.objects.select_related("contact").get(contact__first_name="Ben")
    for text in (str(lead.number), f"#{lead.number}", str(lead.contact.number)):
        assert Lead.objects.filter(lead_condition(people.home, text)).get() == lead


def test_deleted_people_are_not_found(people):
    Contact.objects.update(deleted_at="2026-01-01T00:00Z")
    for text in ("ann@example.com", "312 555 0142", "ann"):
        assert found(people, text) == []


def test_nobody_is_found_from_another_workspace(people):
    with scope(people.abroad.pk):
        for text in ("ann@example.com", "312 555 0142", "ann"):
            assert matching_contacts(people.home.pk, text, country="US") == []
