"""The one table of who may do what: roles for people, scopes for keys.

Pages, API and admin all ask `Actor.can`, which reads this table and nothing else.
"""

from enum import StrEnum

from django.core.exceptions import PermissionDenied
from django.db import models
from django.utils.translation import gettext_lazy as _


class Permission(StrEnum):
    VIEW = "view"
    LEAD_EDIT = "lead_edit"  # leads, contacts, interactions, appointments, every move
    CONVERSION_LOG = "conversion_log"
    LEAD_ASSIGN = "lead_assign"
    LEAD_DELETE = "lead_delete"
    LEAD_MERGE = "lead_merge"  # merging contacts, undoing it, and dismissing suggestions
    UPLOAD_RETRY = "upload_retry"
    RULE_EDIT = "rule_edit"
    LIST_EDIT = "list_edit"  # lists, and who is in them
    CAMPAIGN_EDIT = "campaign_edit"  # campaigns, their lists, starting and pausing them
    CALL = "call"  # taking the next lead of a campaign, and recording the call
    IMPORT = "import"
    EXPORT = "export"
    METRICS_ALL = "metrics_all"
    CONNECTION_MANAGE = "connection_manage"
    MEMBER_MANAGE = "member_manage"
    KEY_MANAGE = "key_manage"
    WORKSPACE_MANAGE = "workspace_manage"


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    REP = "rep", _("Rep")
    VIEWER = "viewer", _("Viewer")


class Scope(StrEnum):
    READ = "read"
    UPDATE = "update"
    CONVERT = "convert"
    ADMIN = "admin"


_VIEWER = frozenset({Permission.VIEW})
_REP = _VIEWER | {Permission.LEAD_EDIT, Permission.CONVERSION_LOG, Permission.CALL}
_MANAGER = _REP | {
    Permission.LEAD_ASSIGN,
    Permission.LEAD_DELETE,
    Permission.LEAD_MERGE,
    Permission.UPLOAD_RETRY,
    Permission.RULE_EDIT,
    Permission.LIST_EDIT,
    Permission.CAMPAIGN_EDIT,
    Permission.IMPORT,
    Permission.EXPORT,
    Permission.METRICS_ALL,
}

ROLE_PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.REP: _REP,
    Role.MANAGER: _MANAGER,
    Role.OWNER: frozenset(Permission),
}

_UPDATE = frozenset(
    {
        Permission.LEAD_EDIT,
        Permission.LEAD_ASSIGN,
        Permission.LEAD_DELETE,
        Permission.LEAD_MERGE,
        Permission.LIST_EDIT,
        Permission.CAMPAIGN_EDIT,
        Permission.CALL,
    }
)
_CONVERT = frozenset({Permission.CONVERSION_LOG})

SCOPE_PERMISSIONS: dict[str, frozenset[Permission]] = {
    Scope.READ: frozenset({Permission.VIEW}),
    Scope.UPDATE: _UPDATE,
    Scope.CONVERT: _CONVERT,
    Scope.ADMIN: frozenset(Permission) - {Permission.VIEW} - _UPDATE - _CONVERT,
}


class PermissionRefused(PermissionDenied):
    """The actor is known and in its own workspace, but may not do this."""

    def __init__(self, permission: Permission, *, by_key: bool = False) -> None:
        self.permission = permission
        self.code = "scope_missing" if by_key else "permission_denied"
        scopes = [scope for scope, granted in SCOPE_PERMISSIONS.items() if permission in granted]
        words = (
            _("This key lacks the scope “%(scope)s”. Use a key that has it.")
            if by_key
            else _("Your role does not allow this (%(permission)s). Ask a manager or an owner.")
        )
        super().__init__(
            words % {"permission": permission.value.replace("_", " "), "scope": ", ".join(scopes)}
        )
