"""Who is acting, through which door: what every verb function takes instead of a request."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import ApiKey, User, Workspace
from accounts.permissions import (
    ROLE_PERMISSIONS,
    SCOPE_PERMISSIONS,
    Permission,
    PermissionRefused,
)
from accounts.problems import ProblemError


@dataclass(frozen=True)
class Actor:
    """A person, a key or the system itself, in one workspace (None: not chosen yet).

    `via` names the door: page, board, api, admin, form, webhook, timer, demo.
    """

    via: str
    permissions: frozenset[Permission] = field(repr=False)
    workspace: Workspace | None = None
    role: str = ""
    user: User | None = None
    api_key: ApiKey | None = None

    @property
    def kind(self) -> str:
        if self.user is not None:
            return "user"
        return "key" if self.api_key is not None else "system"

    @property
    def label(self) -> str:
        """The name to show on a timeline."""
        if self.user is not None:
            return self.user.get_full_name()
        return self.api_key.name if self.api_key is not None else "Leadloop"

    @property
    def own_workspace(self) -> Workspace:
        """The one workspace acted in; raises `ProblemError` when none was chosen."""
        if self.workspace is None:
            raise ProblemError("Choose a workspace first.", code="workspace_required")
        return self.workspace

    def can(self, permission: Permission) -> bool:
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raise `PermissionRefused` unless the actor may."""
        if not self.can(permission):
            raise PermissionRefused(permission, by_key=self.kind == "key")

    def through(self, via: str) -> "Actor":
        return replace(self, via=via)


def user_actor(user: User, workspace: Workspace | None, role: str, *, via: str) -> Actor:
    """A signed-in person with the permissions of a role."""
    return Actor(
        via=via,
        permissions=ROLE_PERMISSIONS.get(role, frozenset()),
        workspace=workspace,
        role=role,
        user=user,
    )


def key_actor(api_key: ApiKey, workspace: Workspace | None) -> Actor:
    """An outside system with the permissions of its key's scopes."""
    granted = (SCOPE_PERMISSIONS.get(scope, frozenset()) for scope in api_key.scopes)
    return Actor(
        via="api",
        permissions=frozenset().union(*granted),
        workspace=workspace,
        api_key=api_key,
    )


def system_actor(workspace: Workspace, *, via: str = "timer") -> Actor:
    """Leadloop itself: timers, matchback, handling of what arrived."""
    return Actor(via=via, permissions=frozenset(Permission), workspace=workspace)


Answer = TypeVar("Answer", bound=HttpResponseBase)


def requires(
    permission: Permission,
) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """Page decorator: 403 unless the signed-in member may."""

    def decorate(view: Callable[..., Answer]) -> Callable[..., Answer]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Answer:
            request.actor.require(permission)  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        return guarded

    return decorate
