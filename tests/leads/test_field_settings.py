"""The settings page of custom fields: define, change, order, stop using and take up again."""

import pytest

from leads.fields.custom_fields import FieldNotFound, define, move
from leads.intake import LeadInput, receive
from leads.models import CustomField

PAGE = "/w/home/settings/custom-fields/"


@pytest.fixture
def fields(world):
    with world.scope():
        return [define(actor=world.actor(), label=name) for name in ("Roof", "Size", "Plan")]


def order(world):
    with world.scope():
        return list(CustomField.objects.active().values_list("label", flat=True))


def test_a_manager_defines_a_field(world, client):
    client.force_login(world.manager)
    assert "No fields of your own yet" in client.get(PAGE).content.decode()
    entered = {
        "label": "Roof type",
        "subject": "lead",
        "kind": "choice",
        "choice_lines": "pitched | Pitched, tiles\nflat",
    }
    wrong = client.post(f"{PAGE}new/", entered | {"kind": "text"})
    assert wrong.status_code == 422
    assert "Only the choice kinds have choices." in wrong.content.decode()
    assert client.post(f"{PAGE}new/", entered)["Location"] == PAGE
    with world.scope():
        row = CustomField.objects.get()
    assert (row.key, row.subject) == ("roof_type", "lead")
    assert row.choices == [
        {"value": "pitched", "label": "Pitched, tiles"},
        {"value": "flat", "label": "flat"},
    ]
    again = client.post(f"{PAGE}new/", entered)
    assert again.status_code == 409
    assert "There is a field with the key" in again.content.decode()
    page = client.get(f"{PAGE}{row.pk}/").content.decode()
    assert "pitched | Pitched, tiles" in page


def test_a_field_is_renamed_and_what_its_values_forbid_is_said(world, client, fields):
    client.force_login(world.manager)
    with world.scope():
        define(actor=world.actor(), label="Tiles", kind="choice", choices=["flat", "round"])
        arrival = LeadInput(email="a@x.example", custom_fields={"roof": "old", "tiles": "flat"})
        receive(arrival, actor=world.actor())
    page = f"{PAGE}{fields[0].pk}/"
    refused = client.post(page, {"label": "Roofs", "kind": "number", "choice_lines": ""})
    text = refused.content.decode()
    assert refused.status_code == 422
    assert "The kind can change only while the field has no values" in text
    assert 'value="Roofs"' in text
    saved = client.post(page, {"label": "Roofs", "kind": "text"})
    assert saved["Location"] == PAGE
    assert order(world) == ["Roofs", "Size", "Plan", "Tiles"]
    with world.scope():
        page = f"{PAGE}{CustomField.objects.get(key='tiles').pk}/"
    taken = client.post(page, {"label": "Tiles", "kind": "choice", "choice_lines": "round"})
    assert "“flat” is in use" in taken.content.decode()


def test_fields_are_ordered(world, client, fields):
    client.force_login(world.manager)
    assert client.post(f"{PAGE}{fields[2].pk}/move/", {"to": "earlier"})["Location"] == PAGE
    assert order(world) == ["Roof", "Plan", "Size"]
    client.post(f"{PAGE}{fields[0].pk}/move/", {"to": "later"})
    assert order(world) == ["Plan", "Roof", "Size"]
    with world.scope():
        move(fields[0], actor=world.actor(), by=9)
        move(fields[2], actor=world.actor(), by=-9)
    assert order(world) == ["Plan", "Size", "Roof"]


def test_a_field_goes_out_of_use_and_comes_back(world, client, fields):
    client.force_login(world.manager)
    page = f"{PAGE}{fields[1].pk}/"
    client.post(f"{page}use/", {"use": "no"})
    assert order(world) == ["Roof", "Plan"]
    assert "Use again" in client.get(PAGE).content.decode()
    assert "Stop using it" not in client.get(page).content.decode()
    with world.scope(), pytest.raises(FieldNotFound):
        move(fields[1], actor=world.actor(), by=1)
    client.post(f"{page}use/", {"use": "yes"})
    assert order(world) == ["Roof", "Size", "Plan"]


def test_who_may_not_set_rules_does_not_see_the_page(world, client, fields):
    client.force_login(world.rep)
    assert client.get(PAGE).status_code == 403
    assert client.post(f"{PAGE}{fields[0].pk}/use/", {"use": "no"}).status_code == 403
    client.force_login(world.stranger)
    assert client.post(f"{PAGE}{fields[0].pk}/move/", {"to": "later"}).status_code == 404
    assert order(world) == ["Roof", "Size", "Plan"]
