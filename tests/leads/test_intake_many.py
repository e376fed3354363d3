"""Many arrivals at once: what `receive` makes of them one by one, and the policies of imports."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.permissions import PermissionRefused
from integrations.models import OutboxEvent
from leads.errors import InvalidLead, LeadError
from leads.intake import LeadInput, receive
from leads.intake_many import receive_many
from leads.known_people import Policy
from leads.models import Company, Contact, DuplicateSuggestion, Interaction, Lead, Touch

EMAILS = st.sampled_from(["", "ann@example.com", "Ann@Example.com ", "bob@example.com", "nope"])
PHONES = st.sampled_from(["", "+1 800 555 0100", "(800) 555-0100", "+41 44 668 18 00", "call me"])
ARRIVALS = st.builds(
    LeadInput,
    first_name=st.sampled_from(["", "Ann", "Bob"]),
    email=EMAILS,
    phone=PHONES,
    company=st.sampled_from(["", "Acme", " ACME ", "Straße AG"]),
    job_title=st.sampled_from(["", "CEO"]),
    notes=st.sampled_from(["", "called twice"]),
    tags=st.sampled_from([(), ("vip",), ("vip", " new  one ")]),
    external_id=st.sampled_from(["", "x-1", "x-2"]),
    source=st.sampled_from(["import", "web"]),
    address=st.sampled_from([{}, {"city": "Bern"}, {"city": "Basel", "country": "CH"}]),
    custom_fields=st.sampled_from([{}, {"Budget": "12"}, {"budget": "13", "size": "L"}, {"": "x"}]),
    attribution=st.sampled_from([{}, {"gclid": "g1"}, {"utm_source": "mail"}]),
)


def picture(workspace_id):
    """All that arrivals leave behind, without ids, numbers and times."""
    contacts = Contact.objects.in_workspace(workspace_id).order_by("number")
    names = {}
    found = []
    for place, row in enumerate(contacts.select_related("company").prefetch_related("tags")):
        names[row.number] = place
        found.append(
            [
                *(
                    getattr(row, name)
                    for name in ("first_name", "email", "email_normalized", "phone", "phone_e164")
                ),
                row.job_title,
                row.company.name if row.company else "",
                row.address,
                row.custom_fields,
                sorted(tag.name for tag in row.tags.all()),
                sorted(row.field_values.values_list("field__key", "text_value")),
            ]
        )
    leads = Lead.objects.in_workspace(workspace_id).order_by("number")
    for row in leads:
        entries = Interaction.objects.filter(lead=row).order_by("id")
        touches = Touch.objects.filter(lead=row).order_by("id")
        events = OutboxEvent.objects.filter(subject_id=row.pk).order_by("id")
        found.append(
            [
                names[row.contact.number],
                row.status,
                row.source,
                row.notes,
                row.external_id,
                row.gclid,
                row.utm_source,
                row.created_by,
                [
                    (one.type, {k: v for k, v in one.payload.items() if k != "notices"})
                    for one in entries
                ],
                [(one.source, one.gclid, one.utm_source) for one in touches],
                [(one.type, one.payload["change"]) for one in events],
                (row.auto_close_alarm_at - row.last_activity_at).days,
            ]
        )
    found.append(sorted(Company.objects.values_list("name_normalized", flat=True)))
    found.append(DuplicateSuggestion.objects.count())
    return found


def undone(work):
    """What the work answers, with all it wrote taken back."""
    point = transaction.savepoint()
    try:
        return work()
    finally:
        transaction.savepoint_rollback(point)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=st.lists(ARRIVALS, max_size=2), arrivals=st.lists(ARRIVALS, min_size=1, max_size=6))
def test_many_at_once_are_as_one_by_one(world, before, arrivals):
    actor = world.actor("manager")

    def one_by_one(rows):
        answers = []
        for row in rows:
            try:
                with transaction.atomic():
                    answers.append("created" if receive(row, actor=actor).created else "updated")
            except (InvalidLead, LeadError):
                answers.append("error")
        return answers

    def singly():
        one_by_one(before)
        return one_by_one(arrivals), picture(world.home.pk)

    def together():
        one_by_one(before)
        answers = receive_many(arrivals, actor=actor)
        return [one.outcome for one in answers], picture(world.home.pk)

    with world.scope():
        expected = undone(singly)
        assert undone(together) == expected


@pytest.fixture
def ann(world):
    with world.scope():
        data = LeadInput(first_name="Ann", email="ann@example.com", custom_fields={"size": "S"})
        return receive(data, actor=world.actor()).lead


ARRIVING = LeadInput(
    first_name="Anna",
    last_name="Berg",
    email="ann@example.com",
    phone="+1 800 555 0100",
    notes="new",
    custom_fields={"size": "L", "shoe": "42"},
)


@pytest.mark.parametrize(
    ("duplicates", "outcome", "first", "last", "size"),
    [
        ("skip", "skipped", "Ann", "", {"size": "S"}),
        ("fill", "updated", "Ann", "Berg", {"size": "S", "shoe": "42"}),
        ("overwrite", "updated", "Anna", "Berg", {"size": "L", "shoe": "42"}),
    ],
)
def test_what_is_done_with_a_known_person(world, ann, duplicates, outcome, first, last, size):
    with world.scope():
        (taken,) = receive_many([ARRIVING], actor=world.actor("manager"), policy=Policy(duplicates))
        row = Contact.objects.get()
        assert (taken.outcome, row.first_name, row.last_name) == (outcome, first, last)
        assert row.custom_fields == size
        values = dict(row.field_values.values_list("field__key", "text_value"))
        assert values == size
        if outcome == "updated":
            assert taken.before["contact"]["last_name"] == ["", "Berg"]
            assert taken.made == {}


def test_the_outside_id_decides_where_it_stands_first(world):
    actor = world.actor("manager")
    with world.scope():
        receive(LeadInput(email="old@example.com", external_id="7", source="web"), actor=actor)
        policy = Policy("overwrite", match_on=["external_id", "email"], any_source=True)
        row = LeadInput(email="new@example.com", external_id="7", source="import")
        (taken,) = receive_many([row], actor=actor, policy=policy)
        assert taken.outcome == "updated"
        assert Contact.objects.get().email_normalized == "new@example.com"


def test_an_email_of_somebody_whom_the_policy_does_not_ask_for_is_refused(world, ann):
    with world.scope():
        policy = Policy("fill", match_on=["phone"])
        (taken,) = receive_many([ARRIVING], actor=world.actor("manager"), policy=policy)
        assert taken.outcome == "error"
        assert taken.reasons[0][:2] == ("email", "contact_exists")
        assert Contact.objects.count() == 1


def test_a_rep_imports_nothing(world):
    with world.scope(), pytest.raises(PermissionRefused):
        receive_many([ARRIVING], actor=world.actor("rep"))
