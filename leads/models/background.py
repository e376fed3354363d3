"""What a worker does while nobody waits: asked for by whom, taken up by whom, and how it ended."""

from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiKey, TenantModel


class BackgroundWork(TenantModel):
    """The columns of a job in PostgreSQL (ADR 14): a lease with a token keeps two workers apart."""

    # When a worker may take it up; while one is at it, when it is taken to have died.
    due_at = models.DateTimeField(default=timezone.now, editable=False)
    lease_token = models.UUIDField(null=True, editable=False)
    # How often it was taken up without getting on.
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    # Why it stopped.
    error = models.TextField(_("error"), blank=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
        verbose_name=_("asked for by"),
    )
    api_key = models.ForeignKey(
        ApiKey, on_delete=models.SET_NULL, null=True, related_name="+", editable=False
    )
    created_by = models.CharField(_("asked for by"), max_length=200, editable=False)
    via = models.CharField(max_length=20, editable=False)
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def take_up(self, *, until: datetime, **first: object) -> None:
        """A worker's own until then, of a row it has locked; `first` are columns to set with it."""
        self.attempts += 1
        self.lease_token = uuid4()
        self.due_at = until
        for name, value in first.items():
            setattr(self, name, value)
        self.save(update_fields=["attempts", "lease_token", "due_at", *first])
