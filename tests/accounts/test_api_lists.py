"""Lists of the API: paging, counting, ordering, and as many queries for 50 rows as for one."""

import gc

import pytest
from django.core.handlers.base import BaseHandler
from django.db import connection as database
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.response import Response

from accounts import api_lists
from conversions.models import Conversion, ConversionRule
from integrations.models import Connection
from leads.models import Appointment, Contact, Interaction, Lead
from tests.api import addresses, make_upload, one_of_everything, with_key

LISTS = [address for address in addresses() if address.view.listing is not None]
PLAIN = [str(address) for address in LISTS if not address.names]


def many_of_everything(world, rows, how_many: int) -> None:
    """`how_many` more of each kind, all made in the same instant."""
    now = timezone.now()
    home = world.home
    with world.scope():
        contacts = Contact.objects.bulk_create(
            [Contact(workspace=home, first_name=f"P{n}", created_at=now) for n in range(how_many)]
        )
        for contact in contacts:
            contact.tags.create(workspace=home, name="vip")
            common = {"workspace": home, "contact": contact, "created_at": now}
            lead = Lead.objects.create(
                **common, status_changed_at=now, last_activity_at=now, assigned_to=world.rep
            )
            Interaction.objects.create(
                workspace=home, lead=rows.lead, type="note", at=now, created_at=now
            )
            Appointment.objects.create(workspace=home, lead=rows.lead, scheduled_for=now)
            Conversion.objects.create(
                **common, lead=lead, type="demo", converted_by="x", converted_at=now
            )
            connection = Connection(workspace=home, provider="meta", name="M", created_at=now)
            connection.settings = {"dataset_id": "1"}
            connection.save()
            rule = ConversionRule.objects.create(
                workspace=home,
                trigger="completed",
                connection=connection,
                external_action="Done",
                created_at=now,
            )
            make_upload(world, rule, lead, created_at=now)


@pytest.mark.parametrize("address", LISTS, ids=str)
def test_a_list_takes_as_many_queries_for_fifty_rows_as_for_one(world, address):
    rows = one_of_everything(world)
    caller = with_key(world.key())
    path = address.path(rows.ids())

    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            assert caller.get(path, limit="200").status_code == 200
        return len(captured)

    queries()  # the key's last use is noted once,
    queries()  # which changes the key: it is read anew
    few = queries()
    many_of_everything(world, rows, 50)
    # Forms that this process has not written yet are read in one query, however many they are.
    assert queries() <= few + 1
    assert queries() == few


@pytest.mark.parametrize("address", LISTS, ids=str)
def test_pages_walk_every_row_once_in_both_directions(world, address):
    rows = one_of_everything(world)
    many_of_everything(world, rows, 6)
    caller = with_key(world.key())
    everything = caller.get(address.path(rows.ids()), limit="200", count="true").json()
    assert everything["count"] == len(everything["results"])
    assert everything["count_is_estimate"] is False
    assert everything["next"] is everything["previous"] is None

    seen, page = [], caller.get(address.path(rows.ids()), limit="2").json()
    assert page["previous"] is None
    while True:
        seen += page["results"]
        if page["next"] is None:
            break
        assert page["next"].startswith("http://testserver/api/v1/")
        page = caller.get(page["next"]).json()
    assert seen == everything["results"]
    back = list(page["results"])
    while page["previous"]:
        page = caller.get(page["previous"]).json()
        back = page["results"] + back
    assert back == everything["results"]


@pytest.mark.parametrize("address", LISTS, ids=str)
def test_orderings_go_both_ways(world, address):
    rows = one_of_everything(world)
    many_of_everything(world, rows, 4)
    caller = with_key(world.key())
    for name in address.view.listing.orderings:
        path = address.path(rows.ids())
        up = caller.get(path, ordering=name).json()["results"]
        down = caller.get(path, ordering=f"-{name}").json()["results"]
        assert up == down[::-1]


def test_the_next_page_keeps_the_filters(world):
    rows = one_of_everything(world)
    many_of_everything(world, rows, 4)
    caller = with_key(world.key())
    page = caller.get("leads/", tag="vip", status=["new", "scheduled"], limit="3").json()
    rest = caller.get(page["next"]).json()
    assert len(page["results"]) == 3
    assert len(rest["results"]) == 2
    assert "status=new&status=scheduled" in page["next"]
    assert "tag=vip" in page["next"]


def test_beyond_what_is_cheap_the_count_is_an_estimate(world, monkeypatch):
    rows = one_of_everything(world)
    many_of_everything(world, rows, 5)
    monkeypatch.setattr(api_lists, "EXACT_COUNT", 3)
    answer = with_key(world.key()).get("leads/", count="true").json()
    assert answer["count_is_estimate"] is True
    assert answer["count"] >= 4


@pytest.mark.parametrize("path", PLAIN)
def test_every_list_is_strict_about_its_parameters(world, path):
    caller = with_key(world.key())
    for name, value in (("limit", "0"), ("limit", "x"), ("limit", "201"), ("cursor", "eyJ9")):
        answer = caller.get(f"{path}/", **{name: value})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, name)
    answer = caller.get(f"{path}/", nonsense="1")
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_parameter")
    assert caller.get(f"{path}/", limit="200").status_code == 200
    assert caller.get(path).status_code == 200


def test_an_answer_is_freed_at_once_and_not_left_to_the_garbage_collector(world):
    """Left to it, every request of the process waits while it frees those of a hundred."""
    handler = BaseHandler()
    handler.load_middleware()
    request = RequestFactory().get("/api/v1/leads/", headers={"X-API-Key": world.key()})
    gc.collect()
    gc.disable()
    try:
        response = handler.get_response(request)
        assert b'"results"' in response.content
        del request, response
        left = [one for one in gc.get_objects() if type(one) is Response]
    finally:
        gc.enable()
    assert left == []
