"""What every destination at Google asks of a connection: the Google Ads account and a sign-in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar

from integrations.providers.base import REQUIRE_CONSENT, FieldSpec, Provider
from integrations.providers.transport import local_endpoint

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

ACCOUNT_SETTINGS = (
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
SIGN_IN_SECRETS = (
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
    FieldSpec("client_id", "OAuth client ID", help_text="Only if it is not this deployment's own."),
    FieldSpec("client_secret", "OAuth client secret", help_text="Belongs to the OAuth client ID."),
)


class GoogleAccountProvider(Provider):
    """One connection, one Google Ads account; the subclasses speak one API of Google's each.

    Credentials are a person's (`refresh_token`, with the OAuth client of the deployment or of the
    connection) or a service account's. While the environment variable `endpoint_variable` names a
    loopback address, the calls go there and any secret will do.

    Class attributes:
        endpoint_variable: the name of that variable.
        scope: the OAuth scope the API asks for.
    """

    endpoint_variable: ClassVar[str]
    scope: ClassVar[str]
    settings_fields: ClassVar[tuple[FieldSpec, ...]] = ACCOUNT_SETTINGS
    secret_fields: ClassVar[tuple[FieldSpec, ...]] = SIGN_IN_SECRETS

    def _local_endpoint(self) -> str:
        return local_endpoint(self.endpoint_variable)

    def _missing_secrets(self) -> list[str]:
        if self._local_endpoint():
            return []
        return super()._missing_secrets() + self._missing_sign_in()

    def _missing_sign_in(self) -> list[str]:
        if self.secret("service_account"):
            return []
        if not self.secret("refresh_token"):
            return ["Refresh token or service account key"]
        return [] if all(self._oauth_client()) else ["OAuth client ID and secret"]

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

    def _credentials(self) -> Credentials | None:
        """What the connection signs in with; None for the local address, which asks for nothing."""
        from integrations.providers import google_sign_in

        if self._local_endpoint():
            return None
        if document := self.secret("service_account"):
            return google_sign_in.service_account_credentials(document, scope=self.scope)
        client_id, client_secret = self._oauth_client()
        return google_sign_in.user_credentials(
            refresh_token=self.secret("refresh_token"),
            client_id=client_id,
            client_secret=client_secret,
            scope=self.scope,
        )
