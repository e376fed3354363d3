"""Google Ads through the Data Manager API: one connection, one Google Ads account."""

from __future__ import annotations

import os
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
from integrations.providers.base import REQUIRE_CONSENT, FieldSpec, Provider
from integrations.providers.google_data_manager import payloads
from integrations.providers.transport import local_endpoint

if TYPE_CHECKING:
    from integrations.providers.google_data_manager.client import IngestClient

_ENDPOINT_VARIABLE = "GOOGLE_DATA_MANAGER_URL"
_GOOGLE = "https://datamanager.googleapis.com"


class GoogleDataManagerProvider(Provider):
    """Uploads conversions to Google Ads; `action` is the id of a conversion action.

    Credentials are a person's (`refresh_token`, with the OAuth client of the deployment or of the
    connection) or a service account's. While the environment's GOOGLE_DATA_MANAGER_URL names a
    loopback address, the calls go there and any secret will do.

    Limits, from Google's reference: 2,000 events and 10 destinations a request. That nothing older
    than 90 days is taken is inferred from the legacy API, not verified for this one.
    """

    name = "google_data_manager"
    label = "Google Ads"
    max_batch = 2000
    max_actions = 10
    max_age = timedelta(days=90)
    settings_fields = (
        FieldSpec(
            "customer_id",
            "Customer ID",
            required=True,
            help_text="The Google Ads account the conversions belong to, as 123-456-7890.",
        ),
        FieldSpec(
            "login_customer_id",
            "Manager account ID",
            help_text="Only when the access is given through a manager account.",
        ),
        REQUIRE_CONSENT,
    )
    secret_fields = (
        FieldSpec(
            "refresh_token",
            "Refresh token",
            help_text="From signing in with Google. Or give a service account instead.",
        ),
        FieldSpec(
            "service_account",
            "Service account key",
            help_text="The JSON key file of a service account that may use the account.",
            kind="multiline",
        ),
        FieldSpec(
            "client_id", "OAuth client ID", help_text="Only if it is not this deployment's own."
        ),
        FieldSpec(
            "client_secret",
            "OAuth client secret",
            help_text="Belongs to the OAuth client ID.",
        ),
    )

    def _has_identifier(self, event: ConversionEvent) -> bool:
        return payloads.has_identifier(event)

    def _preview(self, events: Events) -> dict[str, Any]:
        from integrations.providers.google_data_manager.client import message

        body = self._body(events)
        message(body)  # a dry run fails where the real one would
        host = local_endpoint(_ENDPOINT_VARIABLE) or _GOOGLE
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

    def _missing_secrets(self) -> list[str]:
        if local_endpoint(_ENDPOINT_VARIABLE) or self.secret("service_account"):
            return []
        if not self.secret("refresh_token"):
            return ["Refresh token or service account key"]
        client = self._oauth_client()
        return [] if all(client) else ["OAuth client ID and secret"]

    def _oauth_client(self) -> tuple[str, str]:
        """(id, secret) of the connection's own OAuth client, else of the deployment's.

        Never one of each: a refresh token works only with the pair it was made with.
        """
        own = self.secret("client_id"), self.secret("client_secret")
        if any(own):
            return own
        return (
            os.environ.get("GOOGLE_OAUTH_CLIENT_ID", ""),
            os.environ.get("GOOGLE_OAUTH_CLIENT_SECRET", ""),
        )

    @cached_property
    def _client(self) -> IngestClient:
        from integrations.providers.google_data_manager import client

        endpoint = local_endpoint(_ENDPOINT_VARIABLE)
        if endpoint:
            credentials = None
        elif document := self.secret("service_account"):
            credentials = client.service_account_credentials(document)
        else:
            client_id, client_secret = self._oauth_client()
            credentials = client.user_credentials(
                refresh_token=self.secret("refresh_token"),
                client_id=client_id,
                client_secret=client_secret,
            )
        return client.IngestClient(
            credentials=credentials,
            local_endpoint=endpoint,
            timeout_seconds=self.timeout_seconds,
        )
