"""Signing in to Google, for each of its destinations: credentials, and how a refusal reads.

Importing this module loads `google.auth`.
"""

from __future__ import annotations

import json
from contextlib import suppress

from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.oauth2.credentials import Credentials as UserCredentials
from google.oauth2.service_account import Credentials as ServiceAccountCredentials

from integrations.contracts import ConfigurationError, ProviderError, TemporaryError

TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105  an address, not a password


def user_credentials(
    *, refresh_token: str, client_id: str, client_secret: str, scope: str
) -> Credentials:
    """Credentials of the person who connected the account, renewed by the library."""
    return UserCredentials(  # type: ignore[no-untyped-call]
        token=None,
        refresh_token=refresh_token,
        token_uri=TOKEN_URI,
        client_id=client_id,
        client_secret=client_secret,
        scopes=[scope],
    )


def service_account_credentials(document: str, *, scope: str) -> Credentials:
    """Credentials from a service account's JSON key file.

    Raises:
        ConfigurationError: it is no such document.
    """
    credentials: Credentials | None = None
    # Not chained to the parser's own error, which quotes the key.
    with suppress(ValueError, TypeError, AttributeError, KeyError):
        credentials = ServiceAccountCredentials.from_service_account_info(  # type: ignore[no-untyped-call]
            json.loads(document), scopes=[scope]
        )
    if credentials is None:
        raise ConfigurationError("The service account is not a JSON key file.", code="bad_secret")
    return credentials


def authentication_failure(error: GoogleAuthError) -> ProviderError:
    """The error to raise when no access token could be had."""
    if isinstance(error, TransportError) or error.retryable:
        return TemporaryError("Google's sign-in could not be reached.", code="sign_in_unreachable")
    reason = str(error.args[0]) if isinstance(error, RefreshError) and error.args else ""
    return ConfigurationError(
        f"Google refused the credentials; connect the account again. {reason}".strip(),
        code="credentials_refused",
    )
