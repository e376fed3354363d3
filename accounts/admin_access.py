"""What a member of staff may do in the admin: the one table of roles, workspace by workspace.

Django's own permission tables are not asked. Superusers own every workspace; everybody else has the
roles of their memberships, and what one role allows in one workspace it allows nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.actors import Actor, user_actor
from accounts.models import Membership, User, Workspace
from accounts.permissions import ROLE_PERMISSIONS, Permission, Role


@dataclass(frozen=True)
class Access:
    """One person's roles; `roles` is by workspace."""

    user: User
    roles: Mapping[UUID, str]

    @property
    def sees_everything(self) -> bool:
        return self.user.is_superuser

    def may(self, permission: Permission, workspace_id: UUID | None = None) -> bool:
        """In that workspace; without one, in any."""
        if self.sees_everything:
            return True
        if workspace_id is None:
            return bool(self.workspace_ids(permission))
        return permission in ROLE_PERMISSIONS.get(self.roles.get(workspace_id, ""), frozenset())

    def workspace_ids(self, permission: Permission) -> list[UUID]:
        """Where the person may, by membership."""
        return [
            workspace_id
            for workspace_id, role in self.roles.items()
            if permission in ROLE_PERMISSIONS.get(role, frozenset())
        ]

    def limit(
        self, rows: QuerySet[Any], permission: Permission, *, path: str = "workspace_id"
    ) -> QuerySet[Any]:
        """The rows of the workspaces where the person may; `path` leads from a row to its own."""
        if self.sees_everything:
            return rows
        return rows.filter(**{f"{path}__in": self.workspace_ids(permission)})

    def actor(self, workspace: Workspace) -> Actor:
        """The person acting in a workspace, as every verb function takes it."""
        role = Role.OWNER.value if self.sees_everything else self.roles.get(workspace.pk, "")
        return user_actor(self.user, workspace, role, via="admin")


def access(request: HttpRequest) -> Access:
    """The signed-in person's access, read once a request."""
    known: Access | None = getattr(request, "admin_access", None)
    if known is None:
        user = request.user
        roles: dict[UUID, str] = {}
        if user.is_authenticated and user.is_active and user.is_staff:
            memberships = Membership.objects.filter(user=user, is_active=True)
            roles = dict(memberships.values_list("workspace_id", "role"))
        known = Access(user, roles)  # type: ignore[arg-type]
        request.admin_access = known  # type: ignore[attr-defined]
    return known
