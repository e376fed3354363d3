"""Custom fields: what fits, what is kept, and that the copy says what the rows say."""

import threading
from itertools import count
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.permissions import PermissionRefused
from accounts.tenancy import scope
from leads import editing
from leads.errors import LeadError
from leads.fields import custom_fields
from leads.fields.custom_fields import archive, define, redefine
from leads.fields.custom_kinds import Unfit, fitted, kind_of, match_text, plain_key, shown
from leads.intake import LeadInput, receive
from leads.models import Contact, ContactFieldValue, CustomField, LeadFieldValue
from tests.concurrency import at_once
from tests.custom_fields import assert_copies_are_true


def field(kind, *choices):
    return CustomField(key="f", kind=kind, choices=[{"value": c, "label": c} for c in choices])


@pytest.fixture
def arrive(world):
    """Take in a person; the scope of the test is the workspace's."""
    with world.scope():
        yield (
            lambda email="ann@example.com", **fields: (
                receive(LeadInput(email=email, custom_fields=fields), actor=world.actor("rep")).lead
            )
        )


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("text", " Two  rooms ", "Two  rooms"),
        ("text", 12, "12"),
        ("text", True, "true"),
        ("number", 12, 12),
        ("number", "12.50", 12.5),
        ("number", "012", 12),
        ("number", -0.0, 0),
        ("number", 1e18, 10**18),
        ("number", "9007199254740993", 9007199254740993),
        ("number", "1e-999999999", 0),
        ("date", "2026-02-28", "2026-02-28"),
        ("boolean", "TRUE", True),
        ("boolean", False, False),
        ("url", "https://example.com/a?b=1", "https://example.com/a?b=1"),
    ],
)
def test_a_value_that_fits_is_kept_in_its_plain_form(kind, value, kept):
    values = fitted(field(kind), value)
    assert shown(kind, values) == kept
    assert type(shown(kind, values)) is type(kept)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", ["a"]),
        ("text", {"a": 1}),
        ("text", "x" * 10_001),
        ("text", "a\0b"),
        ("number", "1,200"),
        ("number", "many"),
        ("number", True),
        ("number", "nan"),
        ("number", "inf"),
        ("number", "1e999999999"),
        ("number", 2**63),
        ("number", "9" * 5000),
        ("date", "2026-02-30"),
        ("date", "tomorrow"),
        ("date", 20260228),
        ("boolean", 1),
        ("boolean", "perhaps"),
        ("url", "javascript:alert(1)"),
        ("url", "example.com"),
        ("url", "https://"),
        ("url", "https://[half"),
        ("url", "https://a b.example"),
    ],
)
def test_a_value_that_does_not_fit_is_told_what_does(kind, value):
    with pytest.raises(Unfit) as refused:
        fitted(field(kind), value)
    assert refused.value.message


def test_choices_are_named_by_value_or_label_in_any_case():
    plan = field("choice")
    plan.choices = [
        {"value": "gold", "label": "Gold plan"},
        {"value": "free", "label": "No charge"},
    ]
    assert shown("choice", fitted(plan, "NO  charge")) == "free"
    assert shown("choice", fitted(plan, "gold")) == "gold"
    with pytest.raises(Unfit, match="gold, free"):
        fitted(plan, "silver")
    several = field("multi_choice", "b", "a")
    assert shown("multi_choice", fitted(several, ["b", "A", "b", ""])) == ["a", "b"]
    assert shown("multi_choice", fitted(several, "b")) == ["b"]
    # Without choices every value is taken.
    assert shown("multi_choice", fitted(field("multi_choice"), ["z", "y"])) == ["y", "z"]
    assert shown("choice", fitted(field("choice"), "anything")) == "anything"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Budget Range", "budget_range"),
        ("  UTM--id ", "utm_id"),
        ("Größe (m²)", "grosse_m2"),
        ("2nd choice", "field_2nd_choice"),
        ("x" * 99, "x" * 60),
        ("__", "field_9911f4d2"),
        (" ", ""),
    ],
)
def test_names_become_plain_keys(name, key):
    assert plain_key(name) == key


def test_names_in_any_alphabet_have_keys_of_their_own():
    assert plain_key("預算") != plain_key("予算")
    assert plain_key("預算").startswith("field_")


def test_long_texts_that_begin_alike_do_not_match():
    first, second = match_text("a" * 500 + "x"), match_text("a" * 500 + "y")
    assert first != second
    assert len(first) == len(second) == 200


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


@given(kind=st.sampled_from(CustomField.Kind.values), value=_JSON)
def test_whatever_comes_fits_or_is_refused_and_fits_again_as_shown(kind, value):
    try:
        values = fitted(field(kind), value)
    except Unfit:
        return
    assert all(len(one.match) <= 200 for one in values)
    if values:
        assert fitted(field(kind), shown(kind, values)) == values


@given(name=st.text(max_size=80))
def test_every_key_is_one_the_database_takes(name):
    key = plain_key(name)
    assert bool(key) is bool(name.strip())
    assert len(key) <= 60
    assert not key or (key[0].isalpha() and key.isascii())
    assert plain_key(key) == key


def test_a_key_nobody_defined_defines_itself(world, arrive):
    lead = arrive(**{"Budget Range": "10-20", "rooms": 3, "vip": True, "Wants": ["a", "b"]})
    kinds = {row.key: (row.kind, row.label, row.subject) for row in CustomField.objects.all()}
    assert kinds == {
        "budget_range": ("text", "Budget Range", "contact"),
        "rooms": ("number", "Rooms", "contact"),
        "vip": ("boolean", "Vip", "contact"),
        "wants": ("multi_choice", "Wants", "contact"),
    }
    assert lead.contact.custom_fields == {
        "budget_range": "10-20",
        "rooms": 3,
        "vip": True,
        "wants": ["a", "b"],
    }
    assert_copies_are_true()


def test_an_arrival_fills_blanks_and_overwrites_nothing(world, arrive):
    define(actor=world.actor(), label="Project", subject="lead")
    arrive(city="Berlin", project="Roof")
    lead = arrive(city="Leipzig", rooms=2, project="Floor", nothing=None)
    assert lead.contact.custom_fields == {"city": "Berlin", "rooms": 2}
    assert lead.custom_fields == {"project": "Roof"}
    arrive(city="")
    assert Contact.objects.get().custom_fields["city"] == "Berlin"
    assert not CustomField.objects.filter(key="nothing").exists()
    assert_copies_are_true()


def test_a_change_touches_what_it_names_and_a_blank_clears(world, arrive):
    define(actor=world.actor(), label="Project", subject="lead")
    lead = arrive(city="Berlin", rooms=2, project="Roof")
    changes = {"custom_fields": {"rooms": "3", "city": None, "project": ""}}
    changed = editing.update(lead, actor=world.actor("rep"), changes=changes)
    assert (changed.contact.custom_fields, changed.custom_fields) == ({"rooms": 3}, {})
    assert ContactFieldValue.objects.count() == 1
    assert not LeadFieldValue.objects.exists()
    assert_copies_are_true()


def test_the_same_again_writes_nothing(world, arrive):
    lead = arrive(city="Berlin", rooms=[1, 2])
    before = set(ContactFieldValue.objects.values_list("pk", flat=True))
    entries = lead.interactions.count()
    same = {"custom_fields": {"City": " Berlin ", "rooms": ["2", "1"]}}
    editing.update(lead, actor=world.actor(), changes=same)
    assert set(ContactFieldValue.objects.values_list("pk", flat=True)) == before
    assert lead.interactions.count() == entries


def test_a_contact_takes_no_fields_of_leads(world, arrive):
    define(actor=world.actor(), label="Project", subject="lead")
    lead = arrive()
    with pytest.raises(LeadError) as refused:
        editing.update_contact(
            lead.contact, actor=world.actor(), changes={"custom_fields": {"project": "Roof"}}
        )
    assert refused.value.errors[0][:2] == ("custom_fields.project", "field_of_leads")


def test_a_refused_value_changes_and_defines_nothing(world, arrive):
    arrive(rooms=3)
    for values in (
        {"rooms": "many", "fresh": "x"},
        {"fresh": {"nested": 1}},
        {"fresh": [{}]},
        {"Rooms": 1, "rooms": 2},
        {"": "x"},
    ):
        with pytest.raises(LeadError) as refused, transaction.atomic():
            arrive("bob@example.com", **values)
        assert refused.value.errors[0][0].startswith("custom_fields.")
    assert CustomField.objects.count() == 1
    assert Contact.objects.count() == 1


def test_there_are_at_most_two_hundred_fields(world, arrive, monkeypatch):
    monkeypatch.setattr(custom_fields, "MOST_FIELDS", 3)
    arrive(a="1", b="1")
    with pytest.raises(LeadError) as refused, transaction.atomic():
        arrive(c="1", d="1")
    assert refused.value.code == "too_many_fields"
    first = CustomField.objects.get(key="a")
    archive(first, actor=world.actor())
    arrive(c="1", d="1")
    with pytest.raises(LeadError):
        define(actor=world.actor(), label="More")
    with pytest.raises(LeadError):
        redefine(first, actor=world.actor(), changes={"is_archived": False})


def test_a_kind_changes_only_while_there_is_no_value(world, arrive):
    lead = arrive(size="12")
    row = CustomField.objects.get()
    with pytest.raises(LeadError) as refused:
        redefine(row, actor=world.actor(), changes={"kind": "number"})
    assert refused.value.errors[0][:2] == ("kind", "in_use")
    editing.update(lead, actor=world.actor(), changes={"custom_fields": {"size": None}})
    assert redefine(row, actor=world.actor(), changes={"kind": "number"}).kind == "number"


def test_a_choice_in_use_cannot_vanish(world, arrive):
    row = define(actor=world.actor(), label="Plan", kind="choice", choices=["gold", "free"])
    arrive(plan="gold")
    with pytest.raises(LeadError, match="gold") as refused:
        redefine(row, actor=world.actor(), changes={"choices": ["free", "silver"]})
    assert refused.value.errors[0][:2] == ("choices", "in_use")
    kept = redefine(
        row, actor=world.actor(), changes={"choices": [{"value": "gold", "label": "Best"}]}
    )
    assert kept.choices == [{"value": "gold", "label": "Best"}]
    assert Contact.objects.get().custom_fields == {"plan": "gold"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"label": " "}, "label"),
        ({"label": "x" * 201}, "label"),
        ({"kind": "colour"}, "kind"),
        ({"position": -1}, "position"),
        ({"choices": ["a"]}, "choices"),
        ({"kind": "choice", "choices": ["a", "A"]}, "choices"),
        ({"kind": "choice", "choices": [{"value": ""}]}, "choices"),
        ({"kind": "choice", "choices": [{"name": "a"}]}, "choices"),
        ({"kind": "choice", "choices": [["a"]]}, "choices"),
        ({"kind": "choice", "choices": "a"}, "choices"),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused(world, changes, field):
    with world.scope():
        row = define(actor=world.actor(), label="Size")
        with pytest.raises(LeadError) as refused:
            redefine(row, actor=world.actor(), changes=changes)
        assert refused.value.errors[0][0] == field


def test_reps_define_by_sending_but_not_by_asking(world, arrive):
    arrive(size=1)
    for role in ("rep", "viewer"):
        with pytest.raises(PermissionRefused):
            define(actor=world.actor(role), label="Mine")
        with pytest.raises(PermissionRefused):
            archive(CustomField.objects.get(), actor=world.actor(role))


def test_a_stranger_has_fields_of_its_own(world, arrive):
    arrive(size=1)
    row = CustomField.objects.get()
    with scope(world.abroad.pk):
        assert not CustomField.objects.exists()
        with pytest.raises(LeadError) as refused:
            redefine(row.pk, actor=world.stranger_actor(), changes={"label": "Taken over"})
        assert refused.value.status == 404
        receive(
            LeadInput(email="x@y.example", custom_fields={"size": "x"}),
            actor=world.stranger_actor(),
        )
        assert CustomField.objects.get().kind == "text"
    assert CustomField.objects.get().label == "Size"


def test_a_value_cannot_point_into_another_workspace(world, arrive):
    lead = arrive(size=1)
    foreign = CustomField.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic(), scope(world.abroad.pk):
        LeadFieldValue.objects.create(
            workspace=world.abroad, field=foreign, lead=lead, text_value="1", match_text="1"
        )
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


_VALUES = st.dictionaries(
    st.sampled_from(["size", "city", "wants", "vip", "project"]),
    st.none() | st.just("") | st.integers(0, 9) | st.sampled_from(["1", "true", "Kitchen"])
    | st.lists(st.sampled_from(["a", "b", "c"]), max_size=3),
)  # fmt: skip


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.tuples(st.booleans(), _VALUES), max_size=6))
def test_the_copy_always_says_what_the_rows_say(world, steps):
    numbers = count()
    with world.scope(), transaction.atomic():
        define(actor=world.actor(), label="Project", subject="lead")
        define(actor=world.actor(), label="Wants", kind="multi_choice")
        lead = receive(LeadInput(email="p@example.com"), actor=world.actor()).lead
        for is_arrival, values in steps:
            try:
                with transaction.atomic():
                    if is_arrival:
                        note = LeadInput(
                            email="p@example.com", notes=str(next(numbers)), custom_fields=values
                        )
                        receive(note, actor=world.actor())
                    else:
                        editing.update(lead, actor=world.actor(), changes={"custom_fields": values})
            except LeadError:
                pass
            assert_copies_are_true()
        transaction.set_rollback(True)


def test_posts_that_bring_the_same_new_key_at_once_make_one_field(committed_world):
    world = committed_world

    def post(number):
        values = {"zeta": number, "alpha": "x", f"own_{number}": "y"}
        with world.scope():
            arrived = LeadInput(email=f"p{number}@example.com", custom_fields=values)
            return receive(arrived, actor=world.actor()).created

    assert at_once(post, 6) == [True] * 6
    with world.scope():
        keys = list(CustomField.objects.values_list("key", flat=True))
        assert sorted(keys) == sorted(["zeta", "alpha", *(f"own_{n}" for n in range(6))])
        assert Contact.objects.count() == 6
        assert_copies_are_true()


def test_no_value_of_the_old_kind_slips_in_while_the_kind_changes(committed_world):
    """Whoever writes values and whoever changes the kind wait for each other."""
    world, outcome = committed_world, SimpleNamespace(error=None)
    with world.scope():
        row = define(actor=world.actor(), label="Size")
    started = threading.Event()

    def change_kind():
        started.wait(timeout=20)
        try:
            with world.scope():
                redefine(row.pk, actor=world.actor(), changes={"kind": "number"})
        except LeadError as error:
            outcome.error = error
        finally:
            connection.close()

    thread = threading.Thread(target=change_kind)
    thread.start()
    with world.scope():
        receive(
            LeadInput(email="a@example.com", custom_fields={"size": "big"}), actor=world.actor()
        )
        started.set()
        thread.join(timeout=1)
        assert thread.is_alive()
    thread.join(timeout=20)
    assert outcome.error is not None
    with world.scope():
        assert CustomField.objects.get().kind == "text"


def test_kinds_of_values_nobody_knows():
    assert [kind_of(value) for value in ("a", 1, 1.5, True, ["a"])] == [
        "text",
        "number",
        "number",
        "boolean",
        "multi_choice",
    ]
    with pytest.raises(Unfit):
        kind_of({"a": 1})
