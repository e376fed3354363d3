"""Meta's error answers as the three errors every provider raises.

An answer is `{"error": {"message", "type", "code", "error_subcode", "is_transient",
"error_user_msg", "fbtrace_id"}}`. Meta does not name the row it dislikes, so a rejected batch is
halved until it is found.
Source: https://developers.facebook.com/docs/graph-api/guides/error-handling
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from integrations.contracts import (
    ConfigurationError,
    Outcome,
    PermanentError,
    ProviderError,
    TemporaryError,
)
from integrations.providers.transport import retry_after_seconds

CODES: Mapping[int, Outcome] = {
    **dict.fromkeys((1, 2, 4, 17, 341, 368, 80005), Outcome.TEMPORARY),
    **dict.fromkeys((190, 102), Outcome.CONFIGURATION),  # connect again
    **dict.fromkeys((3, 10, *range(200, 300)), Outcome.CONFIGURATION),  # permission
    100: Outcome.PERMANENT,
}
"""What each error code asks for."""

SUBCODES: Mapping[tuple[int, int], Outcome] = {
    # The dataset is missing or may not be used: no event is at fault, a person has to act.
    (100, 33): Outcome.CONFIGURATION,
}
"""Exceptions to `CODES`, by code and subcode."""

_TOO_OLD = (100, 2804003)


class RequestError(Protocol):
    """The part of `facebook_business.exceptions.FacebookRequestError` that is read here."""

    def http_status(self) -> int | None: ...

    def http_headers(self) -> Mapping[str, str]: ...

    def body(self) -> Any: ...

    def api_error_code(self) -> int | None: ...

    def api_error_subcode(self) -> int | None: ...

    def api_error_message(self) -> str | None: ...

    def api_transient_error(self) -> bool: ...


def from_request_error(error: RequestError) -> ProviderError:
    """Translate an answer Meta's library calls unsuccessful.

    Returns:
        The error to raise; its code is "190" or "100/33", or "http_503" when Meta named none.
    """
    status = error.http_status() or 0
    code, subcode = error.api_error_code(), error.api_error_subcode()
    name = _name(code, subcode, status)
    message = _sentence(error, name)
    outcome = _outcome(code, subcode, status, transient=bool(error.api_transient_error()))
    if outcome is Outcome.TEMPORARY:
        waiting = retry_after_seconds(error.http_headers().get("Retry-After"))
        return TemporaryError(message, code=name, retry_after=waiting)
    if outcome is Outcome.CONFIGURATION:
        return ConfigurationError(message, code=name)
    return PermanentError(message, code=name)


def _outcome(code: int | None, subcode: int | None, status: int, *, transient: bool) -> Outcome:
    if code is not None and subcode is not None and (code, subcode) in SUBCODES:
        return SUBCODES[code, subcode]
    if transient or status == 429 or status >= 500:
        return Outcome.TEMPORARY
    if code is not None:
        return CODES.get(code, Outcome.PERMANENT)
    if status in (401, 403, 404):
        return Outcome.CONFIGURATION
    # No code: not Meta's words. Below 400 the library stumbled over something that was no answer
    # of the API at all; what became of the request is unknown, and sending again is safe.
    return Outcome.PERMANENT if status >= 400 else Outcome.TEMPORARY


def _name(code: int | None, subcode: int | None, status: int) -> str:
    if code is None:
        return f"http_{status}"
    if (code, subcode) == _TOO_OLD:
        return "too_old"
    return f"{code}/{subcode}" if subcode else str(code)


def _sentence(error: RequestError, name: str) -> str:
    body = error.body()
    answer = body.get("error") if isinstance(body, dict) else None
    for_people = answer.get("error_user_msg") if isinstance(answer, dict) else None
    words = for_people or error.api_error_message() or "no reason given"
    return f"Meta refused it: {words} ({name})"
