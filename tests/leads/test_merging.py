"""Merging contacts: everything goes along, old ids resolve, undoing gives the same rows back."""

import json
from decimal import Decimal

import pytest
from django.http import QueryDict
from django.utils import timezone

from accounts.permissions import PermissionRefused
from conversions.models import Conversion, ConversionRule, Upload
from conversions.recording import ConversionInput, log_conversion
from integrations import outbox
from integrations.models import Connection, OutboxEvent
from leads import editing, lifecycle, timeline
from leads.assigning.assignment import assign
from leads.diary import followups
from leads.errors import Conflict
from leads.fields import custom_fields
from leads.intake import LeadInput, receive
from leads.listing.filters import LeadFilter
from leads.merges import duplicates, merged, unmerging
from leads.merges.merge_fields import InvalidMerge
from leads.merges.merging import ContactNotFound, merge
from leads.merges.unmerging import MergeNotFound, undo
from leads.models import Contact, DuplicateSuggestion, Interaction, Lead, Merge
from tests.api import everything_stored, make_upload


@pytest.fixture
def scoped(world):
    with world.scope():
        yield world


def arrive(world, **facts):
    return receive(LeadInput(**facts), actor=world.actor()).lead


@pytest.fixture
def pair(scoped):
    """Ann with an open lead, and Anne, who is she, with an open lead further along."""
    ann = arrive(scoped, first_name="Ann", last_name="Moss", email="ann@example.com", tags=["vip"])
    anne = arrive(
        scoped,
        first_name="Anne",
        last_name="Moss",
        phone="+1 800 555 0100",
        company="Moss Ltd",
        tags=["vip", "kitchen"],
        attribution={"gclid": "click"},
        custom_fields={"budget": 9000},
        notes="Wants oak.",
    )
    return ann, anne


def lose(lead, actor):
    lifecycle.lose(lead, actor=actor, loss_reason="price", unqualified_reason="no_budget")


def contact_of(lead):
    return Contact.objects.get(pk=lead.contact_id)


def merged_pair(world, pair, **choices):
    ann, anne = pair
    return merge(ann.contact_id, anne.contact_id, actor=world.actor("manager"), choices=choices)


def test_the_kept_one_has_what_was_chosen_and_blanks_are_filled(scoped, pair):
    ann, anne = pair
    merged_pair(scoped, pair, first_name="merge")
    kept = contact_of(ann)
    assert (kept.first_name, kept.email, kept.phone_e164) == (
        "Anne",
        "ann@example.com",
        "+18005550100",
    )
    assert kept.company.name == "Moss Ltd"
    assert kept.custom_fields == {"budget": 9000}
    assert kept.field_values.get().text_value == "9000"
    assert {tag.name for tag in kept.tags.all()} == {"vip", "kitchen"}
    assert Contact.objects.alive().count() == 1
    assert anne.contact_id != kept.pk


def test_what_is_no_field_of_the_two_is_refused(scoped, pair):
    with pytest.raises(InvalidMerge) as refusal:
        merged_pair(scoped, pair, first_name="both", shoe_size="keep")
    assert {field for field, _code, _text in refusal.value.errors} == {
        "fields.first_name",
        "fields.shoe_size",
    }
    assert not Merge.objects.exists()


def test_of_two_open_leads_the_further_one_stays_with_all_that_happened(scoped, pair):
    ann, anne = pair
    actor = scoped.actor()
    timeline.add_note(ann, actor=actor, text="Called.")
    timeline.record(ann, actor=actor, type="site_visit")
    followups.add(ann, actor=actor, facts={"title": "Send plans"})
    lifecycle.qualify(anne, actor=actor)
    row = merged_pair(scoped, pair)
    assert (row.kept_lead_id, row.lost_lead_id) == (anne.pk, ann.pk)
    stays = Lead.objects.get(pk=anne.pk)
    assert (stays.contact_id, stays.status, stays.deleted_at) == (ann.contact_id, "qualified", None)
    assert stays.tasks.get().title == "Send plans"
    assert stays.next_task_at is not None
    assert stays.heat_score == 10
    assert {entry.text for entry in Interaction.objects.filter(lead=stays)} >= {"Called."}
    assert Interaction.objects.filter(lead=stays, payload__step="merged").exists()
    assert not Interaction.objects.filter(lead=ann).exists()
    assert Lead.objects.alive().count() == 1
    with pytest.raises(Conflict):
        editing.restore(str(ann.number), actor=actor)


def test_closed_leads_and_conversions_go_along(scoped, pair):
    ann, anne = pair
    actor = scoped.actor()
    for lead, value in ((ann, 100), (anne, 250)):
        sale = ConversionInput(
            contact_ref=str(lead.contact_id), type="sale", converted_by="x", value=Decimal(value)
        )
        log_conversion(sale, actor=actor)
    row = merged_pair(scoped, pair)
    kept = contact_of(ann)
    assert (kept.lifetime_value, kept.conversion_count) == (Decimal(350), 2)
    assert kept.conversion_status == "converted"
    assert set(Conversion.objects.values_list("contact_id", flat=True)) == {kept.pk}
    assert set(Lead.objects.alive().values_list("contact_id", flat=True)) == {kept.pk}
    assert (row.kept_lead, row.lost_lead) == (None, None)


def test_an_upload_that_both_leads_have_stays_with_the_one_that_went(scoped, pair):
    ann, anne = pair
    meta = Connection.objects.create(workspace=scoped.home, provider="meta", name="Meta")
    rules = [
        ConversionRule.objects.create(
            workspace=scoped.home, trigger=trigger, connection=meta, external_action="x"
        )
        for trigger in ("qualified", "scheduled")
    ]
    kept_one = make_upload(scoped, rules[0], ann)
    same_of_other, only_of_other = (make_upload(scoped, rule, anne) for rule in rules)
    row = merged_pair(scoped, pair)
    leads = dict(Upload.objects.values_list("pk", "lead_id"))
    assert leads == {kept_one.pk: ann.pk, same_of_other.pk: anne.pk, only_of_other.pk: ann.pk}
    assert set(Upload.objects.values_list("contact_id", flat=True)) == {ann.contact_id}
    undo(row.pk, actor=scoped.actor())
    assert Upload.objects.get(pk=only_of_other.pk).lead_id == anne.pk


def _rows(world):
    """All there is, but for what a merge and its undoing write down about themselves."""
    told = {
        "accounts_historyevent",
        "integrations_outboxevent",
        "leads_merge",
        "leads_metricsmark",
        "leads_duplicatesuggestion",
    }
    stored = {}
    with world.scope():
        steps = Interaction.objects.filter(payload__step__in=["merged", "merge_undone"])
        written = {str(pk) for pk in steps.values_list("pk", flat=True)}
    for table, rows in everything_stored().items():
        if table not in told:
            stored[table] = [
                _without_clock(row) for row in rows if not any(pk in row for pk in written)
            ]
    return stored


def _without_clock(row):
    return {name: value for name, value in json.loads(row).items() if name != "updated_at"}


@pytest.mark.parametrize("further", ["ann", "anne", "neither"])
@pytest.mark.parametrize("side", ["keep", "merge"])
def test_undoing_gives_back_the_same_rows(world, further, side):
    with world.scope():
        actor = world.actor()
        custom_fields.define(actor=actor, label="Rooms", kind="multi_choice")
        custom_fields.define(actor=actor, label="Plan", subject="lead")
        leads = {}
        for name, phone in (("ann", "0100"), ("anne", "0101")):
            lead = arrive(
                world,
                first_name=name,
                email=f"{name}@example.com",
                phone=f"+1 800 555 {phone}",
                company=f"{name} Ltd",
                tags=["vip", name],
                notes=f"{name} notes",
                attribution={"gclid": name},
                custom_fields={"rooms": ["bath", name], "plan": name},
                consent={"email": name == "ann"},
                address={"city": name},
            )
            assign(lead, actor=actor, user_id=world.rep.pk)
            lifecycle.log_contact(lead, actor=actor, method="call")
            timeline.record(lead, actor=actor, type="price_quote")
            followups.add(lead, actor=actor, facts={"title": f"{name} task"})
            log_conversion(
                ConversionInput(
                    contact_ref=str(lead.contact_id),
                    type="demo",
                    converted_by=name,
                    value=Decimal(7),
                ),
                actor=actor,
            )
            leads[name] = lead
        if further == "neither":
            lose(leads["ann"], actor)
        else:
            lifecycle.schedule(leads[further], actor=actor, scheduled_for=timezone.now())
    outbox.drain()
    before = _rows(world)
    with world.scope():
        fields = ("first_name", "email", "phone", "company", "address", "custom_fields.rooms")
        row = merge(
            leads["ann"].contact_id,
            leads["anne"].contact_id,
            actor=actor,
            choices=dict.fromkeys(fields, side),
        )
    assert _rows(world) != before
    with world.scope():
        undone = undo(row.pk, actor=actor)
        assert undone.undone_at is not None
        assert undo(row.pk, actor=actor).undone_at == undone.undone_at
    assert _rows(world) == before


def test_what_came_since_stays_with_the_kept_one(scoped, pair):
    ann, anne = pair
    actor = scoped.actor()
    row = merged_pair(scoped, pair)
    editing.update(ann, actor=actor, changes={"job_title": "Buyer", "phone": "+1 800 555 0199"})
    sale = ConversionInput(
        contact_ref=str(anne.contact_id), type="demo", converted_by="x", value=Decimal(5)
    )
    log_conversion(sale, actor=actor)
    undo(row.pk, actor=actor)
    kept, back = contact_of(ann), contact_of(anne)
    assert (kept.job_title, kept.phone, kept.conversion_count) == ("Buyer", "+1 800 555 0199", 1)
    assert (back.phone_e164, back.conversion_count, back.deleted_at) == ("+18005550100", 0, None)
    assert kept.company is None
    assert {tag.name for tag in kept.tags.all()} == {"vip"}


def test_old_ids_numbers_and_addresses_lead_to_the_kept_one(scoped, pair):
    ann, anne = pair
    third = arrive(scoped, first_name="Annie", email="annie@example.com")
    actor = scoped.actor()
    merged_pair(scoped, pair)
    merge(third.contact_id, ann.contact_id, actor=actor)
    for ref in (anne.contact_id, contact_of(anne).number, ann.contact_id):
        assert merged.contacts_now(scoped.home.pk, [ref]) == {ref: third.contact_id}
    stays = Lead.objects.alive().get()
    assert merged.leads_now(scoped.home.pk, [anne.pk, ann.number]) == {
        anne.pk: stays.pk,
        ann.number: stays.pk,
    }
    # Who writes from the address that was not kept is still known.
    again = receive(LeadInput(email="ANN@example.com"), actor=actor)
    assert (again.created, again.lead.pk) == (False, stays.pk)
    # As an e-mail it decides over another's phone.
    bob = arrive(scoped, first_name="Bob", phone="+1 800 555 0188")
    both = receive(LeadInput(email="ann@example.com", phone="+1 800 555 0188"), actor=actor)
    assert both.lead.pk == stays.pk
    found = DuplicateSuggestion.objects.get()
    assert {found.first_id, found.second_id} == {third.contact_id, bob.contact_id}


def test_undo_says_what_stands_in_its_way(scoped, pair):
    ann, anne = pair
    actor = scoped.actor()
    third = arrive(scoped, first_name="Annie", email="annie@example.com")
    first = merged_pair(scoped, pair)
    second = merge(ann.contact_id, third.contact_id, actor=actor)
    with pytest.raises(Conflict) as refusal:
        undo(first.pk, actor=actor)
    assert refusal.value.code == "merged_since"
    undo(second.pk, actor=actor)
    lose(ann, actor)
    undo(first.pk, actor=actor)
    assert Lead.objects.get(pk=anne.pk).status == "new"


def test_undo_keeps_people_apart_whose_address_was_taken(scoped):
    ann = arrive(scoped, first_name="Ann", email="ann@example.com")
    anne = arrive(scoped, first_name="Anne", email="anne@example.com")
    third = arrive(scoped, first_name="Bob", email="bob@example.com")
    actor = scoped.actor()
    row = merge(ann.contact_id, anne.contact_id, actor=actor)
    editing.update(third, actor=actor, changes={"email": "anne@example.com"})
    with pytest.raises(Conflict) as refusal:
        undo(row.pk, actor=actor)
    assert refusal.value.code == "email_taken"
    assert contact_of(ann).email == "ann@example.com"
    editing.update(third, actor=actor, changes={"email": "bob@example.com"})
    undo(row.pk, actor=actor)
    assert contact_of(anne).deleted_at is None


def test_an_open_lead_does_not_come_back_beside_a_newer_one(scoped, pair):
    _ann, anne = pair
    actor = scoped.actor()
    lifecycle.qualify(anne, actor=actor)
    row = merged_pair(scoped, pair)
    lifecycle.complete(anne, actor=actor)
    arrive(scoped, email="ann@example.com", first_name="Ann")
    with pytest.raises(Conflict) as refusal:
        undo(row.pk, actor=actor)
    assert refusal.value.code == "open_lead_exists"


def test_only_managers_merge_and_nobody_elses_are_seen(scoped, pair):
    ann, anne = pair
    for role in ("rep", "viewer"):
        with pytest.raises(PermissionRefused):
            merge(ann.contact_id, anne.contact_id, actor=scoped.actor(role))
    with pytest.raises(ContactNotFound):
        merge(ann.contact_id, scoped.home.pk, actor=scoped.actor())
    with pytest.raises(InvalidMerge):
        merge(ann.contact_id, ann.contact_id, actor=scoped.actor())
    row = merged_pair(scoped, pair)
    with pytest.raises(PermissionRefused):
        undo(row.pk, actor=scoped.actor("rep"))
    with pytest.raises(MergeNotFound):
        undo(ann.pk, actor=scoped.actor())
    with pytest.raises(Conflict) as refusal:
        merged_pair(scoped, pair)
    assert refusal.value.code == "already_merged"


def test_the_news_tell_of_both(scoped, pair):
    ann, anne = pair
    row = merged_pair(scoped, pair)
    events = {event.type: event.payload for event in OutboxEvent.objects.order_by("id")}
    assert events["contact.merged"]["contact"]["id"] == str(ann.contact_id)
    assert events["lead.merged"]["change"]["lost_lead_id"] == str(anne.pk)
    undo(row.pk, actor=scoped.actor())
    assert OutboxEvent.objects.filter(type="contact.merge_undone").count() == 1


def test_suggestions_follow_the_merge_and_its_undoing(scoped, pair):
    ann, anne = pair
    third = arrive(scoped, first_name="Annie")
    about = [contact_of(lead).pk for lead in (ann, anne, third)]
    workspace_id = scoped.home.pk
    duplicates.raise_pair(workspace_id, about[0], about[1], ["phone"])
    duplicates.raise_pair(workspace_id, about[1], about[2], ["name"])
    row = merged_pair(scoped, pair)
    left = DuplicateSuggestion.objects.open().get()
    assert {left.first_id, left.second_id} == {about[0], about[2]}
    unmerging.undo(row.pk, actor=scoped.actor())
    pairs = {(s.first_id, s.second_id) for s in DuplicateSuggestion.objects.open()}
    assert pairs == {(about[0], about[1]), (about[1], about[2])}


def test_the_outside_id_of_the_lead_that_went_still_finds_the_one_that_stayed(scoped):
    ann = arrive(scoped, first_name="Ann", source="website", external_id="form-1")
    anne = arrive(scoped, first_name="Anne", source="facebook", external_id="ad-7")
    row = merge(ann.contact_id, anne.contact_id, actor=scoped.actor("manager"))
    kept = Lead.objects.alive().get()
    assert kept.external_id in ("form-1", "ad-7")

    def found(**facts):
        return receive(LeadInput(first_name="Ann", **facts), actor=scoped.actor())

    for source, external_id in (("website", "form-1"), ("facebook", "ad-7")):
        again = found(source=source, external_id=external_id)
        assert (again.lead.pk, again.created) == (kept.pk, False), external_id
        assert list(filtered(scoped, external_id)) == [kept.pk]
    # The same id of another source is another lead.
    assert found(source="referral", external_id="ad-7").created
    undo(row.pk, actor=scoped.actor("manager"))
    assert set(filtered(scoped, "form-1")) == {ann.pk}


def filtered(world, external_id):
    data = QueryDict(f"external_id={external_id}&source=website,facebook")
    rows = Lead.objects.visible_to(world.actor())
    return LeadFilter(data, rows, actor=world.actor()).qs.values_list("pk", flat=True)
