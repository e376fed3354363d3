"""Google's error answers as the three errors every provider raises.

An answer is `{"error": {"code", "status", "message", "details": [...]}}` whose details are the
standard payloads ErrorInfo, BadRequest, RetryInfo and RequestInfo, as JSON.
Source: https://developers.google.com/data-manager/api/devguides/concepts/understand-errors
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from integrations.contracts import (
    ConfigurationError,
    Outcome,
    PermanentError,
    ProviderError,
    TemporaryError,
)
from integrations.providers.base import BatchRejectedError, RowVerdict
from integrations.providers.google_data_manager.reasons import meaning_of
from integrations.providers.google_verdicts import CONFIGURE, Meaning, condemn
from integrations.providers.transport import retry_after_seconds

_RETRY_STATUSES = frozenset({408, 409, 425, 429})  # 409 is ABORTED
_CONFIGURATION_STATUSES = frozenset({401, 403, 404})
_BAD_REQUEST = 400

_EVENT_INDEX = re.compile(r"(?:^|\.)events\[(\d+)\]")
_DESTINATION_INDEX = re.compile(r"(?:^|\.)destinations\[(\d+)\]")


class ApiError(Protocol):
    """The part of `google.api_core.exceptions.GoogleAPICallError` that is read here."""

    @property
    def code(self) -> int | None: ...

    @property
    def message(self) -> str: ...

    @property
    def details(self) -> Sequence[Any]: ...

    @property
    def response(self) -> Any: ...


def from_api_error(error: ApiError, request: Mapping[str, Any]) -> ProviderError:
    """Translate an answer of status 400 or more.

    Args:
        request: the body that was sent (`payloads.ingest_request`), to find the rows of a rejected
            destination.

    Returns:
        The error to raise: `BatchRejectedError` with verdicts when rows are named, another
        `PermanentError` when the request was refused as a whole for its content.
    """
    status = error.code or 0
    details = [detail for detail in error.details if isinstance(detail, dict)]
    reason = _first(details, "ErrorInfo", "reason")
    meaning = meaning_of(reason)
    message = _sentence(error.message, reason, status)
    code = reason or f"http_{status}"
    if status == _BAD_REQUEST and (rejection := _rejection(details, request, message, code)):
        return rejection
    if meaning.outcome is Outcome.TEMPORARY or status in _RETRY_STATUSES or status >= 500:
        waiting = _retry_after(error, details)
        waiting = meaning.retry_after if waiting is None else waiting
        return TemporaryError(message, code=code, retry_after=waiting)
    if meaning.outcome is Outcome.CONFIGURATION or status in _CONFIGURATION_STATUSES:
        return ConfigurationError(message, code=code)
    return PermanentError(message, code=code)


def _rejection(
    details: Sequence[Mapping[str, Any]], request: Mapping[str, Any], message: str, code: str
) -> ProviderError | None:
    """What the field violations of a bad request condemn; None when they name no row."""
    rows: dict[int, RowVerdict] = {}
    for violation in _violations(details):
        field = str(violation.get("field", ""))
        reason = str(violation.get("reason", ""))
        text = f"Google refused it: {violation.get('description') or field} ({reason or code})"
        destination = _DESTINATION_INDEX.search(field)
        if event := _EVENT_INDEX.search(field):
            condemn(rows, int(event[1]), _verdict(meaning_of(reason), reason or code, text))
        elif destination and "productdestinationid" in field.replace("_", "").lower():
            # A rule names a wrong conversion action: its events wait for a person, others go on.
            held = _verdict(CONFIGURE, reason or code, text)
            for row in _rows_of_destination(request, int(destination[1])):
                condemn(rows, row, held)
        elif destination:
            return ConfigurationError(text, code=reason or code)
    return BatchRejectedError(message, code=code, rows=rows) if rows else None


def _verdict(meaning: Meaning, code: str, text: str) -> RowVerdict:
    return RowVerdict(meaning.outcome, code, text, meaning.retry_after)


def _rows_of_destination(request: Mapping[str, Any], index: int) -> Iterator[int]:
    destinations = request["destinations"]
    if index >= len(destinations):
        return
    reference = destinations[index]["reference"]
    for row, event in enumerate(request["events"]):
        if reference in event["destinationReferences"]:
            yield row


def _violations(details: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for detail in details:
        if _type(detail) == "BadRequest":
            yield from (v for v in detail.get("fieldViolations", ()) if isinstance(v, dict))


def _retry_after(error: ApiError, details: Sequence[Mapping[str, Any]]) -> float | None:
    """Seconds, from the `Retry-After` header or else from a RetryInfo ("30s")."""
    headers = getattr(error.response, "headers", None) or {}
    waiting = retry_after_seconds(headers.get("Retry-After"))
    if waiting is None:
        waiting = retry_after_seconds(_first(details, "RetryInfo", "retryDelay").removesuffix("s"))
    return waiting


def _first(details: Sequence[Mapping[str, Any]], kind: str, key: str) -> str:
    return next((str(d[key]) for d in details if _type(d) == kind and d.get(key)), "")


def _type(detail: Mapping[str, Any]) -> str:
    return str(detail.get("@type", "")).rpartition(".")[2]


def _sentence(message: str, reason: str, status: int) -> str:
    # The library puts "POST https://…: " before Google's own words.
    words = message.partition(": ")[2] or message
    return f"Google answered {status}: {words}" + (f" ({reason})" if reason else "")
