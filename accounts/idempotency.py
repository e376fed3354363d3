"""`Idempotency-Key`: the same POST again gets the stored answer instead of a second effect.

The answer is stored in the transaction of the effect: both are there, or neither. While the first
is running, a repetition is told so (409) instead of waiting.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import Actor
from accounts.models import StoredAnswer
from accounts.problems import CONTENT_TYPE, ProblemError
from accounts.pruning import delete_all
from accounts.rendering import OrjsonRenderer

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT_FOR = timedelta(hours=24)
MAX_KEY = 255


@dataclass(frozen=True)
class Claim:
    """The right to answer a key; `stored` is the answer it had before."""

    owner_id: UUID
    key: str
    fingerprint: str
    stored: Response | None = None


def key_of(request: HttpRequest) -> str:
    """The request's key; empty without one. With one, the answer is kept with the effect."""
    return request.headers.get(HEADER, "").strip()


def claim(request: Request, actor: Actor) -> Claim | None:
    """Take hold of the request's key; None without one.

    Raises `ProblemError`: 422 for a key used with another body, 409 while the first is running and
    for an answer that carried a secret.
    """
    key = key_of(request._request)
    if not key:
        return None
    if len(key) > MAX_KEY or not key.isprintable():
        message = _("An Idempotency-Key has 1 to 255 printable characters.")
        raise ProblemError(message, errors=[(HEADER, "invalid", message)])
    owner_id = _owner(actor)
    fingerprint = _fingerprint(request)
    _lock(owner_id, key)
    known = StoredAnswer.objects.filter(owner_id=owner_id, key=key).first()
    if known is not None and known.created_at < timezone.now() - KEPT_FOR:
        known.delete()
        known = None
    stored = _replay(known, fingerprint) if known else None
    return Claim(owner_id, key, fingerprint, stored)


def _owner(actor: Actor) -> UUID:
    if actor.workspace is None and actor.api_key is not None:
        return actor.api_key.organization_id
    return actor.own_workspace.pk


def _fingerprint(request: Request) -> str:
    call = f"{request.method} {request._request.get_full_path()}\n".encode()
    digest = hashlib.sha256(call)
    for part in _body_of(request):
        digest.update(part)
    return digest.hexdigest()


def _body_of(request: Request) -> Iterator[bytes]:
    """What was sent; a form may have a file that is larger than what memory should hold."""
    if not str(request.content_type).startswith("multipart/"):
        yield request._request.body
        return
    form = request.data
    given = form.lists() if isinstance(form, QueryDict) else ()
    for name, values in sorted(given):
        for value in values:
            yield f"\n{name}\n".encode()
            if isinstance(value, UploadedFile):
                yield f"{value.name}\n".encode()
                yield from value.chunks()
                value.seek(0)
            else:
                yield str(value).encode()


def _lock(owner_id: UUID, key: str) -> None:
    if not connection.in_atomic_block:
        # A view that calls an outside service holds nothing while it waits.
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 1))", [f"{owner_id}:{key}"]
        )
        if not cursor.fetchone()[0]:
            raise ProblemError(
                _("The first request with this Idempotency-Key is still running. Try again soon."),
                code="idempotency_in_progress",
                status=409,
            )


def _replay(known: StoredAnswer, fingerprint: str) -> Response:
    if known.fingerprint != fingerprint:
        message = _("This Idempotency-Key was used with another request. Use a new one.")
        raise ProblemError(
            message,
            code="idempotency_key_reused",
            errors=[(HEADER, "idempotency_key_reused", message)],
        )
    if known.is_secret:
        raise ProblemError(
            _("This request was done; its answer carried a secret and cannot be shown again."),
            code="secret_not_replayed",
            status=409,
        )
    content_type = CONTENT_TYPE if known.status >= 400 else None
    return Response(
        known.answer["body"],
        status=known.status,
        content_type=content_type,
        headers={REPLAYED: "true"},
    )


def store(held: Claim, response: Response, *, is_secret: bool) -> None:
    """Keep the answer with the effect it tells of; a 5xx keeps nothing, it may be tried again."""
    if held.stored is not None or response.status_code >= 500:
        return
    row = StoredAnswer(
        owner_id=held.owner_id,
        key=held.key,
        fingerprint=held.fingerprint,
        status=response.status_code,
        is_secret=is_secret and response.status_code < 400,
    )
    if not row.is_secret:
        row.answer = {"body": _plain(response.data)}
    StoredAnswer.objects.bulk_create([row], ignore_conflicts=True)


def _plain(data: Any) -> Any:
    """The answer's data as JSON would bring it back."""
    return orjson.loads(OrjsonRenderer().render(data) or b"null")


def forget_old() -> int:
    """Drop what is older than a day; returns how many."""
    old = StoredAnswer.objects.filter(created_at__lt=timezone.now() - KEPT_FOR)
    return delete_all(old.order_by("created_at"))
