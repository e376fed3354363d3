"""Google's own client library, configured: REST, one attempt, a time-out, our errors.

Importing this module loads `google.ads.datamanager_v1`, which takes about a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
from google.ads.datamanager_v1 import IngestEventsRequest, IngestionServiceClient
from google.ads.datamanager_v1.services.ingestion_service.transports import (
    IngestionServiceRestTransport,
)
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import GoogleAuthError
from google.protobuf.json_format import ParseError

from integrations.contracts import ProviderError, TemporaryError
from integrations.providers.google_data_manager.failures import from_api_error
from integrations.providers.google_messages import message
from integrations.providers.google_sign_in import authentication_failure


class IngestClient:
    """Calls `events:ingest` of one account.

    Args:
        credentials: None for the local address, which needs none.
        local_endpoint: "http://127.0.0.1:9101", or "" for Google.
        timeout_seconds: to connect, and between two bytes of the answer.
    """

    def __init__(
        self, *, credentials: Credentials | None, local_endpoint: str, timeout_seconds: float
    ) -> None:
        if local_endpoint:
            transport = IngestionServiceRestTransport(
                host=local_endpoint.removeprefix("http://"),
                credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
                url_scheme="http",
            )
        else:
            transport = IngestionServiceRestTransport(credentials=credentials)
        self._client = IngestionServiceClient(transport=transport)
        self._timeout_seconds = timeout_seconds

    def ingest(self, body: Mapping[str, Any]) -> str:
        """Send one request, in one attempt; returns Google's id of it.

        (After a 401 the library renews the access token and asks again; a 401 took nothing.)

        Raises:
            BatchRejectedError, PermanentError, TemporaryError, ConfigurationError: see
                `Provider._send`.
        """
        request = message(IngestEventsRequest, body)
        request_id = ""
        failure: ProviderError | None = None
        try:
            request_id = self._client.ingest_events(
                request=request, retry=None, timeout=self._timeout_seconds
            ).request_id
        except GoogleAPICallError as error:
            failure = from_api_error(error, body)
        except GoogleAuthError as error:
            failure = authentication_failure(error)
        except requests.Timeout:
            failure = TemporaryError("Google did not answer in time.", code="timeout")
        except requests.RequestException:
            failure = TemporaryError("The connection to Google broke.", code="connection")
        except (ParseError, ValueError, TypeError, AttributeError):
            # The library stumbles over answers that are cut off or are not Google's at all (a
            # proxy's page): whether the request was taken is unknown, and sending again is safe.
            failure = TemporaryError("Google's answer could not be read.", code="bad_answer")
        if failure is None and not request_id:
            failure = TemporaryError("Google's answer carried no request id.", code="bad_answer")
        if failure is not None:
            # Raised outside of the handler: the library's exceptions carry the request, and a
            # chained traceback would show it.
            raise failure
        return request_id
