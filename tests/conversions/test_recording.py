"""Logging conversions: what one writes, counts, moves, and what it refuses."""

from datetime import timedelta
from decimal import Decimal

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.permissions import PermissionRefused
from accounts.rendering import OrjsonRenderer
from conversions.contact_facts import ContactConversion, update_contact_conversion
from conversions.errors import ConversionError, NotFound
from conversions.models import Activity, Conversion
from conversions.recording import MAX_TOTAL, ConversionInput, log_conversion, log_many
from integrations.models import OutboxEvent
from leads import lifecycle, rendering
from leads.errors import LeadError
from leads.intake import LeadInput, receive
from leads.models import Contact, Interaction, Lead


@pytest.fixture
def in_scope(world):
    with world.scope():
        yield


@pytest.fixture
def lead(world):
    with world.scope():
        yield receive(LeadInput(email="ann@example.com"), actor=world.actor()).lead


def log(world, lead, **fields):
    defaults = {
        "contact_ref": str(lead.contact_id),
        "type": "sale",
        "converted_by": "agent_john",
        "value": Decimal("25000"),
    }
    return log_conversion(ConversionInput(**(defaults | fields)), actor=world.actor())


def test_a_sale_writes_everything_that_belongs_to_it(world, lead):
    lifecycle.log_contact(lead, actor=world.actor(), method="linkedin")
    row = log(world, lead).conversion
    contact = Contact.objects.get()
    moved = Lead.objects.get()
    assert (contact.conversion_count, contact.lifetime_value) == (1, Decimal("25000"))
    assert (contact.conversion_status, contact.converted_by) == ("converted", "agent_john")
    assert (moved.status, moved.conversion_id) == ("converted", row.pk)
    assert (row.currency, row.conversion_source) == ("USD", "linkedin")
    assert Activity.objects.get().action == "converted"
    assert Interaction.objects.filter(payload__step="conversion").count() == 1
    assert OutboxEvent.objects.filter(type="conversion.logged", subject_id=row.pk).count() == 1
    assert OutboxEvent.objects.filter(type="lead.converted").count() == 1


@pytest.mark.parametrize(
    ("kind", "status", "contact_status"),
    [
        ("qualified", "qualified", "qualified"),
        ("appointment", "new", "appointment"),
        ("newsletter", "new", "pending"),
    ],
)
def test_other_types_move_only_where_they_say(world, lead, kind, status, contact_status):
    log(world, lead, type=kind, value=None)
    assert Lead.objects.get().status == status
    assert Contact.objects.get().conversion_status == contact_status


def test_a_type_the_workspace_marks_as_final_converts(world, lead):
    world.home.final_conversion_types = ["contract"]
    world.home.save()
    log(world, lead, type="contract")
    assert Lead.objects.get().status == "converted"


def test_the_same_reference_again_is_the_first_conversion(world, lead):
    first = log(world, lead, external_ref="CTR-1")
    second = log(world, lead, external_ref="CTR-1", value=Decimal(1))
    assert first.created
    assert not second.created
    assert second.conversion.pk == first.conversion.pk
    assert Contact.objects.get().conversion_count == 1


def test_a_second_sale_counts_and_moves_nothing(world, lead):
    log(world, lead)
    log(world, lead)
    assert Contact.objects.get().lifetime_value == Decimal(50000)
    assert Interaction.objects.filter(type="status_change").count() == 1


def test_another_currency_is_kept_but_not_added_up(world, lead):
    log(world, lead, currency="EUR")
    assert Contact.objects.get().lifetime_value == 0
    assert Conversion.objects.get().currency == "EUR"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"contact_ref": "999999999"}, NotFound),
        ({"contact_ref": "nonsense"}, NotFound),
        ({"lead_ref": "999999999"}, NotFound),
        ({"type": "Big Sale"}, ConversionError),
        ({"converted_at": timezone.now() + timedelta(days=1)}, LeadError),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(world, lead, fields, error):
    with pytest.raises(error) as refused:
        log(world, lead, **fields)
    assert refused.value.errors
    assert not Conversion.objects.exists()
    assert Lead.objects.get().status == "new"


def test_numbers_name_contact_and_lead_too(world, lead):
    logged = log(
        world, lead, contact_ref=str(lead.contact.number), lead_ref=str(lead.number)
    ).conversion
    assert logged.lead_id == lead.pk


def test_viewers_and_read_keys_are_refused(world, lead):
    data = ConversionInput(contact_ref=str(lead.contact_id), type="sale", converted_by="x")
    for actor in (world.actor("viewer"), world.key_actor(("read", "update"))):
        with pytest.raises(PermissionRefused):
            log_conversion(data, actor=actor)
    with pytest.raises(NotFound):
        log_conversion(data, actor=world.stranger_actor())
    assert not Conversion.objects.exists()


def test_an_outside_system_updates_a_contacts_conversion(world, lead):
    contact = update_contact_conversion(
        str(lead.contact.number),
        ContactConversion(
            sent_from_workspace="lead_gen_team",
            conversion_status="qualified",
            custom_metadata={"qualification_score": 95},
        ),
        actor=world.actor(),
    )
    assert contact.sent_from_workspace == "lead_gen_team"
    assert contact.custom_metadata == {"qualification_score": 95}
    assert "95" not in contact.custom_metadata_sealed
    assert Lead.objects.get().status == "qualified"
    assert Activity.objects.get().action == "updated"
    assert not Conversion.objects.exists()


def result(lead, **fields):
    defaults = {
        "contact_ref": str(lead.contact_id),
        "type": "newsletter",
        "converted_by": "agent_john",
        "value": Decimal(10),
    }
    return ConversionInput(**(defaults | fields))


def arrived(world, number):
    return receive(LeadInput(email=f"p{number}@example.com"), actor=world.actor()).lead


def test_results_of_one_person_in_one_batch_follow_each_other(world, lead):
    rows = {
        "first": result(lead, type="qualified"),
        "second": result(lead, type="sale", external_ref="A"),
        "again": result(lead, type="sale", external_ref="A"),
        "refused": result(lead, type="Big Sale"),
        "last": result(lead),
    }
    outcomes = log_many(rows, actor=world.actor())
    assert list(outcomes) == list(rows)
    assert isinstance(outcomes.pop("refused"), ConversionError)
    assert [logged.created for logged in outcomes.values()] == [True, True, False, True]
    assert outcomes["again"].conversion == outcomes["second"].conversion
    contact, moved = Contact.objects.get(), Lead.objects.get()
    assert (contact.conversion_count, contact.lifetime_value) == (3, Decimal(30))
    assert (moved.status, moved.conversion_id) == ("converted", outcomes["last"].conversion.pk)
    steps = Interaction.objects.filter(type="status_change").order_by("id")
    assert [(row.payload["from"], row.payload["to"]) for row in steps] == [
        ("new", "qualified"),
        ("qualified", "converted"),
    ]
    told = OutboxEvent.objects.filter(type__startswith="lead.").exclude(type="lead.created")
    assert list(told.order_by("id").values_list("type", flat=True)) == [
        "lead.qualified",
        "lead.converted",
        "lead.conversion_linked",
    ]


@pytest.mark.usefixtures("in_scope")
def test_the_news_of_a_move_shows_the_whole_lead_as_it_is_now(world, lead):
    Contact.objects.update(custom_fields={"size": 3}, address={"city": "Bonn"})
    log(world, lead, custom_data={"order": "A-1"})
    told = OutboxEvent.objects.get(type="lead.converted").payload["lead"]
    now = rendering.lead(Lead.objects.for_list().get())
    assert told == orjson.loads(OrjsonRenderer().render(now))
    assert (told["status"], told["custom_fields"]) == ("converted", {"size": 3})


@pytest.mark.usefixtures("in_scope")
def test_the_news_of_a_link_says_which_lead_and_what_was_linked(world, lead):
    logged = log(world, lead, type="newsletter")
    told = OutboxEvent.objects.get(type="lead.conversion_linked").payload
    assert told["lead"].items() >= {"id": str(lead.pk), "number": lead.number}.items()
    assert told["change"]["conversion_id"] == str(logged.conversion.pk)


@pytest.mark.usefixtures("in_scope")
def test_a_batch_leaves_what_its_rows_leave_one_by_one(world):
    kinds = ("qualified", "sale", "newsletter", "appointment")
    pairs = [(arrived(world, f"a{n}"), arrived(world, f"b{n}")) for n in range(len(kinds))]
    for (single, _many), kind in zip(pairs, kinds, strict=True):
        log_conversion(result(single, type=kind), actor=world.actor())
    log_many(
        {n: result(pairs[n][1], type=kind) for n, kind in enumerate(kinds)}, actor=world.actor()
    )
    for pair in pairs:
        one, other = (left_by(Lead.objects.get(pk=lead.pk)) for lead in pair)
        assert one == other


def left_by(lead):
    """All that a result wrote about a lead, without ids and times."""
    contact = lead.contact
    return (
        lead.status,
        lead.heat_score,
        lead.conversion_metadata["conversion_type"],
        bool(lead.auto_close_alarm_at),
        (contact.conversion_count, contact.lifetime_value, contact.conversion_status),
        list(Interaction.objects.filter(lead=lead).order_by("id").values_list("type", "via")),
        list(OutboxEvent.objects.filter(subject_id=lead.pk).order_by("id").values_list("type")),
        list(Activity.objects.filter(lead=lead).values_list("action", "actor_label")),
    )


def test_two_leads_of_one_person_share_the_persons_total(world, lead):
    log(world, lead)
    second = receive(LeadInput(email="ann@example.com"), actor=world.actor()).lead
    rows = {
        1: result(lead, lead_ref=str(lead.number)),
        2: result(lead, lead_ref=str(second.pk)),
        3: result(lead),
    }
    outcomes = log_many(rows, actor=world.actor())
    linked = [outcomes[key].conversion.lead_id for key in rows]
    assert linked == [lead.pk, second.pk, second.pk]
    assert Contact.objects.get().conversion_count == 4


def test_a_total_too_large_to_keep_is_refused_alone(world, lead):
    Contact.objects.update(lifetime_value=MAX_TOTAL)
    outcomes = log_many({1: result(lead), 2: result(lead, value=None)}, actor=world.actor())
    assert outcomes[1].errors[0][0] == "conversion_value"
    assert outcomes[2].created
    assert Contact.objects.get().conversion_count == 1


@pytest.mark.usefixtures("in_scope")
def test_logging_many_takes_as_many_statements_as_logging_a_few(world):
    leads = [arrived(world, number) for number in range(24)]
    counts = []
    for some in (leads[:2], leads[2:]):
        rows = {n: result(lead, external_ref=f"ref-{lead.number}") for n, lead in enumerate(some)}
        with CaptureQueriesContext(connection) as queries:
            log_many(rows, actor=world.actor())
        counts.append(len(queries))
    assert counts[0] == counts[1]
