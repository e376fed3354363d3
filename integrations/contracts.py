"""What crosses the border between Leadloop and a provider: frozen values and three errors.

A provider takes and returns these, touches no database and decides no retry. Vendor words are
translated inside the provider's own folder; nothing outside it knows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How one event of a batch ended, in words every platform shares."""

    ACCEPTED = "accepted"  # the platform took it (or had it already)
    TEMPORARY = "temporary"  # may succeed later, unchanged
    PERMANENT = "permanent"  # this event will never be taken
    CONFIGURATION = "configuration"  # a person has to act on the connection first


class RefusalKind(StrEnum):
    """Why an event is not worth sending at all; named like the upload's status."""

    SKIPPED = "skipped"
    EXPIRED = "expired"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ConnectionData:
    """A connection as a provider sees it; `secrets` are in clear and must never be logged."""

    id: str
    provider: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Person:
    """Who it was about, normalised for storage (not yet for a platform, not hashed)."""

    email: str = ""  # trimmed, lower case
    phone_e164: str = ""  # "+18005550100"
    first_name: str = ""
    last_name: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""  # ISO 3166-1 alpha-2


@dataclass(frozen=True, slots=True)
class Click:
    """The advertising identifiers captured with the lead; empty string where there is none."""

    gclid: str = ""
    gbraid: str = ""
    wbraid: str = ""
    fbclid: str = ""
    fbc: str = ""
    fbp: str = ""
    meta_lead_id: str = ""
    li_fat_id: str = ""
    clicked_at: datetime | None = None  # when the lead arrived with them


@dataclass(frozen=True, slots=True)
class Consent:
    """True granted, False denied, None never asked."""

    ad_user_data: bool | None = None
    ad_personalization: bool | None = None


@dataclass(frozen=True, slots=True)
class ConversionEvent:
    """One business result on its way to one ad platform."""

    event_id: str  # the deduplication id; the same on every retry; never purely numeric
    action: str  # the rule's external action: conversion action id or event name
    occurred_at: datetime  # aware
    person: Person = field(default_factory=Person, repr=False)
    click: Click = field(default_factory=Click)
    consent: Consent = field(default_factory=Consent)
    value: Decimal | None = None
    currency: str = ""  # ISO 4217, present when value is
    source: str = ""  # the lead's source, Leadloop's word ("website", "phone", ...)
    contact_ref: str = ""  # the contact's UUID: a stable external id, to be hashed


@dataclass(frozen=True, slots=True)
class Refusal:
    """The provider's verdict that an event must not be sent, in plain words."""

    kind: RefusalKind
    code: str
    explanation: str


@dataclass(frozen=True, slots=True)
class EventResult:
    """What became of one event; `explanation` is for a person and carries no secret."""

    event_id: str
    outcome: Outcome
    code: str = ""  # the platform's own code, for search
    explanation: str = ""
    retry_after: float | None = None  # seconds, with TEMPORARY, when the platform named one
    platform_ref: str = ""  # the platform's id of the request, for its support


@dataclass(frozen=True, slots=True)
class InboundItem:
    """One thing that a service sent us, translated; sent again, it has the same `external_id`."""

    kind: str
    external_id: str
    payload: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class TestResult:
    """The answer to "Test connection"."""

    __test__ = False  # not a test class for pytest

    ok: bool
    explanation: str


class ProviderError(Exception):
    """A call failed as a whole. `code` is the platform's, the message is for a person."""

    outcome = Outcome.PERMANENT

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class TemporaryError(ProviderError):
    """Worth trying again, unchanged; after `retry_after` seconds if the platform said so."""

    outcome = Outcome.TEMPORARY

    def __init__(self, message: str, *, code: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class PermanentError(ProviderError):
    """Will never succeed as it is."""

    outcome = Outcome.PERMANENT


class ConfigurationError(ProviderError):
    """A person must change the connection (token, permission, account) before it can succeed."""

    outcome = Outcome.CONFIGURATION


class WrongSignatureError(Exception):
    """Whoever sent this is not the service, or does not know the secret."""


class UnreadableError(Exception):
    """The service is who it says, and what it sent cannot be read."""


Events = Sequence[ConversionEvent]
Results = list[EventResult]
