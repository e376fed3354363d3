"""Making and recognising API keys."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from accounts.models import ApiKey, Organization, User, Workspace

KEY_MARK = "ll_"
PREFIX_LENGTH = 11
# `last_used_at` is for people; writing it on every request would serialise them on one row.
LAST_USED_RESOLUTION = timedelta(minutes=5)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def create_key(
    *,
    organization: Organization,
    workspace: Workspace | None,
    name: str,
    scopes: Iterable[str],
    created_by: User | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its clear text, which is shown once and cannot be had again."""
    key = f"{KEY_MARK}{secrets.token_urlsafe(32)}"
    row = ApiKey.objects.create(
        organization=organization,
        workspace=workspace,
        name=name,
        prefix=key[:PREFIX_LENGTH],
        digest=_digest(key),
        scopes=[str(scope) for scope in scopes],
        created_by=created_by,
        expires_at=expires_at,
    )
    return row, key


def find_key(key: str) -> ApiKey | None:
    """The live key whose clear text this is."""
    row = (
        ApiKey.objects.live()
        .select_related("workspace", "organization")
        .filter(prefix=key[:PREFIX_LENGTH])
        .first()
    )
    if row is None or not hmac.compare_digest(row.digest, _digest(key)):
        return None
    return row


def note_use(api_key: ApiKey) -> None:
    """Keep `last_used_at` right to within a few minutes."""
    now = timezone.now()
    if api_key.last_used_at is None or api_key.last_used_at < now - LAST_USED_RESOLUTION:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - LAST_USED_RESOLUTION)
        ApiKey.objects.filter(stale, pk=api_key.pk).update(last_used_at=now)
