"""Rows that are made and read by a shorter way are those of Django's own."""

import pytest
from django.db.models import Model

from accounts.tenancy_schema import tenant_models
from leads.intake import LeadInput, receive
from leads.models import Contact, Lead


@pytest.mark.parametrize("model", tenant_models(), ids=lambda model: model._meta.label)
def test_an_unsaved_row_has_what_every_unsaved_row_has(model):
    row, constructed = model.unsaved(), model()
    assert vars(row).keys() == vars(constructed).keys()
    for field in constructed._meta.concrete_fields:
        if not field.generated:
            value, expected = vars(row)[field.attname], vars(constructed)[field.attname]
            has_callable = field.has_default() and callable(field.default)
            assert type(value) is type(expected), field
            assert has_callable or field.has_db_default() or value == expected, field
    assert row._state.adding
    assert row._state.db is None


def test_rows_do_not_share_what_may_be_changed():
    first, second = Contact.unsaved(), Contact.unsaved()
    first.consent["email"] = True
    assert second.consent == {}


def test_what_was_read_is_as_django_reads_it(world):
    with world.scope():
        lead = receive(LeadInput(email="ann@example.com"), actor=world.actor()).lead
        row = Lead.objects.only("status").get(pk=lead.pk)
        assert not row._state.adding
        assert row._state.db == "default"
        assert {"id", "status"} == vars(row).keys() - {"_state"}
        assert {"number", "contact_id"} <= row.get_deferred_fields()
        assert row.number == lead.number
        assert "number" in vars(row)
        row.remember(workspace=world.home)
        assert row._state.fields_cache["workspace"] is world.home


def test_every_model_of_a_workspace_reads_and_makes_its_rows_so():
    for model in tenant_models():
        assert "from_db" not in vars(model), model
        assert model.__init__ is Model.__init__, model
