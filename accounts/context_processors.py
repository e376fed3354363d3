"""What the frame around every page shows."""

from typing import Any

from django.http import HttpRequest

from accounts.models import Workspace
from accounts.permissions import Permission


def frame(request: HttpRequest) -> dict[str, Any]:
    """`workspace`, `workspaces` to switch to, `actor`, and `can.<permission>` for templates."""
    actor = getattr(request, "actor", None)
    if actor is None or actor.user is None:
        return {"can": {}}
    return {
        "actor": actor,
        "workspace": actor.workspace,
        # Asked for when a template shows the switcher, and only then.
        "workspaces": Workspace.objects.filter(
            memberships__user=actor.user, memberships__is_active=True
        ),
        "can": {permission.value: actor.can(permission) for permission in Permission},
    }
