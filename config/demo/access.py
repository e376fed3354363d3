"""The passwords and keys `demo` prints: random, kept in the data directory, readable by its owner.

The database keeps digests only. So the clear text lives in `DATA_DIR/demo.json`, and is made anew
when that file is lost or tells of another database.
"""

import json
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.api_keys import create_key, find_key
from accounts.models import User, Workspace
from accounts.permissions import Scope
from config.demo.businesses import LOGINS


def lines(workspace: Workspace) -> list[str]:
    """What `demo` prints, each line for people and programs alike."""
    kept = Kept(Path(settings.DATA_DIR) / "demo.json")
    logins = [f"LOGIN={email} PASSWORD={kept.password(email)}" for email in LOGINS]
    key = kept.key("workspace", workspace, of_organization=False)
    organization_key = kept.key("organization", workspace, of_organization=True)
    kept.save()
    return [
        *logins,
        f"API_KEY={key}",
        f"WORKSPACE={workspace.slug}",
        f"ORGANIZATION_API_KEY={organization_key}",
    ]


class Kept:
    """The file: what it lacks, or what does not work any more, is made anew."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        self.is_changed = False

    def password(self, email: str) -> str:
        """The person's password. Compared by its stored form: checking one takes half a second."""
        known = self.content.get(email, {})
        user = User.objects.get(email=email)
        if known.get("stored") != user.password:
            known["password"] = known.get("password") or secrets.token_urlsafe(12)
            user.set_password(known["password"])
            user.save(update_fields=["password"])
            self._keep(email, known | {"stored": user.password})
        return str(known["password"])

    def key(self, name: str, workspace: Workspace, *, of_organization: bool) -> str:
        known = str(self.content.get(name, ""))
        row = find_key(known) if known else None
        if row is not None and row.organization_id == workspace.organization_id:
            return known
        _row, key = create_key(
            organization=workspace.organization,
            workspace=None if of_organization else workspace,
            name=f"Demo key ({'all workspaces' if of_organization else workspace.name})",
            scopes=list(Scope),
        )
        self._keep(name, key)
        return key

    def _keep(self, name: str, value: object) -> None:
        self.content[name] = value
        self.is_changed = True

    def save(self) -> None:
        if not self.is_changed:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch(mode=0o600)
        self.path.chmod(0o600)
        self.path.write_text(json.dumps(self.content, indent=2))
