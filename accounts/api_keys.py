"""Making and recognising API keys."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from copy import copy
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Q
from django.utils import timezone

from accounts.models import ApiKey, Organization, User, Workspace
from accounts.postgresql.prepared import prepared_cursor
from accounts.row_versions import KeptByVersion

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
    """The live key whose clear text this is, with its workspace and organization."""
    prefix, digest = key[:PREFIX_LENGTH], _digest(key)
    with prepared_cursor() as cursor:
        cursor.execute(_VERSIONS, [prefix])
        version = cursor.fetchone()
    if version is None:
        return None
    row = _known.get_or_make(prefix, version, partial(_read, prefix))
    if row is None or not hmac.compare_digest(row.digest, digest):
        return None
    return _own_copy(row)


# Where a live key's rows stand now. Any change of one of them moves it, so that a key read before
# can be used again exactly as long as nothing about it has changed: to read the three rows anew
# took a third of a short request.
_VERSIONS = """
    SELECT api_key.xmin::text, api_key.ctid::text, organization.xmin::text,
        organization.ctid::text, workspace.xmin::text, workspace.ctid::text
    FROM accounts_apikey AS api_key
    JOIN accounts_organization AS organization ON organization.id = api_key.organization_id
    LEFT JOIN accounts_workspace AS workspace ON workspace.id = api_key.workspace_id
    WHERE api_key.prefix = %s AND api_key.revoked_at IS NULL
        AND (api_key.expires_at IS NULL OR api_key.expires_at > now())
"""
_known: KeptByVersion[ApiKey] = KeptByVersion(1_000)


def _read(prefix: str) -> ApiKey | None:
    rows = ApiKey.objects.select_related("workspace", "organization")
    return rows.filter(prefix=prefix).first()


def _own_copy(row: ApiKey) -> ApiKey:
    """For one request: what it does to the rows in memory is nobody else's business."""
    own = copy(row)
    own.organization = copy(row.organization)
    own.workspace = copy(row.workspace)
    return own


def note_use(api_key: ApiKey) -> None:
    """Keep `last_used_at` right to within a few minutes."""
    now = timezone.now()
    if api_key.last_used_at is None or api_key.last_used_at < now - LAST_USED_RESOLUTION:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - LAST_USED_RESOLUTION)
        ApiKey.objects.filter(stale, pk=api_key.pk).update(last_used_at=now)
