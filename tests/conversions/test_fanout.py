"""Which rules fire for which news, with which value, and never across workspaces."""

from decimal import Decimal

import pytest

from accounts.ids import new_id
from accounts.tenancy import scope, system_scope
from conversions.fanout import worth
from conversions.models import Conversion, ConversionRule, Upload
from conversions.recording import ConversionInput, log_conversion
from integrations.models import Connection
from leads import lifecycle


def test_a_rule_of_another_workspace_never_fires(loop):
    world = loop.world
    with scope(world.abroad.pk):
        theirs = Connection.objects.create(
            id=new_id(), workspace=world.abroad, provider="meta", name="Theirs"
        )
        ConversionRule.objects.create(
            workspace=world.abroad,
            trigger="completed",
            connection=theirs,
            external_action="Visit completed",
        )
    loop.connect("meta", "completed", live=False)
    loop.complete(loop.lead())
    loop.run()
    with system_scope():
        assert [row.workspace_id for row in Upload.objects.all()] == [world.home.pk]


def test_only_the_stage_reached_fires_and_inactive_or_deleted_rules_do_not(loop):
    connection = loop.connect("meta", "qualified", "scheduled", "completed", live=False)
    with loop.world.scope():
        ConversionRule.objects.filter(trigger="qualified").update(is_active=False)
        ConversionRule.objects.filter(trigger="scheduled").update(deleted_at=connection.created_at)
    loop.complete(loop.lead())
    loop.run()
    assert [row.trigger for row in loop.uploads()] == ["completed"]


def test_a_sale_fires_the_stage_and_its_type_with_its_value_once_each(loop):
    loop.connect("meta", "converted", "conversion:sale", live=False, value_strategy="conversion")
    lead = loop.lead()
    sale = ConversionInput(
        contact_ref=str(lead.contact_id),
        type="sale",
        converted_by="agent",
        value=Decimal(900),
        external_ref="CTR-1",
    )
    for _again in range(2):
        with loop.world.scope():
            log_conversion(sale, actor=loop.world.actor())
        loop.run()
    rows = {row.trigger: (row.value, row.currency) for row in loop.uploads()}
    assert rows == {
        "converted": (Decimal(900), "USD"),
        "conversion:sale": (Decimal(900), "USD"),
    }


def test_a_no_show_and_a_reopening_reach_no_stage(loop):
    loop.connect("meta", "qualified", "scheduled", live=False)
    lead = loop.lead()
    actor = loop.world.actor()
    with loop.world.scope():
        lifecycle.schedule(lead, actor=actor, scheduled_for=lead.created_at)
        lifecycle.lose(lead, actor=actor, loss_reason="price", unqualified_reason="spam")
        lifecycle.reopen(lead, actor=actor)
    loop.run()
    assert [row.trigger for row in loop.uploads()] == ["scheduled"]


@pytest.mark.parametrize(
    ("strategy", "given", "expected"),
    [
        ("none", Decimal(100), (None, "")),
        ("fixed", None, (Decimal(75), "USD")),
        ("conversion", Decimal(100), (Decimal(100), "EUR")),
        ("conversion", None, (None, "")),
        ("share", Decimal("33.33"), (Decimal("4.17"), "EUR")),
    ],
)
def test_what_a_rule_reports_as_value(world, strategy, given, expected):
    rule = ConversionRule(
        workspace=world.home, value_strategy=strategy, amount=Decimal(75), share=Decimal("12.5")
    )
    conversion = Conversion(workspace=world.home, value=given, currency="EUR" if given else "")
    assert worth(rule, conversion) == expected
