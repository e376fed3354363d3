"""Every platform Leadloop can send results to, and every service that sends us something.

A new one is a folder and a line here.

The classes are light: a platform's client library is loaded when the first request is built, never
by looking at labels, fields and limits.
"""

from __future__ import annotations

from integrations.contracts import ConfigurationError, ConnectionData
from integrations.providers.base import Provider
from integrations.providers.email.provider import EmailProvider
from integrations.providers.google_ads.provider import GoogleAdsProvider
from integrations.providers.google_data_manager.provider import GoogleDataManagerProvider
from integrations.providers.meta.provider import MetaProvider

PROVIDERS: dict[str, type[Provider]] = {
    provider.name: provider
    for provider in (GoogleDataManagerProvider, MetaProvider, GoogleAdsProvider)
}

# Those that only send to us: they take no uploads, so no rule may name them.
SOURCES: dict[str, type[EmailProvider]] = {EmailProvider.name: EmailProvider}

# What a connection may be of.
CONNECTABLE: dict[str, type[Provider] | type[EmailProvider]] = {**PROVIDERS, **SOURCES}


def provider_names() -> tuple[str, ...]:
    """The registered names, in the order people should see them."""
    return tuple(PROVIDERS)


def provider_class(name: str) -> type[Provider]:
    """The class behind a connection's `provider`.

    Raises:
        ConfigurationError: nothing of that name is registered.
    """
    try:
        return PROVIDERS[name]
    except KeyError:
        raise ConfigurationError(
            f"There is no provider named {name!r}.", code="unknown_provider"
        ) from None


def connectable(name: str) -> type[Provider] | type[EmailProvider]:
    """The class behind a connection, whichever way its data goes.

    Raises:
        ConfigurationError: nothing of that name is registered.
    """
    return SOURCES[name] if name in SOURCES else provider_class(name)


def provider_for(connection: ConnectionData) -> Provider:
    """A provider for one piece of work on a connection.

    Raises:
        ConfigurationError: its `provider` is not registered.
    """
    return provider_class(connection.provider)(connection)
