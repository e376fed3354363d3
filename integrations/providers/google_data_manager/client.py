"""Google's own client library, configured: REST, one attempt, a time-out, our errors.

Importing this module loads `google.ads.datamanager_v1`, which takes about a second.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import requests
from google.ads.datamanager_v1 import IngestEventsRequest, IngestionServiceClient
from google.ads.datamanager_v1.services.ingestion_service.transports import (
    IngestionServiceRestTransport,
)
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.oauth2.credentials import Credentials as UserCredentials
from google.oauth2.service_account import Credentials as ServiceAccountCredentials
from google.protobuf.json_format import (
    ParseDict,
    ParseError,
)

from integrations.contracts import (
    ConfigurationError,
    PermanentError,
    ProviderError,
    TemporaryError,
)
from integrations.providers.google_data_manager.failures import from_api_error

SCOPE = "https://www.googleapis.com/auth/datamanager"
TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105  an address, not a password


def user_credentials(*, refresh_token: str, client_id: str, client_secret: str) -> Credentials:
    """Credentials of the person who connected the account, renewed by the library."""
    return UserCredentials(  # type: ignore[no-untyped-call]
        token=None,
        refresh_token=refresh_token,
        token_uri=TOKEN_URI,
        client_id=client_id,
        client_secret=client_secret,
        scopes=[SCOPE],
    )


def service_account_credentials(document: str) -> Credentials:
    """Credentials from a service account's JSON key file.

    Raises:
        ConfigurationError: it is no such document.
    """
    credentials: Credentials | None = None
    # Not chained to the parser's own error, which quotes the key.
    with suppress(ValueError, TypeError, AttributeError, KeyError):
        credentials = ServiceAccountCredentials.from_service_account_info(  # type: ignore[no-untyped-call]
            json.loads(document), scopes=[SCOPE]
        )
    if credentials is None:
        raise ConfigurationError("The service account is not a JSON key file.", code="bad_secret")
    return credentials


def message(body: Mapping[str, Any]) -> IngestEventsRequest:
    """The library's message for a body; checks every field name and type.

    Raises:
        PermanentError: the body does not fit the API's definition.
    """
    request = IngestEventsRequest()
    reason = ""
    try:
        ParseDict(body, IngestEventsRequest.pb(request))
    except ParseError as error:
        reason = str(error)
    if reason:
        raise PermanentError(f"The request does not fit Google's definition: {reason}", code="bad")
    return request


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
        request = message(body)
        request_id = ""
        failure: ProviderError | None = None
        try:
            request_id = self._client.ingest_events(
                request=request, retry=None, timeout=self._timeout_seconds
            ).request_id
        except GoogleAPICallError as error:
            failure = from_api_error(error, body)
        except GoogleAuthError as error:
            failure = _authentication_failure(error)
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


def _authentication_failure(error: GoogleAuthError) -> ProviderError:
    if isinstance(error, TransportError) or error.retryable:
        return TemporaryError("Google's sign-in could not be reached.", code="sign_in_unreachable")
    reason = str(error.args[0]) if isinstance(error, RefreshError) and error.args else ""
    return ConfigurationError(
        f"Google refused the credentials; connect the account again. {reason}".strip(),
        code="credentials_refused",
    )
