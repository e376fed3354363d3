"""What advertising cost: kept once a day, by every door, for those who may."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.permissions import PermissionRefused
from conversions.ad_spend import Spend, record, spent
from conversions.ad_spend_files import MOST_BYTES, read_csv
from conversions.api import metrics_examples as examples
from conversions.api import metrics_shapes as shapes
from conversions.errors import ConversionError
from conversions.models import AdSpend
from tests.api import signed_in, with_key

DAY = date(2026, 3, 9)
PAGE = "/w/home/ad-spend/"


def cost(amount, day=DAY, platform="google_ads", **more):
    return Spend(day, platform, Decimal(amount), **more)


def known():
    rows = AdSpend.objects.order_by("day", "platform", "campaign")
    return [(row.day, row.platform, row.campaign, row.source, row.amount) for row in rows]


def test_the_same_day_again_replaces_what_was_known(world):
    with world.scope():
        first = record([cost(10), cost(5, platform="meta")], actor=world.actor("manager"))
        again = record(
            [cost(12, source="phone"), cost(1, day=date(2026, 3, 10))], actor=world.actor("manager")
        )
        assert (first.created, first.replaced) == (2, 0)
        assert (again.created, again.replaced) == (1, 1)
        assert again.rows[0].pk == first.rows[0].pk
        assert known() == [
            (DAY, "google_ads", "", "phone", Decimal(12)),
            (DAY, "meta", "", "facebook", Decimal(5)),
            (date(2026, 3, 10), "google_ads", "", "website", Decimal(1)),
        ]


def test_sums_are_by_source_and_currency_of_the_days_asked(world):
    with world.scope():
        record(
            [
                cost("10.10", campaign="a"),
                cost("0.05", campaign="b"),
                cost(7, campaign="c", currency="eur"),
                cost(3, platform="linkedin"),
                cost(99, day=date(2026, 3, 10)),
            ],
            actor=world.actor(),
        )
        sums = spent(world.home.pk, since=DAY, until=DAY, source=None)
        assert sums == {
            "website": {"USD": Decimal("10.15"), "EUR": Decimal(7)},
            "linkedin": {"USD": Decimal(3)},
        }
        assert spent(world.home.pk, since=None, until=None, source="linkedin") == {
            "linkedin": {"USD": Decimal(3)}
        }


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (cost(-1), "amount"),
        (cost("1.234"), "amount"),
        (cost("NaN"), "amount"),
        (cost(10**12), "amount"),
        (cost(1, day=date(2999, 1, 1)), "day"),
        (cost(1, platform="!"), "platform"),
        (cost(1, source="tv"), "source"),
        (cost(1, currency="$$$"), "currency"),
        (cost(1, campaign="x" * 201), "campaign"),
        (cost(2), "day"),
    ],
)
def test_one_wrong_row_and_nothing_is_kept(world, wrong, field):
    with world.scope():
        with pytest.raises(ConversionError) as refused:
            record([cost(2), wrong], actor=world.actor())
        assert refused.value.errors[0][0] == f"rows[1].{field}"
        assert not known()


def test_reps_and_viewers_record_nothing(world):
    for role in ("rep", "viewer"):
        with world.scope(), pytest.raises(PermissionRefused):
            record([cost(2)], actor=world.actor(role))


def test_a_file_is_read_as_platforms_write_it():
    content = (
        "\ufeffDate,Campaign name,Amount spent (USD),Impressions\r\n"
        '2026-03-09,"Spring, big","1,234.50",9\r\n\r\n2026-03-10,Brand,7,1\r\n'
    )
    rows = read_csv(content.encode(), platform="Facebook")
    assert rows == [
        cost("1234.50", platform="Facebook", campaign="Spring, big"),
        cost(7, day=date(2026, 3, 10), platform="Facebook", campaign="Brand"),
    ]
    german = "day;platform;amount;source\n2026-03-09;google;1.234,50;Phone\n"
    assert read_csv(german.encode()) == [cost("1234.50", platform="google", source="phone")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "first line"),
        (b"day,amount\n2026-03-09,1\n", "first line"),
        (b"day,platform,amount\n", "no rows"),
        (b"day,platform,amount\n09.03.2026,meta,1\n", "Line 2"),
        (b"day,platform,amount\n2026-03-09,meta,lots\n", "Line 2"),
        (b"day,platform,amount\n2026-03-09,\0,1\n", "not a CSV"),
        (b"x" * (MOST_BYTES + 1), "2 MB"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(content, said):
    with pytest.raises(ConversionError, match=said):
        read_csv(content)


def test_over_the_api_one_row_many_rows_and_again(world):
    api = with_key(world.key())
    made = api.post("ad-spend/", examples.SPEND)
    assert made.status_code == 201, made.content
    assert made.json()["created"] == 1
    again = api.post("ad-spend/", {"rows": [examples.SPEND | {"amount": "1.00"}]})
    assert again.status_code == 200
    assert (again.json()["created"], again.json()["replaced"]) == (0, 1)
    (row,) = api.get("ad-spend/", platform="google_ads").json()["results"]
    assert row["amount"] == "1.00"
    assert api.get(f"ad-spend/{row['id']}/").json() == row
    assert api.get("ad-spend/", **{"from": "2026-03-10"}).json()["results"] == []
    assert api.delete(f"ad-spend/{row['id']}/").status_code == 204
    assert api.get("ad-spend/").json()["results"] == []


def test_the_documentation_shows_what_is_answered(world):
    made = with_key(world.key()).post("ad-spend/", examples.SPEND).json()
    assert set(made) == set(examples.RECORDED) == set(shapes.RecordedSpendSerializer().fields)
    assert set(made["results"][0]) == set(examples.SPEND_MADE)
    assert set(examples.SPEND_MADE) == set(shapes.AdSpendSerializer().fields)


def test_each_field_of_a_body_is_checked(world):
    api = with_key(world.key())
    for body in (
        {},
        {"rows": []},
        {"rows": [{}]},
        examples.SPEND | {"amount": "-1"},
        examples.SPEND | {"day": "soon"},
        examples.SPEND | {"source": "tv"},
        examples.SPEND | {"budget": 1},
    ):
        answer = api.post("ad-spend/", body)
        assert answer.status_code == 422, body
        assert answer.json()["errors"]


def test_whose_business_it_is(world):
    body = examples.SPEND
    assert signed_in(world.rep).post("ad-spend/", body).status_code == 403
    assert signed_in(world.rep).get("ad-spend/").status_code == 403
    assert with_key(world.key(scopes=("read",))).post("ad-spend/", body).status_code == 403
    assert with_key(world.key(scopes=("read",))).get("ad-spend/").status_code == 200
    made = signed_in(world.manager).post("ad-spend/", body).json()["results"][0]
    abroad = with_key(world.key(world.abroad))
    assert abroad.get(f"ad-spend/{made['id']}/").status_code == 404
    assert abroad.delete(f"ad-spend/{made['id']}/").status_code == 404
    assert abroad.get("ad-spend/").json()["results"] == []


def test_a_manager_enters_a_day_and_a_report_on_the_page(world, client):
    client.force_login(world.manager)
    assert "No ad spend yet" in client.get(PAGE).content.decode()
    today = timezone.now().date().isoformat()
    day = {"day-day": today, "day-platform": "meta", "day-amount": "12.50", "day-campaign": "=A"}
    assert client.post(PAGE, day).status_code == 302
    report = SimpleUploadedFile("r.csv", f"day,platform,amount\n{today},google,3\n".encode())
    assert client.post(PAGE, {"file": report, "upload": "1"}).status_code == 302
    with world.scope():
        assert sorted(row[4] for row in known()) == [Decimal(3), Decimal("12.50")]
        row = AdSpend.objects.get(platform="meta")
    page = client.get(PAGE).content.decode()
    assert "12.50 USD" in page
    assert client.post(f"{PAGE}{row.pk}/delete/").status_code == 302
    assert "12.50 USD" not in client.get(PAGE).content.decode()


def test_what_cannot_be_taken_is_said_beside_the_field(world, client):
    client.force_login(world.manager)
    wrong = client.post(PAGE, {"day-day": "2999-01-01", "day-platform": "meta", "day-amount": "1"})
    assert wrong.status_code == 422
    assert "between 2000 and today" in wrong.content.decode()
    assert 'value="2999-01-01"' in wrong.content.decode()
    report = SimpleUploadedFile("r.csv", b"day,platform,amount\nsoon,google,3\n")
    wrong = client.post(PAGE, {"file": report, "upload": "1"})
    assert wrong.status_code == 422
    assert "Line 2" in wrong.content.decode()
    assert client.post(PAGE, {"upload": "1"}).status_code == 422


def test_the_page_is_for_managers(world, client):
    for user, status in ((world.rep, 403), (world.viewer, 403), (world.stranger, 404)):
        client.force_login(user)
        assert client.get(PAGE).status_code == status
