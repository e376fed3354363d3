"""The audit itself: it finds what it is there to find, so that its silence means something."""

from contextlib import contextmanager

import pytest

from tests.faults import audit
from tests.faults.ledger import Entry

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

LOSSES = {
    "a sum": (
        "UPDATE leads_contact SET lifetime_value = lifetime_value + 1 WHERE id = %(contact_id)s",
        "UPDATE leads_contact SET lifetime_value = lifetime_value - 1 WHERE id = %(contact_id)s",
    ),
    "a count": (
        "UPDATE leads_lead SET contact_count = contact_count - 1 WHERE id = %(id)s",
        "UPDATE leads_lead SET contact_count = contact_count + 1 WHERE id = %(id)s",
    ),
    "a move's interaction": (
        "UPDATE leads_interaction SET type = 'note'"
        " WHERE lead_id = %(id)s AND payload ->> 'move' = 'qualify'",
        "UPDATE leads_interaction SET type = 'status_change'"
        " WHERE lead_id = %(id)s AND payload ->> 'move' = 'qualify'",
    ),
    "a move's news": (
        "UPDATE integrations_outboxevent SET type = 'gone'"
        " WHERE subject_id = %(id)s AND type = 'lead.completed'",
        "UPDATE integrations_outboxevent SET type = 'lead.completed'"
        " WHERE subject_id = %(id)s AND type = 'gone'",
    ),
    "an upload": (
        "UPDATE conversions_upload SET lead_id = NULL, conversion_id ="
        " (SELECT id FROM conversions_conversion WHERE lead_id = %(id)s)"
        " WHERE lead_id = %(id)s AND trigger = 'completed'",
        "UPDATE conversions_upload SET lead_id = %(id)s, conversion_id = NULL"
        " WHERE lead_id IS NULL AND trigger = 'completed'",
    ),
    "what the platform counted": (
        "UPDATE conversions_upload SET status = 'failed'"
        " WHERE lead_id = %(id)s AND trigger = 'completed'",
        "UPDATE conversions_upload SET status = 'accepted'"
        " WHERE lead_id = %(id)s AND trigger = 'completed'",
    ),
}


@contextmanager
def without(site, loss, lead):
    """One thing missing, and back again."""
    take, give_back = LOSSES[loss]
    site.tell(take, **lead)
    try:
        yield
    finally:
        site.tell(give_back, **lead)


def test_every_loss_is_found(site, ledger):
    lead = ledger.whole_life()
    site.settle()
    audit.check(site, ledger)
    for loss in LOSSES:
        with without(site, loss, lead), pytest.raises(AssertionError):
            audit.check(site, ledger)
        audit.check(site, ledger)


def test_an_acknowledgement_of_nothing_is_found(site, ledger):
    known = ledger.lead()
    site.settle()
    ledger.entries.append(Entry("a" * 32, "lead", "leads/", [201], known))
    with pytest.raises(AssertionError, match="acknowledged, not there"):
        audit.check(site, ledger)
