"""Errors of the Google Ads API: by member, by row, by gRPC's status."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.ads.googleads.v26.errors.types.conversion_upload_error import (
    ConversionUploadErrorEnum,
)
from google.ads.googleads.v26.errors.types.errors import GoogleAdsFailure

from integrations.contracts import ConfigurationError, Outcome, PermanentError, TemporaryError
from integrations.providers.base import BatchRejectedError
from integrations.providers.google_ads.failures import (
    Fault,
    faults_of,
    from_call,
    row_verdicts,
)
from integrations.providers.google_ads.reasons import ABOUT_THE_ACTION, CONVERSION_UPLOAD

SIX_HOURS = 21600.0


def failure(*errors: dict[str, Any]) -> list[Fault]:
    return faults_of(GoogleAdsFailure.pb(GoogleAdsFailure({"errors": list(errors)})))


def at(row: int, *, field: str = "conversions") -> dict[str, Any]:
    return {"field_path_elements": [{"field_name": field, "index": row}, {"field_name": "gclid"}]}


def upload_error(code: str, row: int | None = None) -> dict[str, Any]:
    error: dict[str, Any] = {"error_code": {"conversion_upload_error": code}, "message": "m"}
    return error if row is None else error | {"location": at(row)}


def test_row_zero_is_a_row_and_other_indexes_are_not() -> None:
    other = upload_error("EXPIRED_EVENT") | {"location": at(4, field="user_identifiers")}
    assert [fault.row for fault in failure(upload_error("EXPIRED_EVENT", 0), other)] == [0, None]


def test_worst_error_of_a_row_decides() -> None:
    codes = (
        "ORDER_ID_ALREADY_IN_USE",
        "TOO_RECENT_EVENT",
        "EXPIRED_EVENT",
        "NO_CONVERSION_ACTION_FOUND",
    )
    rows = row_verdicts(failure(*[upload_error(code, 1) for code in codes]), refused={1})
    assert {row: verdict.code for row, verdict in rows.items()} == {1: "EXPIRED_EVENT"}


def test_refused_row_without_a_reason_is_tried_again() -> None:
    rows = row_verdicts(failure(upload_error("EXPIRED_EVENT", 0)), refused={0, 1})
    assert rows[0].outcome is Outcome.PERMANENT
    assert (rows[1].outcome, rows[1].code) == (Outcome.TEMPORARY, "bad_answer")


# -- reasons --------------------------------------------------------------------------------------


def members() -> list[str]:
    return [member.name for member in ConversionUploadErrorEnum.ConversionUploadError]


def test_every_upload_error_of_the_library_is_decided_on() -> None:
    assert set(CONVERSION_UPLOAD) == set(members())


@pytest.mark.parametrize("code", members())
def test_every_upload_error_arrives_as_its_verdict(code: str) -> None:
    (fault,) = failure(upload_error(code, 7))
    assert (fault.family, fault.code, fault.row) == ("conversion_upload_error", code, 7)
    assert fault.verdict.outcome is CONVERSION_UPLOAD[code].outcome
    assert fault.verdict.retry_after == (SIX_HOURS if code.startswith("TOO_RECENT") else None)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("ORDER_ID_ALREADY_IN_USE", Outcome.ACCEPTED),
        ("CLICK_CONVERSION_ALREADY_EXISTS", Outcome.ACCEPTED),
        ("TOO_RECENT_EVENT", Outcome.TEMPORARY),
        ("DUPLICATE_CLICK_CONVERSION_IN_REQUEST", Outcome.TEMPORARY),
        ("UNAUTHORIZED_CUSTOMER", Outcome.CONFIGURATION),
        ("CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS", Outcome.CONFIGURATION),
        ("NO_CONVERSION_ACTION_FOUND", Outcome.CONFIGURATION),
        ("CLICK_NOT_FOUND", Outcome.PERMANENT),
        ("EXPIRED_EVENT", Outcome.PERMANENT),
        ("UNKNOWN", Outcome.PERMANENT),
    ],
)
def test_what_to_do_by_code(code: str, outcome: Outcome) -> None:
    assert CONVERSION_UPLOAD[code].outcome is outcome


def test_value_this_version_has_no_name_for() -> None:
    wire = GoogleAdsFailure.pb(GoogleAdsFailure({"errors": [upload_error("UNKNOWN", 0)]}))
    wire.errors[0].error_code.conversion_upload_error = 9999
    (fault,) = faults_of(wire)
    assert (fault.code, fault.verdict.outcome) == ("9999", Outcome.PERMANENT)


@pytest.mark.parametrize(
    ("family", "code", "kind"),
    [
        ("authentication_error", "OAUTH_TOKEN_REVOKED", ConfigurationError),
        ("authentication_error", "CUSTOMER_NOT_FOUND", ConfigurationError),
        ("authorization_error", "USER_PERMISSION_DENIED", ConfigurationError),
        ("authorization_error", "CUSTOMER_NOT_ENABLED", ConfigurationError),
        (
            "not_allowlisted_error",
            "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE",
            ConfigurationError,
        ),
        ("header_error", "INVALID_LOGIN_CUSTOMER_ID", ConfigurationError),
        ("quota_error", "RESOURCE_EXHAUSTED", TemporaryError),
        ("quota_error", "RESOURCE_TEMPORARILY_EXHAUSTED", TemporaryError),
        ("quota_error", "ACCESS_PROHIBITED", ConfigurationError),
        ("internal_error", "INTERNAL_ERROR", TemporaryError),
        ("internal_error", "TRANSIENT_ERROR", TemporaryError),
        ("internal_error", "DEADLINE_EXCEEDED", TemporaryError),
        ("internal_error", "ERROR_CODE_NOT_PUBLISHED", PermanentError),
        ("database_error", "CONCURRENT_MODIFICATION", TemporaryError),
        ("request_error", "INVALID_CUSTOMER_ID", ConfigurationError),
        ("request_error", "UNSUPPORTED_VERSION", ConfigurationError),
        ("request_error", "INVALID_ENUM_VALUE", PermanentError),
        ("partial_failure_error", "PARTIAL_FAILURE_MODE_REQUIRED", PermanentError),
        ("conversion_upload_error", "TOO_MANY_CONVERSIONS_IN_REQUEST", PermanentError),
    ],
)
def test_failed_call_by_error(family: str, code: str, kind: type[Exception]) -> None:
    faults = failure({"error_code": {family: code}, "message": "Google's words."})
    translated = from_call("INVALID_ARGUMENT", "", faults)
    assert type(translated) is kind
    assert translated.code == code
    assert "Google's words." in str(translated)


def test_person_goes_before_giving_up_and_before_waiting() -> None:
    faults = failure(
        {"error_code": {"internal_error": "INTERNAL_ERROR"}},
        {"error_code": {"authorization_error": "MISSING_TOS"}},
        {"error_code": {"request_error": "INVALID_ENUM_VALUE"}},
    )
    assert from_call("INVALID_ARGUMENT", "", faults).code == "MISSING_TOS"


def test_failed_call_about_rows_names_them() -> None:
    error = from_call("INVALID_ARGUMENT", "", failure(upload_error("EXPIRED_EVENT", 3)))
    assert isinstance(error, BatchRejectedError)
    assert error.rows[3].code == "EXPIRED_EVENT"


def test_code_of_a_later_version_is_told() -> None:
    (fault,) = failure(
        {
            "error_code": {"internal_error": "ERROR_CODE_NOT_PUBLISHED"},
            "details": {"unpublished_error_code": "ConversionUploadError.NEXT_YEAR"},
        }
    )
    assert "NEXT_YEAR" in fault.verdict.explanation


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        ("INTERNAL", TemporaryError, "internal"),
        ("RESOURCE_EXHAUSTED", TemporaryError, "resource_exhausted"),
        ("UNAVAILABLE", TemporaryError, "unavailable"),
        ("DEADLINE_EXCEEDED", TemporaryError, "timeout"),
        ("UNKNOWN", TemporaryError, "unknown"),
        ("UNAUTHENTICATED", ConfigurationError, "unauthenticated"),
        ("PERMISSION_DENIED", ConfigurationError, "permission_denied"),
        ("UNIMPLEMENTED", ConfigurationError, "unimplemented"),
        ("INVALID_ARGUMENT", PermanentError, "invalid_argument"),
    ],
)
def test_failed_call_by_status_alone(status: str, kind: type[Exception], code: str) -> None:
    translated = from_call(status, "words", [], retry_after=None)
    assert type(translated) is kind
    assert translated.code == code
    assert status in {member.name for member in grpc.StatusCode}


def test_reasons_about_the_action_hold_it() -> None:
    for code in ABOUT_THE_ACTION & set(CONVERSION_UPLOAD):
        assert CONVERSION_UPLOAD[code].outcome is Outcome.CONFIGURATION
