"""Meta (Facebook and Instagram ads) through the Conversions API: one connection, one dataset."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from integrations.contracts import ConversionEvent, EventResult, Events, Outcome, Results
from integrations.providers.base import REQUIRE_CONSENT, FieldSpec, Provider
from integrations.providers.meta import identifiers
from integrations.providers.transport import local_endpoint

if TYPE_CHECKING:
    from integrations.providers.meta.client import GraphClient

_ENDPOINT_VARIABLE = "META_GRAPH_URL"


class MetaProvider(Provider):
    """Uploads CRM events to a Meta dataset; `action` is the event's name, the stage in free words.

    While the environment's META_GRAPH_URL names a loopback address, the calls go there.

    Limits, from Meta's reference: 1,000 events a request, none older than 7 days; one that is older
    fails the whole request. Events are deduplicated by name and id for 48 hours.
    """

    name = "meta"
    label = "Meta"
    max_batch = 1000
    max_age = timedelta(days=7)
    settings_fields = (
        FieldSpec(
            "dataset_id",
            "Dataset ID",
            required=True,
            help_text="In Events Manager, under the dataset's settings; also called pixel ID.",
        ),
        FieldSpec("page_id", "Page ID", help_text="The Facebook page whose lead forms you use."),
        FieldSpec(
            "test_event_code",
            "Test event code",
            help_text="From Events Manager; while it is set, events count as tests only.",
        ),
        REQUIRE_CONSENT,
    )
    secret_fields = (
        FieldSpec(
            "access_token",
            "Access token",
            required=True,
            help_text="Of a system user that may manage the dataset.",
        ),
        FieldSpec("app_id", "App ID", help_text="Of your Meta app, for incoming webhooks."),
        FieldSpec("app_secret", "App secret", help_text="Proves webhooks and signs calls."),
        FieldSpec(
            "verify_token", "Verify token", help_text="Your own word for the webhook's set-up."
        ),
    )

    def _has_identifier(self, event: ConversionEvent) -> bool:
        return identifiers.has_identifier(event)

    def _preview(self, events: Events) -> dict[str, Any]:
        from integrations.providers.meta.client import API_VERSION, GRAPH_URL

        params = self._params(events)
        host = local_endpoint(_ENDPOINT_VARIABLE) or GRAPH_URL
        return {
            "method": "POST",
            "url": f"{host}/{API_VERSION}/{self.setting('dataset_id')}/events",
            "body": {**params, "data": [json.loads(text) for text in params["data"]]},
        }

    def _send(self, events: Events) -> Results:
        trace = self._client.send(self._params(events))
        return [
            EventResult(event.event_id, Outcome.ACCEPTED, platform_ref=trace) for event in events
        ]

    def _probe(self) -> str:
        """Read the dataset's name, which needs the same token and permission."""
        return f'Meta knows the dataset as "{self._client.dataset_name()}".'

    def _params(self, events: Events) -> dict[str, Any]:
        from integrations.providers.meta import payloads

        return payloads.event_params(
            events,
            dataset_id=self.setting("dataset_id"),
            test_event_code=self.setting("test_event_code"),
        )

    @cached_property
    def _client(self) -> GraphClient:
        from integrations.providers.meta.client import GraphClient

        return GraphClient(
            dataset_id=self.setting("dataset_id"),
            access_token=self.secret("access_token"),
            app_id=self.secret("app_id"),
            app_secret=self.secret("app_secret"),
            local_endpoint=local_endpoint(_ENDPOINT_VARIABLE),
            timeout_seconds=self.timeout_seconds,
        )
