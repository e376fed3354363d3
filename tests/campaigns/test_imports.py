"""Imports: what a messy file becomes row by row, who resumes, who undoes."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.permissions import PermissionRefused
from campaigns import lists, running
from campaigns.errors import CampaignError, IllegalChange, NotFound, UnreadableFile
from campaigns.imports import error_file, imports, taking, work
from campaigns.models import (
    CampaignLead,
    Import,
    ImportMapping,
    ImportResult,
    ImportRow,
    LeadList,
    LeadListMember,
)
from leads import lifecycle
from leads.fields import custom_fields
from leads.intake import LeadInput, receive
from leads.models import Contact, Lead
from tests.admin_rows import staff

MESSY = [
    b"sep=;",
    "Vorname;Nachname;E-mail;Phone;Phone;Birthday;Größe;Tags".encode(),
    "Ann;Müller;ann@example.com;+1 800 555 0100;;2001-03-04;M;vip, new".encode(),
    # Another program's bytes, and another style of number and day.
    "Zoé;Strauß;Zoe@Example.com ;(800) 555-0101;;04.03.2001;L;".encode("cp1252"),
    b"Bob;;<bob@example.com>;800.555.0102;x;4 March 2001;XL;vip",
    b"Cy;;;8005550103;;20010304;;",
    # The first row's person again, by phone.
    b";;;001 800 555 0100;;;;again",
    # The day is none, the address is none, there is nobody, the number is spoilt.
    b"Dee;;dee@example.com;;;31.02.2001;;",
    b"Eve;;eve(at)example.com;;;;;",
    b";;;;;;M;",
    b"Fay;;fay@example.com;4.15552E+10;;;;",
    # A quotation mark that nobody closes, and too many cells.
    b'Gil;"open;gil@example.com;;;;;',
    b"Hal;;hal@example.com;;;;;a;b;c",
    b"Ida;;ida@example.com;=1+1;;;;",
]


@pytest.fixture
def actor(world):
    return world.actor("manager")


def send(actor, content, name="leads.csv", **settings):
    content = content if isinstance(content, bytes) else content.encode()
    return imports.receive(
        [content], actor=actor, file_name=name, size=len(content), settings=settings
    )


def rows(content):
    return "\n".join(content) + "\n"


def look(world, row):
    with world.scope():
        return Import.objects.select_related("lead_list").get(pk=row.pk)


def through(world, actor, content, *, mapping=None, options=None, **settings):
    """Send it, map it, try it out, take it in."""
    with world.scope():
        row = send(actor, content, **settings)
        imports.save_mapping(row.pk, actor=actor, mapping=mapping, options=options)
    work.work_off()
    with world.scope():
        imports.run(row.pk, actor=actor)
    work.work_off()
    return look(world, row)


def outcomes(world, row, phase="run"):
    with world.scope():
        found = ImportResult.objects.filter(parent=row, phase=phase)
        return {
            one.number: (one.outcome, [(why["field"], why["code"]) for why in one.reasons])
            for one in found
        }


def test_a_messy_file_says_what_it_did_with_each_row(world, actor):
    with world.scope():
        custom_fields.define(actor=actor, label="Birthday", kind="date")
        custom_fields.define(actor=actor, label="Größe", kind="choice", choices=["M", "L", "XL"])
    row = through(world, actor, b"\r\n".join(MESSY), duplicates="fill")
    assert row.file_facts["delimiter"] == ";"
    assert (row.file_facts["encoding"], row.file_facts["mixed_lines"]) == ("utf-8", 1)
    assert row.mapping == [
        *("first_name", "last_name", "email", "phone", ""),
        *("attr.birthday", "attr.grosse", "tags"),
    ]
    assert outcomes(world, row) == {
        3: ("created", []),
        4: ("created", []),
        5: ("created", []),
        6: ("created", []),
        7: ("updated", [("", "known")]),
        8: ("error", [("custom_fields.birthday", "invalid")]),
        9: ("error", [("email", "invalid")]),
        10: ("error", [("email", "required")]),
        11: ("created", [("phone", "left_out")]),
        12: ("error", [("", "broken_quotes")]),
        13: ("error", [("", "too_many_cells")]),
        14: ("created", [("", "notice")]),
    }
    assert row.counts == {"created": 6, "updated": 1, "skipped": 0, "errors": 5}
    # The dry run foresaw just that.
    assert row.foreseen == row.counts
    with world.scope():
        people = {one.first_name: one for one in Contact.objects.all()}
        assert people["Zoé"].last_name == "Strauß"
        assert {one.custom_fields.get("birthday") for one in people.values()} == {
            "2001-03-04",
            None,
        }
        numbers = [people[name].phone_e164 for name in ("Ann", "Zoé", "Bob", "Cy")]
        assert numbers == [f"+1800555010{n}" for n in range(4)]
        assert people["Bob"].email_normalized == "bob@example.com"
        assert sorted(tag.name for tag in people["Ann"].tags.all()) == ["again", "new", "vip"]
        lead = Lead.objects.get(contact=people["Ann"])
        assert (lead.source, lead.created_by) == ("import", actor.label)
        text = "".join(error_file.lines(row))
    written = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert written[0][:4] == ["Row", "Reason", "Vorname", "Nachname"]
    assert [line[0] for line in written[1:]] == ["8", "9", "10", "12", "13"]
    assert written[1][1].startswith("Birthday: This field takes a date")


def test_formulas_are_neutralised_in_the_error_file(world, actor):
    lines = ["name,email,phone", "=cmd|' /C calc'!A0,nope,+1 800 555 0100", "-Ann,nope,-12"]
    row = through(world, actor, rows(lines))
    with world.scope():
        text = "".join(error_file.lines(row))
    assert "'=cmd" in text
    assert "'-Ann" in text
    assert ",+1 800 555 0100" in text


def test_a_killed_worker_resumes_without_doubling_or_losing_a_row(world, actor, monkeypatch):
    lines = ["email", *(f"p{n}@example.com" for n in range(7))]
    with world.scope():
        row = send(actor, rows(lines), new_list_name="Everybody")
        imports.save_mapping(row.pk, actor=actor)
    work.work_off()
    with world.scope():
        imports.run(row.pk, actor=actor)
    calls = 0
    take = taking.batch

    def die_after_the_second(row, actor, size):
        nonlocal calls
        calls += 1
        done = take(row, actor, size)
        if calls == 3:
            # Its batch is written, not committed.
            raise KeyboardInterrupt
        return done

    with monkeypatch.context() as patched:
        patched.setattr(taking, "batch", die_after_the_second)
        with pytest.raises(KeyboardInterrupt):
            work.work_off(batch=2)
    row = look(world, row)
    assert (row.work, row.created, row.progress) == ("run", 4, 71)
    assert work.work_off() == 0
    with world.scope():
        Import.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert work.work_off(batch=2) == 3
    row = look(world, row)
    assert (row.status, row.created, row.progress) == ("completed", 7, 100)
    with world.scope():
        assert Lead.objects.count() == LeadListMember.objects.count() == 7
        assert ImportResult.objects.filter(phase="run").count() == 7
        assert row.lead_list.lead_count == 7


def test_a_row_on_which_a_batch_breaks_is_passed_over(world, actor, monkeypatch):
    with world.scope():
        row = send(actor, rows(["email", *(f"p{n}@example.com" for n in range(5))]))
        imports.save_mapping(row.pk, actor=actor)
    work.work_off()
    take = taking.receive_many

    def breaks(given, **more):
        if any(one.email == "p2@example.com" for one in given):
            raise ZeroDivisionError
        return take(given, **more)

    monkeypatch.setattr(taking, "receive_many", breaks)
    with world.scope():
        imports.run(row.pk, actor=actor)
    work.work_off()
    assert look(world, row).counts == {"created": 4, "updated": 0, "skipped": 0, "errors": 1}
    assert outcomes(world, row)[4] == ("error", [("", "unexpected")])


def test_the_same_person_twice_in_a_file_is_foreseen(world, actor):
    lines = ["email,phone", "a@example.com,", "A@example.com,+18005550100", ",+18005550100"]
    with world.scope():
        row = send(actor, rows(lines), duplicates="skip")
        imports.save_mapping(row.pk, actor=actor)
    work.work_off(batch=1)
    row = look(world, row)
    assert outcomes(world, row, "check") == {
        3: ("skipped", [("", "known")]),
        4: ("skipped", [("", "known")]),
    }
    with world.scope():
        why = ImportResult.objects.get(phase="check", number=3).reasons[0]["message"]
    assert why == "The same person as in row 2."


def test_the_mapping_is_remembered_for_the_same_headers(world, actor):
    through(
        world,
        actor,
        rows(["Colour,Mail to", "red,a@example.com"]),
        mapping={"Colour": "attr.paint", "Mail to": "email"},
        duplicates="overwrite",
    )
    with world.scope():
        row = send(actor, rows(["colour, mail TO", "blue,b@example.com"]))
        assert row.mapping == ["attr.paint", "email"]
        assert ImportMapping.objects.count() == 1


@pytest.mark.parametrize(
    ("mapping", "field", "code"),
    [
        ({"name": "shoe"}, "mapping.name", "invalid_choice"),
        ({"nobody": "email"}, "mapping.nobody", "unknown"),
        ({"name": "email", "mail": "email"}, "mapping.mail", "mapped_twice"),
        ({"name": "notes"}, "mapping", "required"),
    ],
)
def test_a_mapping_that_cannot_be_names_its_column(world, actor, mapping, field, code):
    with world.scope():
        row = send(actor, rows(["name,mail", "Ann,a@example.com"]))
        with pytest.raises(CampaignError) as caught:
            imports.save_mapping(row.pk, actor=actor, mapping=mapping)
    assert [error[:2] for error in caught.value.errors] == [(field, code)]


def test_it_goes_step_by_step(world, actor):
    with world.scope():
        row = send(actor, rows(["email", "a@example.com"]))
        for verb in (imports.run, imports.undo):
            with pytest.raises(IllegalChange):
                verb(row.pk, actor=actor)
        imports.save_mapping(row.pk, actor=actor)
        with pytest.raises(IllegalChange):
            imports.run(row.pk, actor=actor)
    work.work_off()
    with world.scope():
        imports.run(row.pk, actor=actor)
        assert imports.run(row.pk, actor=actor).status == "running"
        with pytest.raises(IllegalChange) as caught:
            imports.save_mapping(row.pk, actor=actor)
        assert caught.value.allowed == []


def test_undoing_takes_back_what_nobody_worked_on(world, actor):
    with world.scope():
        known = receive(
            LeadInput(first_name="Ann", email="ann@example.com", custom_fields={"size": "S"}),
            actor=actor,
        ).lead
        group = lists.create(actor=actor, values={"name": "Event"})
    lines = [
        "email,first_name,company,size,tags",
        "ann@example.com,Anna,Acme,L,vip",
        "bob@example.com,Bob,,M,",
        "cy@example.com,Cy,,,",
        "dee@example.com,Dee,,,",
    ]
    row = through(world, actor, rows(lines), duplicates="overwrite", list_id=group.pk)
    assert row.counts == {"created": 3, "updated": 1, "skipped": 0, "errors": 0}
    with world.scope():
        assert LeadList.objects.get().lead_count == 4
        cy = Lead.objects.get(contact__first_name="Cy")
        lifecycle.mark_contacted(cy, actor=actor, method="call")
        # Changed again since: stays.
        ann = Contact.objects.get(email_normalized="ann@example.com")
        assert (ann.first_name, ann.custom_fields) == ("Anna", {"size": "L"})
        Contact.objects.filter(pk=ann.pk).update(first_name="Annette")
        imports.undo(row.pk, actor=actor)
    work.work_off(batch=2)
    row = look(world, row)
    assert (row.status, row.undone) == ("undone", {"deleted": 2, "restored": 1, "kept": 1})
    with world.scope():
        ann = Contact.objects.get(email_normalized="ann@example.com")
        assert (ann.first_name, ann.company, ann.custom_fields) == ("Annette", None, {"size": "S"})
        assert ann.field_values.get().text_value == "S"
        assert not ann.tags.exists()
        alive = Lead.objects.alive().values_list("contact__first_name", flat=True)
        assert sorted(alive) == ["Annette", "Cy"]
        assert Lead.objects.get(pk=known.pk).deleted_at is None
        assert LeadList.objects.get().lead_count == 0
        assert Contact.objects.alive().count() == 2


def test_the_old_shape_arrives_as_lists_campaigns_and_campaign_leads(world, actor):
    lines = [
        "first_name,email,campaign,status,attempts,last_contact_date,pledged_amount,"
        "donated_amount,notes",
        "Ann,ann@example.com,Spring,contacted,2,2025-03-04 10:30,,,likes mornings",
        'Bob,bob@example.com,Spring,pledged,3,2025-03-05,"$1,250.50",,',
        "Cy,cy@example.com,Spring,new,0,,,,",
        "Dee,dee@example.com,Fall,do_not_call,1,2025-03-06,,,",
        "Ann,ann@example.com,Fall,no_answer,4,weird,,20,",
        "Eve,eve@example.com,Fall,odd,1,,,,",
    ]
    row = through(world, actor, rows(lines))
    assert row.kind == "legacy"
    assert row.counts == {"created": 5, "updated": 1, "skipped": 0, "errors": 0}
    with world.scope():
        names = set(LeadList.objects.values_list("name", "lead_count"))
        assert names == {("Migrated Leads - Spring", 3), ("Migrated Leads - Fall", 3)}
        entries = {
            (one.campaign.name, one.lead.contact.first_name): (
                one.status,
                one.outcome,
                one.attempts,
                one.pledged_amount,
                one.donated_amount,
                one.due_at is None,
            )
            for one in CampaignLead.objects.select_related("campaign", "lead__contact")
        }
        assert entries == {
            ("Spring", "Ann"): ("contacted", "", 2, 0, 0, True),
            ("Spring", "Bob"): ("converted", "pledged", 3, 1250.5, 0, True),
            ("Spring", "Cy"): ("new", "", 0, 0, 0, False),
            ("Fall", "Dee"): ("failed", "do_not_call", 1, 0, 0, True),
            ("Fall", "Ann"): ("converted", "no_answer", 4, 0, 20, True),
            ("Fall", "Eve"): ("queued", "", 1, 0, 0, False),
        }
        first = CampaignLead.objects.get(campaign__name="Spring", outcome="pledged")
        assert first.last_attempt_at.date().isoformat() == "2025-03-05"
    assert outcomes(world, row)[6][1] == [
        ("", "known"),
        ("campaign.last_attempt_at", "left_out"),
    ]
    with world.scope():
        imports.undo(row.pk, actor=actor)
    work.work_off()
    with world.scope():
        assert not CampaignLead.objects.exists()
        assert not Lead.objects.alive().exists()


def test_straight_into_a_campaign(world, actor):
    with world.scope():
        campaign = running.create(actor=actor, values={"name": "Holiday"})
    row = through(
        world,
        actor,
        rows(["email,phone", "a@example.com,+18005550100", "b@example.com,+18005550101"]),
        campaign_id=campaign.pk,
        priority=4,
    )
    assert row.file_facts["enrolled"]["added"] == 2
    with world.scope():
        assert LeadList.objects.get().name.startswith("leads - ")
        source = campaign.lists.get() if hasattr(campaign, "lists") else None
        assert CampaignLead.objects.filter(campaign=campaign, status="new").count() == 2
        assert source is None or source.priority == 4


def test_who_may(world, actor):
    with world.scope():
        row = send(actor, rows(["email", "a@example.com"]))
        for role in ("rep", "viewer"):
            with pytest.raises(PermissionRefused):
                send(world.actor(role), "email\na@example.com\n")
            with pytest.raises(PermissionRefused):
                imports.run(row.pk, actor=world.actor(role))
        with pytest.raises(NotFound):
            imports.run(row.pk, actor=world.stranger_actor())


def test_the_admin_undoes_imports(world, actor, client):
    row = through(world, actor, rows(["email", "a@example.com"]))
    staff(world.manager)
    client.force_login(world.manager)
    data = {"action": "undo", "_selected_action": [str(row.pk)]}
    client.post("/admin/campaigns/import/", data)
    work.work_off()
    assert look(world, row).status == "undone"


def test_a_large_file_waits_for_a_worker(world, actor, monkeypatch):
    monkeypatch.setattr(imports, "READ_AT_ONCE", 10)
    with world.scope():
        row = send(actor, rows(["email", "a@example.com", "b@example.com"]))
        assert (row.work, row.headers) == ("read", [])
        with pytest.raises(IllegalChange):
            imports.save_mapping(row.pk, actor=actor)
    work.work_off()
    row = look(world, row)
    assert (row.work, row.status, row.total) == ("", "uploaded", 2)
    with world.scope():
        assert not row.chunks.exists()


def test_an_unreadable_file_is_said_in_words(world, actor, monkeypatch):
    with world.scope(), pytest.raises(UnreadableFile):
        send(actor, b"%PDF-1.7 ...")
    monkeypatch.setattr(imports, "READ_AT_ONCE", 1)
    with world.scope():
        row = send(actor, b"\xd0\xcf\x11\xe0 old workbook")
    work.work_off()
    row = look(world, row)
    assert row.status == "failed"
    assert "Save it as .xlsx" in row.error


def test_rows_of_long_ago_are_dropped(world, actor, monkeypatch):
    row = through(world, actor, rows(["email", "a@example.com"]))
    assert work.forget_rows() == 0
    monkeypatch.setattr(work, "ROWS_KEPT_FOR", timedelta(days=-1))
    assert work.forget_rows() == 1
    with world.scope():
        assert not ImportRow.objects.exists()
        assert Import.objects.filter(pk=row.pk).exists()
