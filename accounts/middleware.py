"""The one place that finds out who is asking, in which workspace, and opens the tenancy scope."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils import timezone

from accounts import tokens, workspaces
from accounts.acting import acting
from accounts.actors import Actor, key_actor, user_actor
from accounts.api_keys import find_key, note_use
from accounts.authentication import CHALLENGE
from accounts.models import Membership, User, Workspace
from accounts.models.organization import DEFAULT_REQUESTS_PER_HOUR
from accounts.permissions import Role
from accounts.problems import UNAVAILABLE_DETAIL, ProblemError, problem_response
from accounts.tenancy import scope, system_scope
from accounts.throttling import Allowance, count_request
from accounts.turns import turn
from accounts.workspace_roles import workspace_and_role

logger = logging.getLogger(__name__)

API_PREFIX = "/api/v1/"
# An organization key speaks for no single workspace here.
WORKSPACES_PREFIX = "/api/v1/workspaces/"
# Signing in needs no credentials yet.
TOKEN_PREFIX = "/api/v1/auth/"  # noqa: S105 - an address
PAGES_PREFIX = "/w/"
ADMIN_PREFIX = "/admin/"

View = TypeVar("View", bound=Callable[..., Any])


def _never(_request: HttpRequest) -> bool:
    return False


def unscoped(view: View, *, unless: Callable[[HttpRequest], object] = _never) -> View:
    """Mark a view that waits for others: no transaction is open, it opens short scopes.

    `unless` names the requests that are to be answered within one transaction all the same.
    """
    view.scoped_for = unless  # type: ignore[attr-defined]
    return view


def _is_unscoped(request: HttpRequest) -> bool:
    scoped_for = _scoped_for(request.path_info)
    return scoped_for is not None and not scoped_for(request)


@lru_cache(maxsize=1_000)
def _scoped_for(path: str) -> Callable[[HttpRequest], object] | None:
    """What `unscoped` says of the view behind an address; Django finds it once more by itself."""
    try:
        return getattr(resolve(path).func, "scoped_for", None)
    except Resolver404:
        return None


class TenancyMiddleware:
    """Resolves session or key, sets `request.actor` and `request.workspace`, opens the scope."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = None  # type: ignore[attr-defined]
        request.workspace = None  # type: ignore[attr-defined]
        try:
            # Who waits for others keeps nobody else waiting.
            with nullcontext() if _is_unscoped(request) else turn():
                return self._answer_by_address(request)
        except (OperationalError, InterfaceError):
            logger.exception("database unavailable")
            return unavailable(request)

    def _answer_by_address(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if path.startswith(TOKEN_PREFIX):
            return self.get_response(request)
        if path.startswith(API_PREFIX) or path == API_PREFIX.rstrip("/"):
            return self._api(request)
        if path.startswith(PAGES_PREFIX):
            return self._page(request)
        if path.startswith(ADMIN_PREFIX):
            return self._admin(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, (OperationalError, InterfaceError)):
            logger.error("database unavailable: %s", type(error).__name__)
            return unavailable(request)
        return None

    def _api(self, request: HttpRequest) -> HttpResponse:
        try:
            actor, scope_ids = _api_actor(request)
        except ProblemError as error:
            headers = {"WWW-Authenticate": CHALLENGE} if error.status == 401 else None
            return problem_response(
                status=error.status,
                code=error.code,
                detail=error.detail,
                errors=error.errors,
                headers=headers,
            )
        allowance = _count(actor)
        if allowance.is_exceeded:
            return problem_response(
                status=429,
                code="rate_limited",
                detail=(
                    f"This workspace has used its {allowance.limit} requests of the hour."
                    f" Try again in {allowance.reset_seconds} seconds."
                ),
                headers=allowance.headers,
            )
        response = self._answer(request, actor, scope(*scope_ids))
        for name, value in allowance.headers.items():
            response[name] = value
        return response

    def _page(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), str(settings.LOGIN_URL))
        slug = request.path_info.removeprefix(PAGES_PREFIX).partition("/")[0]
        actor = member_actor(request.user, slug, via="page")
        if actor is None or actor.workspace is None:
            return not_found(request)
        with timezone.override(actor.workspace.time_zone):
            return self._answer(request, actor, scope(actor.workspace.pk))

    def _admin(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        if user.is_superuser:
            actor = user_actor(user, None, Role.OWNER, via="admin")
            return self._answer(request, actor, system_scope())
        memberships = Membership.objects.filter(user=user, is_active=True)
        workspace_ids = list(memberships.values_list("workspace_id", flat=True))
        actor = user_actor(user, None, "", via="admin")
        return self._answer(request, actor, scope(*workspace_ids))

    def _answer(
        self, request: HttpRequest, actor: Actor, opened: AbstractContextManager[None]
    ) -> HttpResponse:
        request.actor = actor  # type: ignore[attr-defined]
        request.workspace = actor.workspace  # type: ignore[attr-defined]
        request_id = getattr(request, "request_id", "")
        with (
            acting(actor, request_id=request_id),
            nullcontext() if _is_unscoped(request) else opened as _,
        ):
            response = self.get_response(request)
            if response.status_code >= 500 and transaction.get_connection().in_atomic_block:
                # An exception reaches a middleware as a response; without this, half would commit.
                transaction.set_rollback(True)
        return response


def member_actor(user: User, slug_or_id: str, *, via: str) -> Actor | None:
    """The person as a member of a workspace; None when it is not theirs. Superusers own all."""
    found = workspace_and_role(user, slug_or_id)
    if found is None:
        return None
    workspace, role = found
    if role is None and user.is_superuser:
        role = Role.OWNER
    return None if role is None else user_actor(user, workspace, role, via=via)


def _count(actor: Actor) -> Allowance:
    """One more request of the workspace, or of the organization where none was named."""
    if actor.workspace is not None:
        return count_request(actor.workspace.pk, actor.workspace.rate_limit_per_hour)
    organization_id = actor.api_key.organization_id if actor.api_key else UUID(int=0)
    return count_request(organization_id, DEFAULT_REQUESTS_PER_HOUR)


def _api_actor(request: HttpRequest) -> tuple[Actor, list[UUID]]:
    """The caller and the workspaces its scope covers; raises `ProblemError`."""
    named = request.headers.get("X-Workspace-ID", "").strip()
    key_text = request.headers.get("X-API-Key", "").strip()
    if key_text:
        return _key_caller(request, key_text, named)
    bearer = request.headers.get("Authorization", "")
    if bearer.startswith("Bearer "):
        return _member_caller(tokens.user_of(bearer.removeprefix("Bearer ").strip()), named)
    if request.user.is_authenticated:
        request.is_session_call = True  # type: ignore[attr-defined]
        return _member_caller(request.user, named)
    raise ProblemError(
        "Send an API key in the X-API-Key header, a token, or sign in.",
        code="not_authenticated",
        status=401,
    )


def _key_caller(request: HttpRequest, key_text: str, named: str) -> tuple[Actor, list[UUID]]:
    api_key = find_key(key_text)
    if api_key is None:
        raise ProblemError(
            "This API key is unknown, expired or revoked.", code="invalid_api_key", status=401
        )
    note_use(api_key)
    if named:
        own = Workspace.objects.filter(
            organization_id=api_key.organization_id, **workspaces.named(named)
        )
        workspace = own.first()
        if workspace is None or api_key.workspace_id not in (None, workspace.pk):
            raise _no_such_workspace(named)
        return key_actor(api_key, workspace), [workspace.pk]
    if api_key.workspace is not None:
        return key_actor(api_key, api_key.workspace), [api_key.workspace.pk]
    if not request.path_info.startswith(WORKSPACES_PREFIX.rstrip("/")):
        raise _workspace_required("An organization key")
    ids = api_key.organization.workspaces.values_list("pk", flat=True)
    return key_actor(api_key, None), list(ids)


def _member_caller(user: User, named: str) -> tuple[Actor, list[UUID]]:
    if not named:
        raise _workspace_required("A person")
    actor = member_actor(user, named, via="api")
    if actor is None or actor.workspace is None:
        raise _no_such_workspace(named)
    return actor, [actor.workspace.pk]


def _workspace_required(who: str) -> ProblemError:
    return ProblemError(
        f"{who} works in several workspaces: name one in the X-Workspace-ID header.",
        code="workspace_required",
        errors=[("X-Workspace-ID", "required", "Name a workspace by its slug or UUID.")],
    )


def _no_such_workspace(named: str) -> ProblemError:
    return ProblemError(
        f"There is no workspace {named!r} for these credentials.", code="not_found", status=404
    )


def unavailable(request: HttpRequest) -> HttpResponse:
    """503 in the shape the caller reads."""
    if request.path_info.startswith("/api/"):
        return problem_response(
            status=503,
            code="unavailable",
            detail=UNAVAILABLE_DETAIL,
            headers={"Retry-After": "5"},
        )
    return render(request, "503.html", status=503)


def not_found(request: HttpRequest) -> HttpResponse:
    return render(request, "404.html", status=404)
