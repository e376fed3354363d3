"""Files of leads: what stands in them, in which form, and that they are made whatever happens."""

import csv
import io
import tracemalloc
import zipfile
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.ids import new_id
from accounts.models import Membership
from accounts.permissions import PermissionRefused
from campaigns import enrolment, lists, membership, running
from campaigns.errors import CampaignError, Conflict, NotFound
from campaigns.exports import exports, making
from campaigns.exports.cells import neutral, neutral_text
from campaigns.exports.exports import Gone
from campaigns.exports.files import CsvWriter, FileTooLarge, XlsxWriter
from campaigns.imports import xlsx_files
from campaigns.models import Export, ExportChunk
from leads.background_runs import LeaseLost, lease_first
from leads.errors import LeadError
from leads.fields import custom_fields
from leads.intake import LeadInput, receive
from leads.models import Lead, Notification


def add(world, name="Ann", **facts):
    facts = {"email": f"{uuid4().hex[:8]}@example.com", **facts}
    return receive(LeadInput(first_name=name, **facts), actor=world.actor()).lead


def content(world, **asked):
    """The file that is answered at once, as bytes."""
    actor, file_format = world.actor("manager"), asked.pop("file_format", "csv")
    question = exports.question(actor=actor, **asked)
    reader = exports.reader_at_once(question, actor=actor)
    assert reader is not None
    return b"".join(exports.streamed(reader, actor=actor, file_format=file_format))


def table(data):
    """A CSV file's rows."""
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def numbers(data):
    return [row["Lead number"] for row in table(data)]


def cells(data):
    """A workbook's rows, as another program reads it."""
    return [line.cells for line in xlsx_files.read(io.BytesIO(data)).lines]


def made(world, **asked):
    actor, file_format = world.actor("manager"), asked.pop("file_format", "csv")
    question = exports.question(actor=actor, **asked)
    return exports.ask(question, actor=actor, file_format=file_format)


def fetched(world, export):
    row = exports.find(export.pk, actor=world.actor("manager"))
    return b"".join(exports.fetch(row, actor=world.actor("manager")))


def test_no_row_one_row_and_letters_of_the_world(world):
    with world.scope():
        assert table(content(world)) == []
        assert cells(content(world, file_format="xlsx"))[0][:3] == [
            "Lead number",
            "First name",
            "Last name",
        ]
        lead = add(world, "Žofie 🌍", last_name='O"Neil, <b>&', email="zofie@example.com")
        (row,) = table(content(world))
        assert row["Lead number"] == str(lead.number)
        assert (row["First name"], row["Last name"]) == ("Žofie 🌍", 'O"Neil, <b>&')
        assert (row["E-mail"], row["Status"], row["Heat"]) == ("zofie@example.com", "New", "Cold")
        (_head, row) = cells(content(world, file_format="xlsx"))
        assert row[:3] == [str(lead.number), "Žofie 🌍", 'O"Neil, <b>&']


def test_nothing_in_a_file_is_a_formula(world):
    with world.scope():
        add(world, "=cmd|' /C calc'!A0", last_name="@SUM(A1)", phone="+13125550101")
        (row,) = table(content(world))
        assert row["First name"] == "'=cmd|' /C calc'!A0"
        assert row["Last name"] == "'@SUM(A1)"
        data = content(world, file_format="xlsx")
        head, row = cells(data)
        assert row[1:3] == ["'=cmd|' /C calc'!A0", "'@SUM(A1)"]
        # A workbook says that this is text, so the number stays what it is.
        assert row[head.index("Phone")] == "+13125550101"
        sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()
        assert "<f" not in sheet
    assert neutral("\x00=1\x1f") == "'=1"
    assert neutral("-1") == "'-1"
    assert neutral(-1) == -1
    assert neutral_text("+49 30 1234") == "+49 30 1234"
    assert neutral_text("+1+cmd|x") == "'+1+cmd|x"


def test_times_are_the_workspaces_and_columns_are_those_asked_for(world):
    world.home.time_zone = "America/New_York"
    world.home.save(update_fields=["time_zone"])
    with world.scope():
        custom_fields.define(actor=world.actor(), label="Budget", kind="number", subject="lead")
        lead = add(world, tags=["vip", "beta"], custom_fields={"budget": 1500})
        moment = datetime(2026, 7, 1, 2, 30, tzinfo=UTC)
        Lead.objects.filter(pk=lead.pk).update(created_at=moment)
        columns = ["created", "tags", "attr.budget", "owner"]
        (row,) = table(content(world, columns=columns))
        assert list(row) == [
            *("Lead number", "First name", "Last name"),
            *("Created", "Tags", "Budget", "Owner"),
        ]
        assert row["Created"] == "2026-06-30 22:30:00"
        assert (row["Tags"], row["Budget"], row["Owner"]) == ("beta, vip", "1500", "")
        (_head, row) = cells(content(world, columns=columns, file_format="xlsx"))
        assert row[3].startswith("2026-06-30")
        with pytest.raises(CampaignError) as caught:
            exports.question(actor=world.actor(), columns=["shoe_size"])
        assert caught.value.errors[0][:2] == ("columns", "invalid_choice")


def test_a_filter_narrows_and_a_wrong_one_is_refused(world):
    with world.scope():
        add(world, "Web", source="website")
        add(world, "Phone", source="phone")
        found = table(content(world, filter={"source": ["phone"]}))
        assert [row["First name"] for row in found] == ["Phone"]
        with pytest.raises(LeadError) as caught:
            exports.question(actor=world.actor(), filter={"sorce": "phone"})
        assert caught.value.errors[0][:2] == ("filter.sorce", "unknown_parameter")


def test_lists_of_every_kind(world):
    actor = world.actor("manager")
    with world.scope():
        leads = [add(world, name, source="phone") for name in ("Ann", "Bob", "Cid")]
        static = lists.create(actor=actor, values={"name": "Static"})
        membership.add(static, [leads[0].pk, leads[2].pk], actor=actor, notes="met at the fair")
        found = table(content(world, target=static))
        assert [row["First name"] for row in found] == ["Cid", "Ann"]
        assert found[0]["Put there by"] == "Manager"
        assert found[0]["Notes in the list"] == "met at the fair"
        rule = {"name": "Rule", "list_type": "dynamic", "criteria": {"source": ["phone"]}}
        dynamic = lists.create(actor=actor, values=rule)
        assert len(table(content(world, target=dynamic))) == 3
        assert len(table(content(world, target=static, filter={"q": "Ann"}))) == 1


def test_results_of_a_campaign(world):
    actor = world.actor("manager")
    with world.scope():
        leads = [add(world, name, phone=f"+1312555010{n}") for n, name in enumerate(("Ann", "Bob"))]
        group = lists.create(actor=actor, values={"name": "Donors"})
        membership.add(group, [lead.pk for lead in leads], actor=actor)
        campaign = running.create(actor=actor, values={"name": "Spring"})
        enrolment.attach(campaign, group, actor=actor)
        found = table(content(world, target=campaign))
        assert [row["First name"] for row in found] == ["Bob", "Ann"]
        row = found[0]
        assert (row["From the list"], row["Call status"], row["Attempts"]) == ("Donors", "New", "0")
        assert row["Pledged"] == "0.00"


def test_who_may_export(world):
    with world.scope():
        for role in ("rep", "viewer"):
            with pytest.raises(PermissionRefused):
                exports.question(actor=world.actor(role))
        export = made(world)
        with pytest.raises(PermissionRefused):
            exports.find(export.pk, actor=world.actor("rep"))
        with pytest.raises(PermissionRefused):
            exports.fetch(export, actor=world.actor("rep"))
        with pytest.raises(NotFound):
            exports.find(uuid4(), actor=world.actor())


def test_a_worker_makes_it_portion_by_portion_and_tells(world):
    for file_format in ("csv", "xlsx"):
        with world.scope():
            for n in range(5):
                add(world, f"Lead {n}")
            number = Lead.objects.count()
            export = made(world, file_format=file_format)
            assert (export.status, export.total) == ("queued", number)
            # The same again is the same; what comes in later is none of it.
            assert made(world, file_format=file_format).pk == export.pk
            add(world, "Later")
        assert making.work_off(portion=2) == number
        with world.scope():
            export = exports.find(export.pk, actor=world.actor("manager"))
            assert (export.status, export.done, export.progress) == ("completed", number, 100)
            data = fetched(world, export)
            assert len(data) == export.file_size
            read = numbers(data) if file_format == "csv" else [row[0] for row in cells(data)[1:]]
            assert len(read) == len(set(read)) == number
            news = Notification.objects.get(event_id=export.pk)
            assert (news.user, news.kind, news.by) == (
                world.manager,
                "export_ready",
                export.file_name,
            )
    assert making.work_off() == 0


def test_a_killed_worker_is_taken_over_where_it_stood(world, monkeypatch):
    with world.scope():
        for n in range(6):
            add(world, f"Lead {n}")
        exported = {fmt: made(world, file_format=fmt) for fmt in ("csv", "xlsx")}
    # Each gets on by one portion in its slice, then its worker is gone with the lease.
    step, seen = making.ExportRun.step, []

    def dies(run, current, actor):
        if len([one for one in seen if one == current.pk]) == 1:
            seen.append(current.pk)
            raise KeyboardInterrupt
        seen.append(current.pk)
        return step(run, current, actor)

    monkeypatch.setattr(making.ExportRun, "step", dies)
    for _export in exported:
        with pytest.raises(KeyboardInterrupt):
            making.work_off(portion=2)
    monkeypatch.setattr(making.ExportRun, "step", step)
    with world.scope():
        assert set(Export.objects.values_list("done", "pieces", "status")) == {(2, 1, "running")}
        Export.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert making.work_off(portion=2) == 8
    with world.scope():
        names = [row["First name"] for row in table(fetched(world, exported["csv"]))]
        assert names == [f"Lead {n}" for n in (5, 4, 3, 2, 1, 0)]
        assert [row[1] for row in cells(fetched(world, exported["xlsx"]))[1:]] == names


def test_who_comes_back_late_writes_nothing(world):
    with world.scope():
        add(world)
        export = made(world)
    mine = making.ExportRun(lease_first(making.ExportRun), 10, 0.0)
    with world.scope():
        Export.objects.filter(pk=export.pk).update(lease_token=uuid4())
    with world.scope(), pytest.raises(LeaseLost):
        mine.current()
    assert mine.work() == 0
    with world.scope():
        assert ExportChunk.objects.count() == 0


def test_it_is_made_as_whoever_asked(world):
    with world.scope():
        add(world)
        export = made(world)
    Membership.objects.filter(user=world.manager).update(role="rep")
    making.work_off()
    with world.scope():
        export = Export.objects.get(pk=export.pk)
        assert (export.status, export.pieces) == ("failed", 0)
        assert export.error
        assert Notification.objects.get(event_id=export.pk).kind == "export_failed"
    Membership.objects.filter(user=world.manager).update(role="manager")
    with world.scope():
        exports.begin_again(export, actor=world.actor())
    making.work_off()
    with world.scope():
        assert len(table(fetched(world, export))) == 1
        assert Notification.objects.get(event_id=export.pk).kind == "export_ready"
        with pytest.raises(Conflict):
            exports.begin_again(export, actor=world.actor())


def test_a_database_that_is_away_for_a_moment(world, monkeypatch):
    with world.scope():
        add(world)
        export = made(world)

    def gone(*_args):
        raise OperationalError

    with monkeypatch.context() as patched:
        patched.setattr(making.ExportRun, "step", gone)
        making.work_off()
    with world.scope():
        assert Export.objects.get(pk=export.pk).due_at > timezone.now()
        Export.objects.update(due_at=timezone.now() - timedelta(seconds=1), attempts=9)
    making.work_off()
    with world.scope():
        assert "again and again" in Export.objects.get(pk=export.pk).error


def test_a_file_is_kept_for_a_week_or_until_it_is_deleted(world):
    actor = world.actor("manager")
    with world.scope():
        add(world)
        export = made(world)
        with pytest.raises(Conflict):
            exports.fetch(export, actor=actor)
    making.work_off()
    with world.scope():
        again = made(world)
        assert again.pk != export.pk
        exports.discard(again, actor=actor)
        exports.discard(again, actor=actor)
        with pytest.raises(Gone):
            fetched(world, again)
        Export.objects.filter(pk=export.pk).update(expires_at=timezone.now())
        with pytest.raises(Gone):
            fetched(world, export)
    assert making.work_off() == 0
    assert making.delete_expired() == 1
    assert making.delete_expired() == 0
    with world.scope():
        assert ExportChunk.objects.count() == 0
        assert Export.objects.get(pk=export.pk).status == "expired"
    making.forget_old()


def test_too_many_at_once_and_unknown_formats(world, monkeypatch):
    monkeypatch.setattr(exports, "MOST_UNFINISHED", 1)
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    actor = world.actor("manager")
    with world.scope():
        add(world)
        add(world)
        assert exports.reader_at_once(exports.question(actor=actor), actor=actor) is None
        made(world)
        with pytest.raises(Conflict):
            made(world, file_format="xlsx")
        with pytest.raises(CampaignError):
            made(world, file_format="pdf")


def test_what_a_workbook_cannot_hold(monkeypatch):
    monkeypatch.setattr("campaigns.exports.files.MOST_ROWS", 2)
    writer = XlsxWriter()
    writer.begin(["A"])
    writer.add([["x"]])
    with pytest.raises(FileTooLarge):
        writer.add([["y"]])
    monkeypatch.setattr("campaigns.exports.zips.MOST_BYTES", 10)
    with pytest.raises(FileTooLarge):
        XlsxWriter(writer.state | {"row": 0}).add([["y" * 100]])


OLD = datetime(1800, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def test_numbers_and_days_that_a_workbook_would_change(world):
    writer = XlsxWriter()
    rows = [[10**17, 1.5, float("nan"), OLD, None, "x" * 40_000]]
    data = writer.begin(list("abcdef")) + writer.add(rows) + writer.end()
    (_head, row) = cells(data)
    assert row[:4] == [str(10**17), "1.5", "nan", "1800-01-01 00:00:00"]
    assert len(row[5]) <= 32_767
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None
    assert (
        CsvWriter().add([[datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)]])
        == b"2026-01-02 03:04:05\r\n"
    )


def test_fifty_thousand_rows_take_no_more_memory_than_six_thousand():

    def rows(number):
        for start in range(0, number, making.PORTION):
            yield [
                [str(new_id()), "Ann", f"{n}@example.com", n]
                for n in range(start, start + making.PORTION)
            ]

    def peak(number, kind):
        tracemalloc.start()
        writer, size = kind(), 0
        size += len(writer.begin(["A", "B", "C", "D"]))
        for portion in rows(number):
            size += len(writer.add(portion))
        size += len(writer.end())
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most, size

    for kind in (CsvWriter, XlsxWriter):
        (few, _size), (many, _larger) = peak(6_000, kind), peak(50_000, kind)
        assert many < few * 1.2
