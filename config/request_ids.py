"""One name for a request, in its logs, its answer and its error page; and its one access line."""

import logging
import re
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

HEADER = "X-Request-ID"
# What proxies make: UUIDs, hexadecimal and the like. Anything else could be text for our logs.
_VALID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


def request_id_of(request: HttpRequest) -> str:
    """The id of the request; empty where the middleware has not been."""
    return getattr(request, "request_id", "")


class RequestIdMiddleware:
    """Takes a valid X-Request-ID or makes one, binds it to the logs and sends it back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request_id = given if _VALID.fullmatch(given) else uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            logger.info("request", extra=_access(request, response, time.perf_counter() - started))
        response[HEADER] = request_id
        return response


def _access(request: HttpRequest, response: HttpResponse, seconds: float) -> dict[str, Any]:
    """Who did what, without a person: the kind of actor, the workspace, the path alone."""
    workspace = getattr(request, "workspace", None)
    actor = getattr(request, "actor", None)
    return {
        "method": request.method,
        "path": request.path,
        "status": response.status_code,
        "duration_ms": round(seconds * 1000, 1),
        "workspace": workspace.slug if workspace is not None else "",
        "actor": actor.kind if actor is not None else "none",
    }
