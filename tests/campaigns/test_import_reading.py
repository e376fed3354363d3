"""Reading files: encodings, separators, broken quotes, workbooks, and bombs."""

import io
import tracemalloc
import zipfile

import pytest

from campaigns.imports import opening
from campaigns.imports.fields import TARGETS
from campaigns.imports.guessing import day_first, guess
from campaigns.imports.tables import Unreadable
from campaigns.imports.values import day_of, number_of


def table(content):
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    found = opening.open_table(file)
    lines = list(found.lines)
    return [(line.number, line.cells, line.problem) for line in lines], found.facts


def cells(content):
    return [row[1] for row in table(content)[0]]


@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        ("name\nZoé Müller\n", "utf-8", "utf-8"),
        ("name\nZoé Müller\n", "utf-8-sig", "utf-8"),
        ("name\nZoé Müller\n", "utf-16", "utf-16"),
        ("name\nZoé Müller, Bern\n", "utf-16-le", "utf-16-le"),
        ("name\nZoé Müller\n", "utf-32", "utf-32"),
        ("name\nZoé Müller – 10 €\n", "cp1252", "cp1252"),
        ("name\nZoé Müller\n", "mac_roman", "mac_roman"),
        ("name\nŁukasz Wiśniewski, Šárka Dvořáková\n", "cp1250", "cp1250"),
        ("name\nИван Петров и Мария Соколова\n", "cp1251", "cp1251"),
        ("name\n田中さんの会社は東京です\n", "cp932", "cp932"),
        ("name\n这是我们的公司在北京\n", "gb18030", "gb18030"),
        ("name\n김하나 서울시의 이정아는\n", "cp949", "cp949"),
    ],
)
def test_every_usual_encoding_is_read(text, encoding, name):
    lines, facts = table(text.encode(encoding))
    assert [",".join(row[1]) for row in lines] == text.splitlines()
    assert facts["encoding"] == name


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_whatever_separates_cells_and_lines(separator, ending):
    rows = [["name", "note"], ["Ann", f"a{separator}b"], ["Bob", "two\nlines"]]
    text = ending.join(
        separator.join(f'"{cell}"' if cell != "name" else cell for cell in row) for row in rows
    )
    assert cells(text.encode()) == rows


def test_one_column_and_blank_lines():
    assert cells(b"email\n\n \na@example.com\n\n") == [["email"], ["a@example.com"]]
    assert cells(b'"sep=,"\nx,y\n') == [["sep=,"], ["x", "y"]]


def test_a_broken_quotation_mark_costs_its_own_row_only():
    content = b'name,note\nAnn,fine\n"Bob,open\nCy,fine\n' + b"".join(
        b"P%d,x\n" % n for n in range(150)
    )
    lines, _facts = table(content)
    assert lines[2] == (3, ['"Bob', "open"], "broken_quotes")
    assert lines[3] == (4, ["Cy", "fine"], "")
    assert len(lines) == 154
    # One that swallowed the next row up to its mark, and one at the end of the file.
    lines, _facts = table(b'name,note\n"Bob,open\nCy,"fine"\nDee,"x\n')
    assert [row[2] for row in lines] == ["", "broken_quotes", "", "broken_quotes"]
    assert [row[0] for row in lines] == [1, 2, 3, 4]


def test_marks_in_odd_places_are_taken_as_they_are():
    content = b'name,note\n"Ann" Lee,5" pipe\n'
    assert cells(content)[1] == ["Ann Lee", '5" pipe']


def test_a_file_full_of_broken_quotation_marks_is_given_back():
    with pytest.raises(Unreadable, match="quotation marks"):
        table(b"name,note\n" + b'"x,y\n' * 5000)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n \n", "empty"),
        (b"\xd0\xcf\x11\xe0....", "Save it as .xlsx"),
        (b"\x1f\x8b....", "Unpack"),
        (b"%PDF-1.7", "not a table"),
        (b"\x00\x01\x02\x03\x00\x00\x99", "not a text file"),
        (b"PK\x03\x04 nonsense", "cannot be read"),
    ],
)
def test_what_is_no_table_is_said_in_words(content, words):
    with pytest.raises(Unreadable, match=words):
        table(content)


def test_a_line_of_two_gigabytes_is_refused_before_it_fills_memory():
    class Endless(io.BytesIO):
        def read(self, size=-1):
            return super().read(size) or b"x" * size

    tracemalloc.start()
    with pytest.raises(Unreadable, match="Line 2 is longer than 1 MB"):
        table(Endless(b"name,email\n"))
    assert tracemalloc.get_traced_memory()[1] < 32 * 1024 * 1024
    tracemalloc.stop()


SHEET = """<?xml version="1.0"?><worksheet
 xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData>
</worksheet>"""
PARTS = {
    "xl/_rels/workbook.xml.rels": """<Relationships
 xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Target="worksheets/sheet1.xml"/>
<Relationship Id="rId2" Target="/xl/worksheets/sheet2.xml"/></Relationships>""",
    "xl/workbook.xml": """<workbook
 xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>
<sheet name="Notes" sheetId="1" r:id="rId1"/><sheet name="People" sheetId="2" r:id="rId2"/>
</sheets></workbook>""",
    "xl/styles.xml": """<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<numFmts><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy"/></numFmts>
<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="22"/></cellXfs></styleSheet>""",
    "xl/sharedStrings.xml": """<sst
 xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>Name</t></si>
<si><r><t>An</t></r><r><t>n</t></r><rPh><t>x</t></rPh></si></sst>""",
    "xl/worksheets/sheet1.xml": SHEET % "",
}
ROWS = """<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="inlineStr"><is><t>Phone</t></is></c>
<c r="D2" t="str"><v>Since</v></c></row>
<row r="5"><c r="A5" t="s"><v>1</v></c><c r="B5"><v>4.1446681800000003E10</v></c>
<c r="C5" t="b"><v>1</v></c><c r="D5" s="1"><v>45982</v></c></row>
<row r="6"><c r="A6"><f>1+1</f><v>2</v></c><c r="B6" t="e"><v>#N/A</v></c>
<c r="D6" s="2"><v>45982.4375</v></c></row>"""


def workbook(rows=ROWS, **more):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = {**PARTS, "xl/worksheets/sheet2.xml": SHEET % rows, **more}
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()


def test_a_workbook_is_read_as_a_person_sees_it():
    lines, facts = table(workbook())
    assert [row[:2] for row in lines] == [
        (2, ["Name", "Phone", "", "Since"]),
        (5, ["Ann", "41446681800", "true", "2025-11-21"]),
        (6, ["2", "", "", "2025-11-21 10:30:00"]),
    ]
    assert (facts["format"], facts["sheet"]) == ("xlsx", "People")


def test_a_zip_bomb_is_refused_in_bounded_memory():
    tracemalloc.start()
    zeros = io.BytesIO()
    with zipfile.ZipFile(zeros, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in PARTS.items():
            archive.writestr(name, text)
        with archive.open("xl/worksheets/sheet2.xml", "w") as entry:
            for _n in range(300):
                entry.write(b" " * 1024 * 1024)
    tracemalloc.reset_peak()
    with pytest.raises(Unreadable, match="unpacks to more than"):
        table(zeros.getvalue())
    assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ('<row r="1"><c r="XFD1048576"><v>1</v></c></row>', "columns"),
        ('<row r="1"><c r="A1"><v>1</v></row>', "cannot be read"),
    ],
)
def test_a_sheet_that_is_none_is_refused(rows, words):
    with pytest.raises(Unreadable, match=words):
        table(workbook(rows))


def test_entities_are_refused():
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + SHEET[21:] % ROWS
    with pytest.raises(Unreadable):
        table(workbook(**{"xl/worksheets/sheet2.xml": bomb}))


def test_headers_are_known_in_many_spellings():
    headers = ["FirstName", "SURNAME", "E-Mail Address", "Mobile Phone", "PLZ", "utm_source", "x"]
    found = guess(headers, [[]] * len(headers), {}, country="US")
    assert found == [
        *("first_name", "last_name", "email", "phone", "address.postal_code", "utm_source", ""),
    ]
    shown = [["a@example.com", "b@example.com"], ["+1 800 555 0100"], ["12"]]
    assert guess(["", "who", "size"], shown, {}, country="US") == ["email", "phone", ""]
    assert set(found) - {""} <= set(TARGETS)
    old = ["name", "campaign", "status", "attempts", "last_contact_date", "pledged_amount"]
    assert guess(old, [[]] * 6, {}, country="US")[1:] == [
        *("campaign.name", "campaign.status", "campaign.attempts"),
        *("campaign.last_attempt_at", "campaign.pledged_amount"),
    ]
    # Without its numbers, a campaign is a word like others.
    assert guess(["name", "campaign"], [[]] * 2, {}, country="US") == ["display_name", ""]


@pytest.mark.parametrize(
    ("text", "is_day_first", "day"),
    [
        ("2026-11-21", True, "2026-11-21"),
        ("2026/1/2", True, "2026-01-02"),
        ("21.11.2026", False, "2026-11-21"),
        ("03/04/2026", True, "2026-04-03"),
        ("03/04/2026", False, "2026-03-04"),
        ("11/21/2026", True, "2026-11-21"),
        ("21/11/26", False, "2026-11-21"),
        ("20261121", True, "2026-11-21"),
        ("21 Nov 2026", True, "2026-11-21"),
        ("21. März 2026", True, "2026-03-21"),
        ("November 21st, 2026", True, "2026-11-21"),
        ("2026-11-21T10:00:00Z", True, "2026-11-21"),
        ("31.02.2026", True, None),
        ("soon", True, None),
    ],
)
def test_days_in_many_styles(text, is_day_first, day):
    found = day_of(text, day_first=is_day_first)
    assert (found and found.isoformat()) == day


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("$1,250", "1250"),
        ("12,5", "12.5"),
        ("1,250", "1250"),
        ("-3", "-3"),
        ("1 200 €", "1200"),
        ("many", None),
        ("", None),
    ],
)
def test_numbers_in_many_styles(text, number):
    found = number_of(text)
    assert (found is not None and str(found)) == (number or False)


def test_the_order_of_day_and_month_is_what_the_file_says():
    assert day_first([["25/12/2025", "01/02/2026"]], country="US") is True
    assert day_first([["12/25/2025"]], country="CH") is False
    assert day_first([["01/02/2026"]], country="CH") is True
    assert day_first([["01/02/2026"]], country="US") is False
