"""What a wait for a locked lead must not cost."""

import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Event

from django.db import connection

from leads import lifecycle
from leads.intake import LeadInput, receive
from leads.locking import locked
from leads.models import Contact


def test_who_waited_for_a_lead_does_not_write_back_an_old_contact(committed_world):
    world = committed_world
    with world.scope():
        lead = receive(LeadInput(email="ann@example.com"), actor=world.actor()).lead
    is_held = Event()

    def hold_and_count():
        try:
            with world.scope(), locked(lead, actor=world.actor()) as held:
                is_held.set()
                time.sleep(0.5)
                held.contact.lifetime_value = Decimal(100)
                held.contact.save()
        finally:
            connection.close()

    def enrich():
        try:
            is_held.wait(10)
            with world.scope():
                found = {"job_title": "CTO"}
                lifecycle.enrich(lead, actor=world.actor(), enrichment_data=found)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(hold_and_count), pool.submit(enrich)]:
            done.result()
    with world.scope():
        contact = Contact.objects.get()
        assert (contact.lifetime_value, contact.job_title) == (Decimal(100), "CTO")
