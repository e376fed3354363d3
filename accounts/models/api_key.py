"""Keys with which outside systems sign in."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from accounts.permissions import Scope

from .history import Tracked
from .organization import Organization, Workspace
from .user import User


class ApiKey(models.Model):
    """A key of one workspace, or, without a workspace, of the whole organization.

    Only the prefix and the SHA-256 of the key are kept: its 32 random bytes leave nothing to guess,
    so a slow password hash would only cost time.
    """

    # Not `last_used_at`, a counter of sorts; the digest never changes.
    history = Tracked(("workspace", "name", "scopes", "expires_at", "revoked_at"))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="api_keys"
    )
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="api_keys", null=True, blank=True
    )
    name = models.CharField(_("name"), max_length=200)
    prefix = models.CharField(_("prefix"), max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=10, choices=[(s, s) for s in Scope]))
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
