"""Answers kept for a day, so that a repeated POST is answered and not done again."""

from django.db import models
from django.utils import timezone

from accounts.encryption import SealedDict


class StoredAnswer(models.Model):
    """What a POST with an `Idempotency-Key` was answered.

    `owner_id` is the workspace, or the organization for a key that speaks for no single one, which
    is why this is no tenant table. The answer may hold personal data and is sealed.
    """

    owner_id = models.UUIDField()
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    # An answer with a secret is not kept; that there was one is.
    is_secret = models.BooleanField(default=False)
    answer_sealed = models.TextField(blank=True)
    answer = SealedDict("answer_sealed")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner_id", "key"], name="stored_answer_once")
        ]
        indexes = [models.Index(fields=["created_at"], name="stored_answer_age")]

    def __str__(self) -> str:
        return self.key

    @property
    def workspace_id(self) -> object:
        """What the sealed answer is bound to."""
        return self.owner_id
