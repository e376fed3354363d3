"""The public form of connections. Secrets are named, never shown."""

from typing import Any

from django.utils import timezone

from integrations import health
from integrations.models import Connection


def connection(row: Connection) -> dict[str, Any]:
    return {
        "id": row.id,
        "provider": row.provider,
        "name": row.name,
        "settings": row.settings,
        "has_secrets": row.has_secrets,
        "secret_names": sorted(row.secrets),
        "is_active": row.is_active,
        "health": {
            "state": health.state(row, timezone.now()),
            "last_success_at": row.last_success_at,
            "last_error_at": row.last_error_at,
            "last_error": row.last_error,
            "paused_until": row.paused_until,
        },
        # Only providers that send something to us have one.
        "webhook_url": None,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
