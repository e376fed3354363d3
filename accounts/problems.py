"""Errors of the API as RFC 9457 `application/problem+json`, one shape for all of them."""

import logging
from collections.abc import Iterable
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
STRICTNESS_CODES = ("unknown_field", "read_only")

TITLES = {
    400: "Malformed request",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    422: "Invalid input",
    429: "Too many requests",
    500: "Server error",
    503: "Temporarily unavailable",
}
BUSY_DETAIL = "Others were changing the same at this moment; nothing was changed. Try again."
# PostgreSQL's words for two transactions in each other's way: serialisation failure, deadlock.
_CONTENTION = {"40001", "40P01"}
UNAVAILABLE_DETAIL = (
    "The database cannot be reached right now; nothing was changed. Try again soon."
)


class ProblemError(Exception):
    """An error with one meaning; `errors` is a list of (field, code, message)."""

    status = 422
    code = "invalid"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        status: int | None = None,
        errors: Iterable[tuple[str, str, str]] = (),
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.status = status or self.status
        self.errors = list(errors)
        self.extra = extra

    @property
    def body(self) -> dict[str, Any]:
        return problem(
            status=self.status, code=self.code, detail=self.detail, errors=self.errors, **self.extra
        )


def problem(
    *,
    status: int,
    code: str,
    detail: str,
    errors: Iterable[tuple[str, str, str]] = (),
    **extra: Any,
) -> dict[str, Any]:
    """The body of a problem; `errors` are (field, code, message)."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": str(detail),
        "code": code,
    }
    listed = [
        {"field": field, "code": error_code, "message": str(message)}
        for field, error_code, message in errors
    ]
    if listed:
        body["errors"] = listed
    return body | extra


def problem_response(
    *,
    status: int,
    code: str,
    detail: str,
    errors: Iterable[tuple[str, str, str]] = (),
    headers: dict[str, str] | None = None,
    **extra: Any,
) -> HttpResponse:
    """A problem from outside DRF (middleware, error handlers)."""
    body = problem(status=status, code=code, detail=detail, errors=errors, **extra)
    return HttpResponse(
        orjson.dumps(body), status=status, content_type=CONTENT_TYPE, headers=headers
    )


def _flatten(detail: Any, prefix: str = "") -> Iterable[tuple[str, str, str]]:
    """DRF's nested detail as (field, code, message) rows: ``appointment.scheduled_for``."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            name = "" if key == "non_field_errors" else str(key)
            yield from _flatten(value, ".".join(part for part in (prefix, name) if part))
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            nested = isinstance(value, (dict, list))
            if nested and value:
                yield from _flatten(value, f"{prefix}[{index}]")
            elif not nested:
                yield from _flatten(value, prefix)
    else:
        yield prefix, getattr(detail, "code", None) or "invalid", str(detail)


def problem_of(error: exceptions.ValidationError) -> ProblemError:
    """A serializer's refusal as a problem that names each field."""
    rows = list(_flatten(error.detail))
    fields = ", ".join(sorted({field for field, _code, _message in rows if field}))
    # A typo has a code of its own, so that a program can tell it from a bad value.
    strict = [code for _field, code, _message in rows if code in STRICTNESS_CODES]
    return ProblemError(
        f"Please correct: {fields}." if fields else rows[0][2],
        code=strict[0] if strict else "invalid",
        errors=rows,
    )


def is_contention(error: Exception) -> bool:
    """Whether the database gave this transaction up for another's sake."""
    return getattr(error.__cause__, "sqlstate", None) in _CONTENTION


def exception_handler(error: Exception, _context: dict[str, Any]) -> Response | None:
    """DRF's hook: every known error becomes a problem; an unknown one is a 500 elsewhere."""
    headers: dict[str, str] = {}
    match error:
        case ProblemError():
            body = error.body
        case exceptions.ValidationError():
            body = problem_of(error).body
        case Http404() | exceptions.NotFound():
            body = problem(status=404, code="not_found", detail="There is nothing here by that id.")
        case PermissionDenied() | exceptions.PermissionDenied():
            detail = str(error) or "Your key or role does not allow this."
            code = getattr(error, "code", "permission_denied")
            body = problem(status=403, code=code, detail=detail)
        case OperationalError() if is_contention(error):
            body = problem(status=503, code="busy", detail=BUSY_DETAIL)
            headers["Retry-After"] = "1"
        case OperationalError() | InterfaceError():
            logger.error("database unavailable: %s", type(error).__name__)
            body = problem(status=503, code="unavailable", detail=UNAVAILABLE_DETAIL)
            headers["Retry-After"] = "5"
        case exceptions.APIException():
            code = error.get_codes()
            body = problem(
                status=error.status_code,
                code=code if isinstance(code, str) else error.default_code,
                detail=str(error.detail),
            )
            if challenge := getattr(error, "auth_header", None):
                headers["WWW-Authenticate"] = challenge
        case _:
            return None
    return Response(body, status=body["status"], content_type=CONTENT_TYPE, headers=headers)
