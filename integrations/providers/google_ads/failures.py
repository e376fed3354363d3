"""Google's error answers as verdicts on rows and as the three errors every provider raises.

Errors come in a `GoogleAdsFailure`: inside of an answer for the rows that failed, and instead of an
answer when the call did. It is read by its fields' names, so that this module stays light.
Source: https://developers.google.com/google-ads/api/docs/best-practices/understand-api-errors
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.contracts import (
    ConfigurationError,
    Outcome,
    PermanentError,
    ProviderError,
    TemporaryError,
)
from integrations.providers.base import BatchRejectedError, RowVerdict
from integrations.providers.google_ads.reasons import meaning_of
from integrations.providers.google_verdicts import condemn

_ROWS_FIELD = "conversions"
_NOT_PUBLISHED = "ERROR_CODE_NOT_PUBLISHED"
_UNEXPLAINED = RowVerdict(
    Outcome.TEMPORARY, "bad_answer", "Google neither took it nor said what is wrong with it."
)

# gRPC's own codes, for answers that carry no error of Google's. What is not listed is permanent.
_RETRY_STATUSES = frozenset(
    {"ABORTED", "CANCELLED", "DATA_LOSS", "INTERNAL", "RESOURCE_EXHAUSTED", "UNKNOWN"}
)
_CONFIGURATION_STATUSES = frozenset(
    {"NOT_FOUND", "PERMISSION_DENIED", "UNAUTHENTICATED", "UNIMPLEMENTED"}
)

# Of several errors of a whole call: a person's work goes before giving rows up for good.
_CALL_ORDER = (Outcome.ACCEPTED, Outcome.TEMPORARY, Outcome.PERMANENT, Outcome.CONFIGURATION)


@dataclass(frozen=True, slots=True)
class Fault:
    """One error of a `GoogleAdsFailure`.

    Attributes:
        family: the enumeration the code belongs to, such as "quota_error".
        row: the index of the conversion it is about; None when it names none.
        retry_after: seconds, when Google said so.
    """

    family: str
    code: str
    message: str
    row: int | None = None
    retry_after: float | None = None

    @property
    def verdict(self) -> RowVerdict:
        meaning = meaning_of(self.family, self.code)
        waiting = meaning.retry_after if self.retry_after is None else self.retry_after
        return RowVerdict(
            meaning.outcome,
            self.code,
            f"Google says: {self.message or 'nothing more'} ({self.code})",
            waiting if meaning.outcome is Outcome.TEMPORARY else None,
        )


def faults_of(failure: Any) -> list[Fault]:
    """The errors of a `GoogleAdsFailure`.

    Args:
        failure: the plain protobuf message, not its proto-plus wrapper.
    """
    return [_fault(error) for error in failure.errors]


def row_verdicts(faults: Sequence[Fault], refused: Iterable[int]) -> dict[int, RowVerdict]:
    """The verdicts on a partly failed request: for the rows named, and for the rows refused.

    Args:
        refused: the rows whose result came back empty. Errors that name no row are about those.
    """
    rows: dict[int, RowVerdict] = {}
    for fault in faults:
        if fault.row is not None:
            condemn(rows, fault.row, fault.verdict)
    unplaced: dict[int, RowVerdict] = {}
    for fault in faults:
        if fault.row is None:
            condemn(unplaced, 0, fault.verdict)
    for row in refused:
        rows.setdefault(row, unplaced.get(0, _UNEXPLAINED))
    return rows


def from_call(
    status: str, message: str, faults: Sequence[Fault], *, retry_after: float | None = None
) -> ProviderError:
    """Translate a failed call.

    Args:
        status: gRPC's code, such as "UNAVAILABLE".
        message: gRPC's own words.
        faults: Google's errors, when the answer carried any.
        retry_after: what a RetryInfo asks for, in seconds.

    Returns:
        The error to raise: `BatchRejectedError` when it was about rows.
    """
    if faults:
        return _from_faults(faults, retry_after)
    if status == "DEADLINE_EXCEEDED":
        return TemporaryError("Google did not answer in time.", code="timeout")
    if status == "UNAVAILABLE":
        return TemporaryError(
            "The connection to Google broke, or Google is not available.",
            code="unavailable",
            retry_after=retry_after,
        )
    text, code = f"Google answered {status}: {message}", status.lower()
    if status in _RETRY_STATUSES:
        return TemporaryError(text, code=code, retry_after=retry_after)
    if status in _CONFIGURATION_STATUSES:
        return ConfigurationError(text, code=code)
    return PermanentError(text, code=code)


def _from_faults(faults: Sequence[Fault], retry_after: float | None) -> ProviderError:
    unplaced = [fault.verdict for fault in faults if fault.row is None]
    if not unplaced:
        text, code = faults[0].verdict.explanation, faults[0].code
        return BatchRejectedError(text, code=code, rows=row_verdicts(faults, refused=()))
    decisive = max(unplaced, key=lambda verdict: _CALL_ORDER.index(verdict.outcome))
    text, code = decisive.explanation, decisive.code
    if decisive.outcome is Outcome.CONFIGURATION:
        return ConfigurationError(text, code=code)
    if decisive.outcome is Outcome.TEMPORARY:
        waiting = decisive.retry_after if retry_after is None else retry_after
        return TemporaryError(text, code=code, retry_after=waiting)
    return PermanentError(text, code=code)


def _fault(error: Any) -> Fault:
    family = error.error_code.WhichOneof("error_code") or ""
    code = _member(error.error_code, family) if family else "UNKNOWN"
    if code == _NOT_PUBLISHED and error.details.unpublished_error_code:
        # Kept in the words: the code itself would be looked up as if it were a known one.
        message = f"{error.message} ({error.details.unpublished_error_code})"
    else:
        message = error.message
    return Fault(family, code, message, _row(error.location), _retry_delay(error.details))


def _member(error_code: Any, family: str) -> str:
    """The name of an enumeration's value; its number when this version has no name for it."""
    number = getattr(error_code, family)
    known = error_code.DESCRIPTOR.fields_by_name[family].enum_type.values_by_number.get(number)
    return str(number) if known is None else str(known.name)


def _row(location: Any) -> int | None:
    for element in location.field_path_elements:
        if element.field_name == _ROWS_FIELD and element.HasField("index"):
            return int(element.index)
    return None


def _retry_delay(details: Any) -> float | None:
    quota = details.quota_error_details
    if not quota.HasField("retry_delay"):
        return None
    return float(quota.retry_delay.seconds + quota.retry_delay.nanos / 1e9)
