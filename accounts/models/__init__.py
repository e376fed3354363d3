"""Who uses Leadloop: organizations, workspaces, people and keys, and the base of tenant rows."""

from .api_key import ApiKey
from .base import (
    TenantForeignKey,
    TenantManager,
    TenantModel,
    TenantQuerySet,
    workspace_without_key,
)
from .history import HistoryEvent, Tracked
from .idempotency import StoredAnswer
from .organization import Organization, Workspace
from .user import Membership, User

__all__ = [
    "ApiKey",
    "HistoryEvent",
    "Membership",
    "Organization",
    "StoredAnswer",
    "TenantForeignKey",
    "TenantManager",
    "TenantModel",
    "TenantQuerySet",
    "Tracked",
    "User",
    "Workspace",
    "workspace_without_key",
]
