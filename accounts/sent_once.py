"""A page's form that arrives twice: the second arrival is answered as the first, without an effect.

A double click, a reload, or a browser that sends again over a bad line. The page carries a mark,
new each time it is shown; the same mark with the same content is the same wish. What was done is
noted in the transaction that did it, beside the answers of idempotency keys.
"""

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from uuid import uuid4

import orjson
from django.http import HttpResponse, HttpResponseRedirect

from accounts.locks import wait_for_others
from accounts.models import StoredAnswer
from accounts.requests import MemberRequest

FIELD = "form_mark"
_MARK = re.compile(r"[0-9a-f]{32}")

View = TypeVar("View", bound=Callable[..., HttpResponse])


def new_mark() -> str:
    """For the hidden field of a form."""
    return uuid4().hex


def once(view: View) -> View:
    """Page decorator: a form that was taken (answered with a redirect) is not taken again."""

    @wraps(view)
    def guarded(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        mark = request.POST.get(FIELD, "")
        if not _MARK.fullmatch(mark):
            return view(request, *args, **kwargs)
        fingerprint = _fingerprint(request)
        key = f"form:{request.user.pk}:{mark}:{fingerprint}"
        wait_for_others([f"{request.workspace.pk}:{key}"])
        known = StoredAnswer.objects.filter(owner_id=request.workspace.pk, key=key).first()
        if known is not None:
            return HttpResponseRedirect(known.answer["location"])
        response = view(request, *args, **kwargs)
        if isinstance(response, HttpResponseRedirect):
            row = StoredAnswer(
                owner_id=request.workspace.pk,
                key=key,
                fingerprint=fingerprint,
                status=response.status_code,
            )
            row.answer = {"location": response.url}
            StoredAnswer.objects.bulk_create([row])
        return response

    return guarded  # type: ignore[return-value]


def _fingerprint(request: MemberRequest) -> str:
    """Of what was entered: a page that is gone back to and filled in anew is another wish."""
    entered = {name: values for name, values in request.POST.lists() if "csrf" not in name}
    call = [request.path, sorted(entered.items())]
    return hashlib.sha256(orjson.dumps(call)).hexdigest()
