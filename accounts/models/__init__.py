"""Who uses Leadloop: organizations, workspaces, people and keys, and the base of tenant rows."""

from .api_key import ApiKey
from .base import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet
from .organization import Organization, Workspace
from .user import Membership, User

__all__ = [
    "ApiKey",
    "Membership",
    "Organization",
    "TenantForeignKey",
    "TenantManager",
    "TenantModel",
    "TenantQuerySet",
    "User",
    "Workspace",
]
