"""The base of every destination for business results: checking, sending in batches, isolating.

A provider takes frozen values (`integrations.contracts`) and returns them. It touches no database
and decides no retry: whoever calls it does both.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from integrations.contracts import (
    ConfigurationError,
    ConnectionData,
    ConversionEvent,
    EventResult,
    Events,
    Outcome,
    PermanentError,
    ProviderError,
    Refusal,
    RefusalKind,
    Results,
    TemporaryError,
    TestResult,
)
from integrations.providers.transport import TIMEOUT_SECONDS

MAX_CALLS_PER_UPLOAD = 64
"""Looking for a bad row costs calls: two for every halving. A batch in which every row is bad would
otherwise cost twice its size, and use up a whole account's quota."""

_LONGEST_EXPLANATION = 500
_SHORTEST_SECRET = 4  # anything shorter is no secret, and blanking it would shred the sentence


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One setting or secret of a connection, as forms and the API's validation need it."""

    name: str
    label: str
    required: bool = False
    help_text: str = ""
    kind: Literal["text", "multiline", "checkbox"] = "text"
    choices: tuple[str, ...] = ()  # of a text that is one of these


REQUIRE_CONSENT = FieldSpec(
    "require_consent",
    "Send only with consent",
    help_text="Skip people who were never asked whether their data may go to the platform.",
    kind="checkbox",
)


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """What a platform said of one row of a request it rejected; `retry_after` in seconds."""

    outcome: Outcome
    code: str
    explanation: str
    retry_after: float | None = None


class BatchRejectedError(PermanentError):
    """A platform took nothing of a request because of some rows; `rows` names them, if it did.

    `rows` maps the index within the request to the verdict. Rows it does not name were fine.
    """

    def __init__(
        self, message: str, *, code: str = "", rows: Mapping[int, RowVerdict] | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.rows: Mapping[int, RowVerdict] = rows or {}


class Provider(ABC):
    """One connection to one platform. Make one for a piece of work and drop it; not thread-safe.

    Class attributes (readable without loading the platform's client library):
        name: the registry's word, such as "google_data_manager".
        label: for people.
        max_batch: events one request may carry.
        max_actions: distinct `action`s one request may carry; None for any number.
        max_age: older events are refused; None for no limit.
        settings_fields, secret_fields: what a person fills in.
        timeout_seconds: to connect, and between two bytes of an answer.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    max_batch: ClassVar[int]
    max_actions: ClassVar[int | None] = None
    max_age: ClassVar[timedelta | None] = None
    settings_fields: ClassVar[tuple[FieldSpec, ...]] = ()
    secret_fields: ClassVar[tuple[FieldSpec, ...]] = ()
    timeout_seconds: float = TIMEOUT_SECONDS

    def __init__(self, connection: ConnectionData) -> None:
        self.connection = connection

    @property
    def is_live(self) -> bool:
        """Whether uploads really call the platform.

        A connection without any secret is a dry run: everything is done but the call. One with
        some but not all of what it needs is live, and fails with a `ConfigurationError` that says
        what is missing, rather than quietly sending nothing.
        """
        return any(self.connection.secrets.values())

    # -- before sending -------------------------------------------------------------------------

    def refusal(self, event: ConversionEvent, now: datetime) -> Refusal | None:
        """Why `event` must not be sent, or None.

        Platforms reject a whole request for one bad event, so what can be known is checked here.
        Codes: consent_denied, consent_missing, no_identifier (SKIPPED); too_old (EXPIRED);
        value_without_currency, bad_currency (FAILED).

        Args:
            now: aware; the moment of sending.
        """
        if event.consent.ad_user_data is False:
            return _skipped("consent_denied", "The person refused that their data goes to ads.")
        if event.consent.ad_user_data is None and self.connection.settings.get("require_consent"):
            return _skipped(
                "consent_missing", "The person was never asked, and this connection requires it."
            )
        if not self._has_identifier(event):
            return _skipped(
                "no_identifier",
                f"Nothing is known that {self.label} could match: no click, e-mail or phone.",
            )
        if self.max_age is not None and now - event.occurred_at > self.max_age:
            return Refusal(
                RefusalKind.EXPIRED,
                "too_old",
                f"It happened more than {self.max_age.days} days ago, "
                f"and {self.label} takes nothing older.",
            )
        if event.value is not None:
            return _currency_refusal(event.currency)
        return None

    @abstractmethod
    def _has_identifier(self, event: ConversionEvent) -> bool:
        """Whether the platform could match the event to a person or a click."""

    def payload_preview(self, events: Events) -> dict[str, Any]:
        """The request `upload` would send, personal data hashed, as {"method", "url", "body"}.

        A dry run calls this: the vendor's own library builds and checks the message, and nothing
        leaves the machine. Events that need several requests show the first.

        Raises:
            ConfigurationError: a required setting is missing.
            PermanentError: the message cannot be built.
        """
        self._require_settings()
        rows = next(self._batches(events), [])
        return self._preview([events[row] for row in rows])

    @abstractmethod
    def _preview(self, events: Events) -> dict[str, Any]:
        """`payload_preview` for one request's worth of events."""

    # -- sending --------------------------------------------------------------------------------

    def upload(self, events: Events) -> Results:
        """Send the events; exactly one result for each, in their order.

        A bad row is isolated, by the index the platform names or by halving, so that only it is
        PERMANENT. When the platform fails in between, what was accepted stays accepted and the
        unsent rest gets the failure as its result. Everything may be sent again: platforms
        deduplicate by `event_id`.

        Raises:
            TemporaryError: the platform failed before anything was decided.
            ConfigurationError: likewise, or the connection lacks something, or is a dry run.
        """
        self._require_configuration()
        decided: dict[int, EventResult] = {}
        waiting = deque(self._batches(events))
        interruption: ProviderError | None = None
        calls = 0
        while waiting and calls < MAX_CALLS_PER_UPLOAD:
            rows = waiting.popleft()
            batch = [events[row] for row in rows]
            calls += 1
            try:
                results = self._send(batch)
            except PermanentError as rejection:
                verdicts = _verdicts(rejection, len(batch))
                for index, verdict in verdicts.items():
                    decided[rows[index]] = self._judged(batch[index], verdict)
                rest = [row for index, row in enumerate(rows) if index not in verdicts]
                waiting.extendleft(reversed(_parts(rest, halve=not verdicts)))
            except (TemporaryError, ConfigurationError) as failure:
                failure.args = (self.redact(str(failure)),)
                if not decided:
                    raise
                waiting.appendleft(rows)
                interruption = failure
                break
            else:
                decided.update(zip(rows, results, strict=True))
        for row in (row for rows in waiting for row in rows):
            decided[row] = self._unsent(events[row], interruption)
        return [decided[row] for row in range(len(events))]

    @abstractmethod
    def _send(self, events: Events) -> Results:
        """Send one request, in exactly one attempt; a result for each event, in their order.

        Raises:
            BatchRejectedError: nothing was taken, because of the rows it names.
            PermanentError: nothing was taken, because of rows it cannot name.
            TemporaryError, ConfigurationError: nothing is known to have been taken.
        """

    def test(self) -> TestResult:
        """Try the connection with a harmless live call; never raises a `ProviderError`."""
        if not self.is_live:
            return TestResult(
                ok=False,
                explanation="There are no credentials yet: uploads are dry runs and call nobody.",
            )
        try:
            self._require_configuration()
            return TestResult(ok=True, explanation=self._probe())
        except ProviderError as error:
            return TestResult(ok=False, explanation=self.redact(str(error)))

    @abstractmethod
    def _probe(self) -> str:
        """Make the harmless call; returns what to tell a person. Raises any `ProviderError`."""

    # -- shared by the subclasses ---------------------------------------------------------------

    def setting(self, name: str) -> str:
        """A setting as trimmed text; "" when there is none."""
        return str(self.connection.settings.get(name) or "").strip()

    def secret(self, name: str) -> str:
        """A secret as trimmed text; "" when there is none."""
        return str(self.connection.secrets.get(name) or "").strip()

    def redact(self, text: str) -> str:
        """`text` without any of the connection's secrets, cut to a readable length."""
        for secret in sorted(_secret_parts(self.connection.secrets), key=len, reverse=True):
            text = text.replace(secret, "[secret]").replace(quote(secret, safe=""), "[secret]")
        return text if len(text) <= _LONGEST_EXPLANATION else text[:_LONGEST_EXPLANATION] + "…"

    def _missing_secrets(self) -> list[str]:
        """Labels of what a real call needs and the connection has not."""
        return [f.label for f in self.secret_fields if f.required and not self.secret(f.name)]

    def _require_configuration(self) -> None:
        if not self.is_live:
            raise ConfigurationError(
                "The connection has no credentials; its uploads are dry runs.", code="dry_run"
            )
        self._require_settings()
        self._require_nothing_of(self._missing_secrets())

    def _require_settings(self) -> None:
        fields = self.settings_fields
        self._require_nothing_of(
            [f.label for f in fields if f.required and not self.setting(f.name)]
        )

    def _require_nothing_of(self, missing: Sequence[str]) -> None:
        if missing:
            raise ConfigurationError(
                f"The {self.label} connection lacks: {', '.join(missing)}.", code="incomplete"
            )

    def _batches(self, events: Events) -> Iterator[list[int]]:
        """The rows of each request, within the platform's limits, in order."""
        rows: list[int] = []
        actions: set[str] = set()
        for row, event in enumerate(events):
            too_many_actions = (
                self.max_actions is not None
                and event.action not in actions
                and len(actions) == self.max_actions
            )
            if len(rows) == self.max_batch or too_many_actions:
                yield rows
                rows, actions = [], set()
            rows.append(row)
            actions.add(event.action)
        if rows:
            yield rows

    def _judged(self, event: ConversionEvent, verdict: RowVerdict) -> EventResult:
        return EventResult(
            event.event_id,
            verdict.outcome,
            code=verdict.code,
            explanation=self.redact(verdict.explanation),
            retry_after=verdict.retry_after,
        )

    def _unsent(self, event: ConversionEvent, interruption: ProviderError | None) -> EventResult:
        if interruption is None:
            return EventResult(
                event.event_id,
                Outcome.TEMPORARY,
                code="not_sent_yet",
                explanation="Too many bad rows in one go; this one waits for the next.",
            )
        return EventResult(
            event.event_id,
            interruption.outcome,
            code=interruption.code,
            explanation=str(interruption),
            retry_after=getattr(interruption, "retry_after", None),
        )


def _skipped(code: str, explanation: str) -> Refusal:
    return Refusal(RefusalKind.SKIPPED, code, explanation)


def _currency_refusal(currency: str) -> Refusal | None:
    if not currency:
        return Refusal(
            RefusalKind.FAILED, "value_without_currency", "It has a value but no currency."
        )
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        return Refusal(
            RefusalKind.FAILED, "bad_currency", "The currency is not a three-letter ISO 4217 code."
        )
    return None


def _verdicts(rejection: PermanentError, size: int) -> dict[int, RowVerdict]:
    """The rows of a request of `size` that a rejection decides; none when it names none."""
    named = rejection.rows if isinstance(rejection, BatchRejectedError) else {}
    verdicts = {index: verdict for index, verdict in named.items() if 0 <= index < size}
    if not verdicts and size == 1:  # nobody else can be meant
        verdicts = {0: RowVerdict(Outcome.PERMANENT, rejection.code, str(rejection))}
    return verdicts


def _parts(rows: list[int], *, halve: bool) -> list[list[int]]:
    """What to send next of `rows`: all at once, or in two halves; never an empty request."""
    middle = len(rows) // 2 if halve else 0
    return [part for part in (rows[:middle], rows[middle:]) if part]


def _secret_parts(secrets: Mapping[str, str]) -> set[str]:
    """Every text that must not be shown: the secrets, and the values inside those that are JSON."""
    parts = {str(value).strip() for value in secrets.values()}
    for value in tuple(parts):
        if value.startswith("{"):
            try:
                parts.update(_texts(json.loads(value).values()))
            except ValueError:
                continue  # not JSON after all; the whole text is in `parts`
    return {part for part in parts if len(part) >= _SHORTEST_SECRET}


def _texts(values: Iterable[object]) -> Iterator[str]:
    return (value for value in values if isinstance(value, str))
