"""A workspace connected to local platforms, and the loop from a lead to its uploads."""

from __future__ import annotations

from dataclasses import dataclass, field

from accounts.ids import new_id
from accounts.tenancy import system_scope
from conversions import delivery
from conversions.models import ConversionRule, Upload
from integrations import outbox
from integrations.models import Connection
from leads import lifecycle
from leads.intake import LeadInput, receive
from tests.servers.scripted import ScriptedServer
from tests.world import World

SETTINGS = {
    "google_data_manager": {"customer_id": "1234567890"},
    "meta": {"dataset_id": "987654321"},
}
SECRETS = {
    "google_data_manager": {"refresh_token": "r3fresh-token"},
    "meta": {"access_token": "t0ken"},
}
ACTION = {"google_data_manager": "111222333", "meta": "Visit completed"}


@dataclass
class Loop:
    """One workspace with rules, and verbs that play the part of worker and beat."""

    world: World
    servers: dict[str, ScriptedServer] = field(default_factory=dict)

    def connect(self, provider: str, *triggers: str, live: bool = True, **rule) -> Connection:
        with self.world.scope():
            connection = Connection(
                id=new_id(),
                workspace=self.world.home,
                provider=provider,
                name=provider.title(),
                settings=SETTINGS[provider],
            )
            if live:
                connection.secrets = SECRETS[provider]
            connection.save()
            for trigger in triggers:
                ConversionRule.objects.create(
                    workspace=self.world.home,
                    trigger=trigger,
                    connection=connection,
                    external_action=ACTION[provider],
                    **rule,
                )
            return connection

    def lead(self, email="ann@example.com", **fields):
        data = LeadInput(email=email, attribution={"gclid": "Gclid-1"}, **fields)
        with self.world.scope():
            return receive(data, actor=self.world.actor()).lead

    def complete(self, lead):
        with self.world.scope():
            lifecycle.qualify(lead, actor=self.world.actor())
            return lifecycle.complete(lead, actor=self.world.actor())

    def fan_out(self):
        while outbox.drain():
            pass

    def deliver(self):
        for connection_id in delivery.connections_with_due_uploads():
            while delivery.deliver_batch(connection_id):
                pass

    def run(self):
        self.fan_out()
        self.deliver()

    def make_due(self):
        """Let the waiting time of every retry and the lease of every claim be over."""
        with system_scope():
            Upload.objects.filter(status="retrying").update(next_attempt_at="2020-01-01T00:00Z")
            Upload.objects.filter(status="sending").update(leased_until="2020-01-01T00:00Z")
            Connection.objects.update(paused_until=None)

    def uploads(self):
        with self.world.scope():
            return list(Upload.objects.order_by("id").prefetch_related("attempt_log"))

    def upload(self):
        (row,) = self.uploads()
        return row
