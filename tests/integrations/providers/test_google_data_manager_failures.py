"""Google's error answers, by status, reason and named field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from integrations.contracts import ConfigurationError, Outcome, PermanentError, TemporaryError
from integrations.providers.base import BatchRejectedError
from integrations.providers.google_data_manager.failures import from_api_error
from integrations.providers.google_data_manager.reasons import REASONS, meaning_of


@dataclass
class FakeResponse:
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class FakeError:
    """What is read of the library's exception."""

    code: int | None
    message: str = "POST https://datamanager.googleapis.com/v1/events:ingest: There was a problem."
    details: list[Any] = field(default_factory=list)
    response: Any = None


def detail(kind: str, **values: Any) -> dict[str, Any]:
    return {"@type": f"type.googleapis.com/google.rpc.{kind}", **values}


def violation(place: str, reason: str) -> dict[str, Any]:
    return detail("BadRequest", fieldViolations=[{"field": place, "reason": reason}])


REQUEST = {
    "destinations": [{"reference": "a"}, {"reference": "b"}],
    "events": [
        {"destinationReferences": ["a"]},
        {"destinationReferences": ["b"]},
        {"destinationReferences": ["b"]},
    ],
}


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (400, "TERMS_AND_CONDITIONS_NOT_SIGNED", ConfigurationError),
        (
            400,
            "DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS",
            ConfigurationError,
        ),
        (400, "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED", ConfigurationError),
        (400, "INTERNAL_ERROR", TemporaryError),
        (400, "INVALID_ARGUMENT", PermanentError),
        (401, "", ConfigurationError),
        (403, "", ConfigurationError),
        (403, "RATE_LIMIT_EXCEEDED", TemporaryError),
        (404, "NOT_FOUND", ConfigurationError),
        (408, "", TemporaryError),
        (409, "", TemporaryError),
        (413, "", PermanentError),
        (429, "RESOURCE_EXHAUSTED", TemporaryError),
        (500, "INTERNAL_ERROR", TemporaryError),
        (503, "", TemporaryError),
        (504, "DEADLINE_EXCEEDED", TemporaryError),
    ],
)
def test_answers_by_reason_and_status(status: int, reason: str, kind: type[Exception]) -> None:
    details = [detail("ErrorInfo", reason=reason)] if reason else []
    translated = from_api_error(FakeError(status, details=details), REQUEST)
    assert type(translated) is kind
    assert translated.code == (reason or f"http_{status}")
    assert str(translated).startswith(f"Google answered {status}: There was a problem.")


def test_header_goes_before_retry_info() -> None:
    details = [detail("RetryInfo", retryDelay="45s")]
    error = from_api_error(FakeError(429, details=details), REQUEST)
    assert isinstance(error, TemporaryError)
    assert error.retry_after == 45.0
    response = FakeResponse({"Retry-After": "7"})
    error = from_api_error(FakeError(429, details=details, response=response), REQUEST)
    assert isinstance(error, TemporaryError)
    assert error.retry_after == 7.0


@pytest.mark.parametrize(
    ("reason", "outcome", "retry_after"),
    [
        ("PROCESSING_ERROR_REASON_DUPLICATE_GCLID", Outcome.ACCEPTED, None),
        ("PROCESSING_ERROR_REASON_DUPLICATE_TRANSACTION_ID", Outcome.ACCEPTED, None),
        ("PROCESSING_ERROR_REASON_TOO_RECENT_CLICK", Outcome.TEMPORARY, 21600.0),
        ("INTERNAL_ERROR", Outcome.TEMPORARY, None),
        ("PROCESSING_ERROR_REASON_INVALID_GCLID", Outcome.PERMANENT, None),
        ("A_REASON_OF_NEXT_YEAR", Outcome.PERMANENT, None),
    ],
)
def test_row_verdicts(reason: str, outcome: Outcome, retry_after: float | None) -> None:
    details = [violation("events.events[1].ad_identifiers", reason)]
    error = from_api_error(FakeError(400, details=details), REQUEST)
    assert isinstance(error, BatchRejectedError)
    assert set(error.rows) == {1}
    assert error.rows[1].outcome is outcome
    assert error.rows[1].retry_after == retry_after
    assert meaning_of(reason).outcome is outcome


def test_every_reason_is_one_of_the_librarys_or_marked() -> None:
    from google.ads.datamanager_v1.types import ErrorReason, ProcessingErrorReason

    known = set(ErrorReason.__members__)
    known |= {
        name.removeprefix("PROCESSING_ERROR_REASON_") for name in ProcessingErrorReason.__members__
    }
    assert set(REASONS) - known == {"UNAVAILABLE", "RATE_LIMIT_EXCEEDED"}


@pytest.mark.parametrize("place", ["product_destination_id", "productDestinationId"])
def test_rejected_destination_condemns_its_rows(place: str) -> None:
    details = [violation(f"destinations[1].{place}", "INVALID_CONVERSION_ACTION_ID")]
    error = from_api_error(FakeError(400, details=details), REQUEST)
    assert isinstance(error, BatchRejectedError)
    assert {row: verdict.outcome for row, verdict in error.rows.items()} == {
        1: Outcome.CONFIGURATION,
        2: Outcome.CONFIGURATION,
    }


def test_rejected_account_is_the_connections_affair() -> None:
    details = [violation("destinations[0].operating_account.account_id", "INVALID_DESTINATION")]
    assert isinstance(from_api_error(FakeError(400, details=details), REQUEST), ConfigurationError)


def test_worst_violation_of_a_row_decides() -> None:
    details = [
        violation("events[0].a", "INTERNAL_ERROR"),
        violation("events[0].b", "INVALID_FORMAT"),
        violation("events[0].c", "PROCESSING_ERROR_REASON_TOO_RECENT_CLICK"),
    ]
    error = from_api_error(FakeError(400, details=details), REQUEST)
    assert isinstance(error, BatchRejectedError)
    assert error.rows[0].code == "INVALID_FORMAT"


def test_unknown_destination_index_condemns_nobody() -> None:
    details = [violation("destinations[9].product_destination_id", "INVALID_DESTINATION")]
    error = from_api_error(FakeError(400, details=details), REQUEST)
    assert type(error) is PermanentError
