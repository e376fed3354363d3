"""What the frame around every page shows."""

from typing import Any

from django.http import HttpRequest

from accounts.models import Workspace
from accounts.permissions import Permission
from accounts.sent_once import new_mark


def frame(request: HttpRequest) -> dict[str, Any]:
    """`workspace`, `workspaces` to switch to, `actor`, and `can.<permission>` for templates.

    `form_mark` is for a form that must not be taken twice (see `accounts.sent_once`).
    """
    actor = getattr(request, "actor", None)
    if actor is None or actor.user is None:
        return {"can": {}}
    return {
        "actor": actor,
        "workspace": actor.workspace,
        # Asked for when a template shows the switcher, and only then.
        "workspaces": Workspace.objects.filter(
            memberships__user=actor.user, memberships__is_active=True
        ).only("slug", "name"),
        "form_mark": new_mark(),
        "can": {permission.value: actor.can(permission) for permission in Permission},
    }
