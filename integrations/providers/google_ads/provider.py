"""Google Ads through its own API's click upload: one connection, one Google Ads account."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from integrations.contracts import (
    ConfigurationError,
    ConversionEvent,
    EventResult,
    Events,
    Outcome,
    PermanentError,
    Person,
    Results,
)
from integrations.providers.base import FieldSpec, RowVerdict
from integrations.providers.google_account import SIGN_IN_SECRETS, GoogleAccountProvider
from integrations.providers.google_ads import payloads
from integrations.providers.google_ads.reasons import ABOUT_THE_ACTION

if TYPE_CHECKING:
    from integrations.providers.google_ads.client import UploadClient

_GOOGLE = "https://googleads.googleapis.com"
_METHOD = "google.ads.googleads.v26.services.ConversionUploadService/UploadClickConversions"


class GoogleAdsProvider(GoogleAccountProvider):
    """Uploads click conversions, and enhanced conversions for leads, to Google Ads.

    `action` is the numeric id of a conversion action. For tokens that uploaded between December
    2025 and May 2026: others are refused with CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE, and
    belong to `google_data_manager`.

    Limits, from Google's reference: 2,000 conversions a request, any number of actions, none older
    than the longest click-through window, which is 90 days.
    """

    name = "google_ads"
    label = "Google Ads (legacy upload)"
    endpoint_variable = "GOOGLE_ADS_ENDPOINT"
    scope = "https://www.googleapis.com/auth/adwords"
    max_batch = 2000
    max_age = timedelta(days=90)
    secret_fields = (
        FieldSpec(
            "developer_token",
            "Developer token",
            required=True,
            help_text="From the API centre of your Google Ads manager account.",
        ),
        *SIGN_IN_SECRETS,
    )

    def _has_identifier(self, event: ConversionEvent) -> bool:
        return payloads.has_identifier(event)

    def _preview(self, events: Events) -> dict[str, Any]:
        from integrations.providers.google_ads.client import request_of

        body = self._body(events)
        request_of(body)  # a dry run fails where the real one would
        return {
            "method": "POST",
            "url": f"{self._local_endpoint() or _GOOGLE}/{_METHOD}",
            "body": body,
        }

    def _send(self, events: Events) -> Results:
        receipt = self._client.upload(self._body(events))
        results: Results = []
        for row, event in enumerate(events):
            if verdict := receipt.verdicts.get(row):
                results.append(self._judged(event, verdict))
            else:
                reference = receipt.reference
                results.append(
                    EventResult(event.event_id, Outcome.ACCEPTED, platform_ref=reference)
                )
        return results

    def _probe(self) -> str:
        """Let Google validate a made-up event and take nothing (`validate_only`).

        It names no conversion action, since those belong to rules; that Google checks credentials
        and account before it misses one is inferred. So a complaint about the content means that
        the door is open, unless it is one about the account.
        """
        event = ConversionEvent(
            event_id="leadloop-connection-test",
            action="",
            occurred_at=datetime.now(UTC),
            person=Person(email="connection-test@example.com"),
        )
        verdict = None
        with suppress(PermanentError):
            receipt = self._client.upload(self._body([event], validate_only=True))
            verdict = receipt.verdicts.get(0)
        if verdict is not None and _is_about_the_account(verdict):
            raise ConfigurationError(verdict.explanation, code=verdict.code)
        return (
            "Google accepted the credentials. Conversion actions are checked with the first upload."
        )

    def _body(self, events: Events, *, validate_only: bool = False) -> dict[str, Any]:
        return payloads.upload_request(
            events, customer_id=self.setting("customer_id"), validate_only=validate_only
        )

    @cached_property
    def _client(self) -> UploadClient:
        from integrations.providers.google_ads.client import UploadClient

        return UploadClient(
            credentials=self._credentials(),
            developer_token=self.secret("developer_token"),
            login_customer_id=payloads.digits(self.setting("login_customer_id")),
            local_endpoint=self._local_endpoint(),
            timeout_seconds=self.timeout_seconds,
        )


def _is_about_the_account(verdict: RowVerdict) -> bool:
    return verdict.outcome is Outcome.CONFIGURATION and verdict.code not in ABOUT_THE_ACTION
