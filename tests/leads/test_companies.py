"""Companies: who sees them, what is counted of them, renaming one; pages and API."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.permissions import PermissionRefused
from conversions.recording import ConversionInput, log_conversion
from integrations.models import OutboxEvent
from leads import lifecycle
from leads.assigning.assignment import assign
from leads.errors import Conflict
from leads.intake import LeadInput, receive
from leads.models import Company, Contact
from leads.people import companies
from leads.people.companies import CompanyNotFound, InvalidCompany
from tests.api import signed_in, with_key


def arrive(world, name, company="Acme"):
    with world.scope():
        arrival = LeadInput(first_name=name, email=f"{name}@example.com", company=company)
        return receive(arrival, actor=world.actor()).lead


@pytest.fixture
def acme(world):
    """Ann and Bob work there; Ann's lead is converted and worth 99.50."""
    ann = arrive(world, "ann")
    arrive(world, "bob")
    arrive(world, "zoe", company="Zenith")
    with world.scope():
        sale = {"type": "sale", "converted_by": "Rita", "value": Decimal("99.50")}
        log_conversion(
            ConversionInput(contact_ref=str(ann.contact_id), **sale), actor=world.actor()
        )
        return Company.objects.get(name="Acme")


def counted(world, role="owner"):
    actor = world.actor(role)
    with world.scope():
        rows = companies.with_counts(companies.visible_companies(actor), actor).order_by("name")
        return [(row.name, row.people, row.open_leads) for row in rows]


def test_people_and_open_leads_are_counted(world, acme):
    assert counted(world) == [("Acme", 2, 1), ("Zenith", 1, 1)]
    with world.scope():
        Contact.objects.filter(first_name="bob").update(deleted_at=acme.created_at)
        assert companies.totals_of(acme, world.actor()).value == 99.5
    assert counted(world) == [("Acme", 1, 0), ("Zenith", 1, 1)]


def test_who_sees_own_leads_only_sees_the_companies_of_their_people(world, acme):
    world.home.rep_lead_access = "own"
    world.home.save()
    with world.scope():
        for lead in acme.contacts.get(first_name="bob").leads.all():
            assign(lead, actor=world.actor(), user_id=world.other_rep.pk)
        zoe = Contact.objects.get(first_name="zoe").leads.get()
        assign(zoe, actor=world.actor(), user_id=world.other_rep.pk)
        Company.objects.create(workspace=world.home, name="Empty", name_normalized="empty")
    assert counted(world, "rep") == [("Acme", 1, 0), ("Empty", 0, 0)]
    with world.scope(), pytest.raises(CompanyNotFound):
        zenith = Company.objects.get(name="Zenith")
        companies.change(zenith, actor=world.actor("rep"), changes={"name": "x"})


def test_a_company_is_renamed_and_its_people_keep_it(world, acme):
    with world.scope():
        changes = {"name": "  Acme  Ltd ", "website": "acme.example"}
        row = companies.change(acme, actor=world.actor("rep"), changes=changes)
        assert (row.name, row.website) == ("Acme Ltd", "https://acme.example")
        companies.change(acme, actor=world.actor("rep"), changes=changes)
        (event,) = OutboxEvent.objects.filter(type="company.changed")
        assert event.payload["change"] == {"name": "Acme Ltd", "website": "https://acme.example"}
        # Intake finds it under the new name.
    eve = arrive(world, "eve", company="ACME ltd")
    assert eve.contact.company_id == acme.pk


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"name": " "}, "name", "required"),
        ({"name": "x" * 201}, "name", "max_length"),
        ({"website": "javascript:alert(1)"}, "website", "invalid"),
        ({"website": f"https://{'x' * 60}.example/{'y' * 200}"}, "website", "max_length"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(world, acme, changes, field, code):
    with world.scope(), pytest.raises(InvalidCompany) as refusal:
        companies.change(acme, actor=world.actor(), changes=changes)
    assert [error[:2] for error in refusal.value.errors] == [(field, code)]


def test_the_name_of_another_company_names_that_one(world, client, acme):
    with world.scope():
        zenith = Company.objects.get(name="Zenith")
        with pytest.raises(Conflict) as refusal:
            companies.change(acme, actor=world.actor(), changes={"name": "ZENITH"})
    assert refusal.value.extra == {"company_id": str(zenith.pk)}
    client.force_login(world.rep)
    entered = {"name": "zenith", "website": "https://acme.example"}
    answer = client.post(f"/w/home/companies/{acme.pk}/edit/", entered)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert f"/w/home/companies/{zenith.pk}/" in text
    assert 'value="https://acme.example"' in text
    saved = client.post(f"/w/home/companies/{acme.pk}/edit/", entered | {"name": "Acme Two"})
    assert saved["Location"] == f"/w/home/companies/{acme.pk}/"


def test_a_viewer_may_not_and_a_stranger_finds_nothing(world, client, acme):
    with world.scope():
        with pytest.raises(PermissionRefused):
            companies.change(acme, actor=world.actor("viewer"), changes={"name": "x"})
        with pytest.raises(CompanyNotFound):
            companies.change(acme, actor=world.stranger_actor(), changes={"name": "x"})
    client.force_login(world.viewer)
    page = client.get(f"/w/home/companies/{acme.pk}/")
    assert page.status_code == 200
    assert "/edit/" not in page.content.decode()


def test_the_page_shows_people_leads_and_what_they_bought(world, client, acme):
    client.force_login(world.rep)
    text = client.get(f"/w/home/companies/{acme.pk}/").content.decode()
    for known in ("ann", "bob", "99.50 USD", "Converted", "Cold"):
        assert known in text, known
    assert "zoe" not in text
    with world.scope():
        lead = Contact.objects.get(first_name="bob").leads.get()
        lifecycle.qualify(lead, actor=world.actor())
    assert "Qualified" in client.get(f"/w/home/companies/{acme.pk}/").content.decode()


def test_the_list_is_searched_and_costs_the_same_with_more(world, client, acme):
    client.force_login(world.rep)

    def queries(address):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    assert "Zenith" not in client.get("/w/home/companies/?q=ACM").content.decode()
    assert (
        "No company is called like that" in client.get("/w/home/companies/?q=x9").content.decode()
    )
    assert client.get("/w/home/companies/?cursor=nonsense").status_code == 200
    pages = ("/w/home/companies/", f"/w/home/companies/{acme.pk}/")
    for one in pages:
        queries(one)  # How many work there is asked once and then known for a while.
    at_few = [queries(one) for one in pages]
    for number in range(5):
        arrive(world, f"p{number}", company=f"Firm {number}")
        arrive(world, f"q{number}")
    assert [queries(one) for one in pages] == at_few


def test_the_api_lists_reads_and_renames(world, acme):
    caller = with_key(world.key())
    with world.scope():
        lead = acme.contacts.earliest("id").leads.get()
    listed = caller.get("companies/", q="acm").json()["results"]
    assert [(row["name"], row["contacts"], row["open_leads"]) for row in listed] == [("Acme", 2, 1)]
    names = [row["name"] for row in caller.get("companies/", ordering="-name").json()["results"]]
    assert names == ["Zenith", "Acme"]
    assert caller.get("companies/", qq="acm").status_code == 422
    address = f"companies/{acme.pk}/"
    read = caller.get(address).json()
    assert caller.patch(address, {"name": "Acme AG", "contacts": 2}).json()["name"] == "Acme AG"
    assert caller.get(f"leads/{lead.pk}/").json()["company"] == "Acme AG"
    taken = caller.patch(address, {"name": "zenith"})
    assert (taken.status_code, taken.json()["code"]) == (409, "company_exists")
    assert caller.patch(address, {"website": "x y"}).status_code == 422
    assert caller.patch(address, {"contacts": 3}).status_code == 422
    assert read["created_at"] == caller.get(address).json()["created_at"]
    assert signed_in(world.viewer).patch(address, {"name": "x"}).status_code == 403
    assert signed_in(world.stranger, "abroad").get(address).status_code == 404
