"""Google Ads through the Data Manager API: one connection, one Google Ads account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from integrations.contracts import (
    ConversionEvent,
    EventResult,
    Events,
    Outcome,
    PermanentError,
    Person,
    Results,
)
from integrations.providers.google_account import GoogleAccountProvider
from integrations.providers.google_data_manager import payloads

if TYPE_CHECKING:
    from integrations.providers.google_data_manager.client import IngestClient

_GOOGLE = "https://datamanager.googleapis.com"


class GoogleDataManagerProvider(GoogleAccountProvider):
    """Uploads conversions to Google Ads; `action` is the id of a conversion action.

    Limits, from Google's reference: 2,000 events and 10 destinations a request. That nothing older
    than 90 days is taken is inferred from the legacy API, not verified for this one.
    """

    name = "google_data_manager"
    label = "Google Ads"
    endpoint_variable = "GOOGLE_DATA_MANAGER_URL"
    scope = "https://www.googleapis.com/auth/datamanager"
    max_batch = 2000
    max_actions = 10
    max_age = timedelta(days=90)

    def _has_identifier(self, event: ConversionEvent) -> bool:
        return payloads.has_identifier(event)

    def _preview(self, events: Events) -> dict[str, Any]:
        from google.ads.datamanager_v1 import IngestEventsRequest

        from integrations.providers.google_messages import message

        body = self._body(events)
        message(IngestEventsRequest, body)  # a dry run fails where the real one would
        host = self._local_endpoint() or _GOOGLE
        return {"method": "POST", "url": f"{host}/v1/events:ingest", "body": body}

    def _send(self, events: Events) -> Results:
        request_id = self._client.ingest(self._body(events))
        return [
            EventResult(event.event_id, Outcome.ACCEPTED, platform_ref=request_id)
            for event in events
        ]

    def _probe(self) -> str:
        """Let Google validate a made-up event and ingest nothing (`validate_only`).

        It names no conversion action, since those belong to rules; that Google checks credentials
        and account before it misses one is inferred. So a complaint about the content means that
        the door is open.
        """
        event = ConversionEvent(
            event_id="leadloop-connection-test",
            action="",
            occurred_at=datetime.now(UTC),
            person=Person(email="connection-test@example.com"),
        )
        try:
            self._client.ingest(self._body([event], validate_only=True))
        except PermanentError:
            return (
                "Google accepted the credentials. "
                "Conversion actions are checked with the first upload."
            )
        return "Google accepted the credentials and a test event, which was not counted."

    def _body(self, events: Events, *, validate_only: bool = False) -> dict[str, Any]:
        return payloads.ingest_request(
            events,
            customer_id=self.setting("customer_id"),
            login_customer_id=self.setting("login_customer_id"),
            validate_only=validate_only,
        )

    @cached_property
    def _client(self) -> IngestClient:
        from integrations.providers.google_data_manager.client import IngestClient

        return IngestClient(
            credentials=self._credentials(),
            local_endpoint=self._local_endpoint(),
            timeout_seconds=self.timeout_seconds,
        )
