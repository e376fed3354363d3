"""Custom fields on public forms: set by managers, asked of visitors, kept with the lead."""

import pytest
from django.test import Client

from leads.capture import lead_forms
from leads.capture.lead_form_editor import LeadFormEditor
from leads.capture.lead_forms import InvalidForm
from leads.fields.custom_fields import archive, define
from leads.models import LeadForm
from tests.leads.test_lead_forms import ANN, address, editor_data, fill_in, hidden, leads

KINDS = {
    "word": ("text", []),
    "size": ("number", []),
    "since": ("date", []),
    "plan": ("choice", [{"value": "gold", "label": "All in"}, "free"]),
    "wants": ("multi_choice", ["Roof", "Floor"]),
    "owner": ("boolean", []),
    "site": ("url", []),
}


@pytest.fixture
def fields(world):
    with world.scope():
        return {
            key: define(
                actor=world.actor(),
                label=key,
                kind=kind,
                choices=choices,
                subject="lead" if key == "size" else "contact",
            )
            for key, (kind, choices) in KINDS.items()
        }


def asked(name, *, label="", required=False):
    return {"name": f"custom_fields.{name}", "label": label, "required": required}


@pytest.fixture
def form(world, fields):
    """Asks for an e-mail, and for every kind; for two of them it insists."""
    with world.scope():
        first = LeadForm.objects.get()
        questions = [asked(key, required=key in ("plan", "wants")) for key in KINDS]
        wanted = [*first.fields, *questions]
        return lead_forms.update(first, actor=world.actor(), changes={"fields": wanted})


def visit(form, answers):
    named = {f"custom_fields.{key}": value for key, value in answers.items()}
    return fill_in(Client(enforce_csrf_checks=True), form, ANN | named)


def test_every_kind_is_asked_and_stored(world, form):
    page = Client().get(address(form)).content.decode()
    for text in ('type="date"', "All in", "<legend>wants</legend>", "Yes"):
        assert text in page, text
    sent = visit(
        form,
        {
            "word": "Hello",
            "size": "12.5",
            "since": "2026-03-01",
            "plan": "gold",
            "wants": ["Roof", "Floor"],
            "owner": "false",
            "site": "https://ann.example",
        },
    )
    assert sent.status_code == 302
    (lead,) = leads(world)
    assert lead.custom_fields == {"size": 12.5}
    assert lead.contact.custom_fields == {
        "word": "Hello",
        "since": "2026-03-01",
        "plan": "gold",
        "wants": ["Floor", "Roof"],
        "owner": False,
        "site": "https://ann.example",
    }


def test_what_does_not_fit_is_said_and_kept(world, form):
    answer = visit(form, {"size": "many", "since": "soon", "plan": "", "site": "x", "word": "Hi"})
    text = answer.content.decode()
    assert answer.status_code == 422
    for message in (
        "This field takes a number",
        "This field takes a date",
        "This field takes a web address",
        "This field is required.",
        'value="many"',
        'value="Hi"',
        'href="#id_custom_fields.wants"',
    ):
        assert message in text, message
    assert leads(world) == []
    odd = visit(form, {"plan": "silver", "wants": ["Roof"]})
    assert "silver is not one of the available choices" in odd.content.decode()


def test_a_field_that_is_not_used_any_more_is_not_asked(world, form, fields):
    with world.scope():
        archive(fields["plan"], actor=world.actor())
    page = Client().get(address(form))
    assert "custom_fields.plan" not in page.content.decode()
    assert visit(form, {"wants": ["Roof"]}).status_code == 302
    (lead,) = leads(world)
    assert lead.contact.custom_fields == {"wants": ["Roof"]}
    assert "ticket" in hidden(page)


def test_the_editor_offers_the_fields_and_saves_what_is_asked(world, client, fields):
    client.force_login(world.manager)
    with world.scope():
        first = LeadForm.objects.get()
        data = editor_data(first)
    page = f"/w/home/forms/{first.pk}/"
    assert "Several choices" in client.get(page).content.decode()
    name = "custom_fields.plan"
    data |= {
        f"{name}_asked": "on",
        f"{name}_required": "on",
        f"{name}_label": "Which plan?",
        f"{name}_place": "1",
    }
    assert client.post(page, data).status_code == 302
    with world.scope():
        first.refresh_from_db()
        assert first.fields[0] == asked("plan", label="Which plan?", required=True)
        editor = LeadFormEditor(lead_form=first)
    assert editor.rows[0].kind == "Choice"


@pytest.mark.parametrize("name", ["custom_fields.nope", "custom_fields.", 7, None])
def test_a_form_asks_only_for_fields_of_its_workspace(world, form, name):
    with world.scope(), pytest.raises(InvalidForm):
        wanted = [*form.fields, {"name": name}]
        lead_forms.update(form, actor=world.actor(), changes={"fields": wanted})
