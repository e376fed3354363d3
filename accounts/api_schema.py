"""Documenting an operation of the API: its words, its bodies, its errors."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers

from accounts.problems import CONTENT_TYPE, problem

Handler = TypeVar("Handler", bound=Callable[..., Any])
Shape = type[serializers.Serializer] | serializers.Serializer


class ProblemFieldSerializer(serializers.Serializer):
    field = serializers.CharField(
        help_text="Where: `email`, `appointment.scheduled_for`; empty for the whole."
    )
    code = serializers.CharField(help_text="For programs: `required`, `unknown_field`, …")
    message = serializers.CharField(help_text="For people.")


class ProblemSerializer(serializers.Serializer):
    """An error (RFC 9457). `code` has one meaning; some errors carry more members."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What went wrong and what to do, for people.")
    code = serializers.CharField(help_text="For programs.")
    errors = ProblemFieldSerializer(many=True, required=False)  # type: ignore[assignment]
    allowed = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="With `illegal_transition`: the moves that are possible now.",
    )


_ERRORS: dict[int, tuple[str, dict[str, Any]]] = {
    400: (
        "The body is not JSON.",
        problem(status=400, code="parse_error", detail="The body is not valid JSON: …"),
    ),
    401: (
        "No credentials, or an unknown, expired or revoked key.",
        problem(
            status=401,
            code="invalid_api_key",
            detail="This API key is unknown, expired or revoked.",
        ),
    ),
    403: (
        "The key's scopes or the role do not allow it.",
        problem(
            status=403,
            code="permission_denied",
            detail="Your role does not allow this (lead edit). Ask a manager or an owner.",
        ),
    ),
    404: (
        "Unknown, or another workspace's.",
        problem(status=404, code="not_found", detail="There is nothing here by that id."),
    ),
    409: (
        "Something stands in the way: an illegal move, or another row.",
        problem(
            status=409,
            code="illegal_transition",
            detail="“Complete” is not possible. Possible from: Qualified, Scheduled.",
            allowed=["enrich", "contact", "converse", "qualify", "schedule", "convert", "lose"],
        ),
    ),
    415: (
        "The body is not `application/json`.",
        problem(
            status=415,
            code="unsupported_media_type",
            detail='Unsupported media type "text/plain" in request.',
        ),
    ),
    422: (
        "A field or a query parameter is missing, unknown or wrong.",
        problem(
            status=422,
            code="unknown_field",
            detail="Please correct: emial.",
            errors=[("emial", "unknown_field", "There is no field of this name here.")],
        ),
    ),
    429: (
        "The workspace has used its requests of the hour; `Retry-After` says how long to wait.",
        problem(
            status=429,
            code="rate_limited",
            detail="This workspace has used its 1000 requests of the hour. Try again in 90 s.",
        ),
    ),
}


def documented(
    *,
    tag: str,
    summary: str,
    description: str = "",
    request: Shape | Mapping[str, Shape] | None = None,
    example: Any = None,
    response: Shape | None = None,
    answer: Any = None,
    status: int = 200,
    also: Mapping[int, str] | None = None,
    conflicts: bool = False,
    media: Mapping[str, Any] | None = None,
) -> Callable[[Handler], Handler]:
    """Say what a method does. `example` is a request, `answer` a response; where `request` has
    shapes by media type, `example` has examples by them.

    `also` are other successful statuses with the same body, `conflicts` says it can be 409;
    `media` are the types of a file, where the answer is one.
    """
    codes = [401, 403, 404, 422, 429]
    # A body comes with a POST, whose Idempotency-Key may be in use.
    codes += [400, 409, 415] if request is not None else [409] if conflicts else []
    responses: dict[Any, Any] = {status: _success(response, "", answer)}
    if media:
        responses = {
            # A file that is no text cannot be shown.
            (status, name): _success(kind, "", answer if name.startswith("text/") else None)
            for name, kind in media.items()
        }
    responses |= {code: _success(response, text, None) for code, text in (also or {}).items()}
    responses |= {(code, CONTENT_TYPE): _failure(code) for code in sorted(codes)}
    # A body that comes in several media types has an example of each.
    by_type = example if isinstance(request, Mapping) else {"application/json": example}
    examples = [
        OpenApiExample("Request", value=value, request_only=True, media_type=name)
        for name, value in by_type.items()
        if value is not None
    ]
    return extend_schema(
        tags=[tag],
        summary=summary,
        description=description or summary,
        request=request,
        responses=responses,
        examples=examples,
    )


def _success(response: Any, description: str, answer: Any) -> OpenApiResponse:
    examples = [OpenApiExample("Answer", value=answer)] if answer is not None else []
    return OpenApiResponse(response, description=description, examples=examples)


def _failure(code: int) -> OpenApiResponse:
    description, body = _ERRORS[code]
    return OpenApiResponse(
        ProblemSerializer, description=description, examples=[OpenApiExample("Problem", value=body)]
    )


@cache
def page_of(shape: type[serializers.Serializer]) -> serializers.Serializer:
    """A page of a list of `shape`."""
    return inline_serializer(
        name=shape.__name__.removesuffix("Serializer") + "Page",
        fields={
            "results": shape(many=True),
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "count": serializers.IntegerField(required=False, help_text="With `count=true`."),
            "count_is_estimate": serializers.BooleanField(required=False),
        },
    )


def page_answer(row: Mapping[str, Any]) -> dict[str, Any]:
    """An example of a page with one row."""
    return {"results": [row], "next": None, "previous": None}
