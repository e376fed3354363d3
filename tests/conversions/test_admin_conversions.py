"""Conversions, rules and uploads in the admin."""

from decimal import Decimal

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from conversions.models import Conversion, ConversionRule, Upload
from integrations.models import Connection
from leads.models import Contact, Lead
from tests.admin_rows import rows_of_every_model, staff


@pytest.fixture
def rows(world):
    staff(world.owner, world.manager, world.rep, world.viewer)
    return rows_of_every_model(world.home, name="Ann")


def told(response):
    return " | ".join(str(message) for message in get_messages(response.wsgi_request))


def conversion_form(world, contact, **changes):
    now = timezone.now()
    unchanged = {
        "workspace": world.home.pk,
        "contact": contact.pk,
        "type": "sale",
        "value": "250.50",
        "currency": "USD",
        "converted_by": "Till",
        "converted_at_0": now.strftime("%Y-%m-%d"),
        "converted_at_1": now.strftime("%H:%M:%S"),
    }
    return unchanged | changes


def test_a_conversion_added_here_counts_like_every_other(client, world, rows):
    client.force_login(world.rep)
    contact = rows[Contact]
    add = "/admin/conversions/conversion/add/"
    response = client.post(add, conversion_form(world, contact, external_ref="INV-1"))
    assert response.status_code == 302
    with world.scope():
        assert Contact.objects.get(pk=contact.pk).lifetime_value == Decimal("350.50")
        assert Conversion.objects.count() == 2
    again = client.post(add, conversion_form(world, contact, external_ref="INV-1"))
    assert "logged before" in told(again)
    with world.scope():
        assert Conversion.objects.count() == 2
    bad = client.post(add, conversion_form(world, contact, type="Not A Type"))
    assert "Use lower-case letters" in bad.content.decode()
    client.force_login(world.viewer)
    assert client.post(add, conversion_form(world, contact)).status_code == 403


def test_a_conversion_is_never_changed(client, world, rows):
    row = rows[Conversion]
    client.force_login(world.owner)
    address = f"/admin/conversions/conversion/{row.pk}/change/"
    content = client.get(address).content.decode()
    assert 'name="value"' not in content
    assert client.post(address, {"value": "1"}).status_code == 403
    assert client.post(f"/admin/conversions/conversion/{row.pk}/delete/").status_code == 403


def rule_form(world, connection, **changes):
    unchanged = {
        "workspace": world.home.pk,
        "trigger": "completed",
        "connection": connection.pk,
        "external_action": "Visit",
        "value_strategy": "fixed",
        "amount": "20",
        "currency": "USD",
        "is_active": "on",
    }
    return unchanged | changes


def test_managers_make_and_change_rules(client, world, rows):
    client.force_login(world.manager)
    add = "/admin/conversions/conversionrule/add/"
    assert client.post(add, rule_form(world, rows[Connection])).status_code == 302
    with world.scope():
        rule = ConversionRule.objects.get(trigger="completed")
    lacking = client.post(add, rule_form(world, rows[Connection], amount="", trigger="qualified"))
    assert "This way of valuing needs it" in lacking.content.decode()
    unknown = client.post(add, rule_form(world, rows[Connection], trigger="nonsense"))
    assert "Use qualified, scheduled" in unknown.content.decode()
    address = f"/admin/conversions/conversionrule/{rule.pk}/change/"
    changed = rule_form(world, rows[Connection], external_action="Visit 2")
    assert client.post(address, changed).status_code == 302
    client.post(f"/admin/conversions/conversionrule/{rule.pk}/delete/", {"post": "yes"})
    with world.scope():
        rule = ConversionRule.objects.get(pk=rule.pk)
        assert (rule.external_action, rule.is_active) == ("Visit 2", False)
        assert rule.deleted_at is not None
    client.force_login(world.rep)
    assert client.post(add, rule_form(world, rows[Connection])).status_code == 403


def test_uploads_are_retried_one_by_one_and_in_bulk(client, world, rows):
    upload = rows[Upload]
    one = f"/admin/conversions/upload/{upload.pk}/retry/"
    client.force_login(world.manager)
    content = client.get(f"/admin/conversions/upload/{upload.pk}/change/").content.decode()
    assert "Ann was busy" in content
    for send in (
        lambda: client.post(one),
        lambda: client.post(
            "/admin/conversions/upload/",
            {"action": "retry_uploads", "_selected_action": [str(upload.pk)]},
        ),
    ):
        with world.scope():
            Upload.objects.filter(pk=upload.pk).update(status="failed")
        assert "way again" in told(send())
        with world.scope():
            assert Upload.objects.get(pk=upload.pk).status == "pending"
    with world.scope():
        Upload.objects.filter(pk=upload.pk).update(status="accepted")
    assert "never sent twice" in told(client.post(one))
    client.force_login(world.rep)
    assert client.post(one).status_code == 403


@pytest.mark.parametrize(("status", "offered"), [("failed", True), ("accepted", False)])
def test_retry_is_offered_where_it_is_allowed(client, world, rows, status, offered):
    upload = rows[Upload]
    with world.scope():
        Upload.objects.filter(pk=upload.pk).update(status=status)
    client.force_login(world.manager)
    page = client.get(f"/admin/conversions/upload/{upload.pk}/change/")
    assert (f"/upload/{upload.pk}/retry/" in page.content.decode()) is offered


def test_deleting_several_rows_asks_first_on_a_page_whose_scripts_work(client, world, rows):
    client.force_login(world.manager)
    chosen = {"action": "delete_selected", "_selected_action": [str(rows[ConversionRule].pk)]}
    page = client.post("/admin/conversions/conversionrule/", chosen).content.decode()
    assert "Are you sure" in page
    # The catalogue of translations comes before the scripts that call its `gettext`.
    assert 0 < page.index("/admin/jsi18n/") < page.index("admin/js/")


def test_a_lead_cannot_be_converted_by_writing_into_history(client, world, rows):
    client.force_login(world.owner)
    for path in ("leads/interaction", "leads/touch", "conversions/activity", "conversions/upload"):
        assert client.post(f"/admin/{path}/add/", {}).status_code == 403
    with world.scope():
        assert Lead.objects.get(pk=rows[Lead].pk).status == "converted"
