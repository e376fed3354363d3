"""Whether the process lives (`/healthz`) and whether it can work (`/readyz`)."""

from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts import cache


class HealthMiddleware:
    """Answers before hosts, sessions and scopes are looked at: probes call by address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == "/healthz":
            return JsonResponse({"status": "ok"})
        if request.path_info == "/readyz":
            return ready()
        return self.get_response(request)


def ready() -> HttpResponse:
    """200 when the database answers; Redis is reported, but without it work still waits safely."""
    database, redis = _answers(_ask_database), _answers(_ask_redis)
    body = {
        "status": "ok" if database else "unavailable",
        "database": "ok" if database else "unreachable",
        "redis": "ok" if redis else "unreachable",
    }
    return JsonResponse(body, status=200 if database else 503)


def _answers(ask: Callable[[], None]) -> bool:
    try:
        ask()
    except Exception:
        return False
    return True


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_redis() -> None:
    # Not a read: to the cache a Redis that is gone is merely empty.
    cache.ping()
