"""The public form of connections. Secrets are named, never shown."""

from typing import Any

from django.conf import settings
from django.urls import reverse
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
        "webhook_url": webhook_url(row),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def webhook_url(row: Connection) -> str | None:
    """Where the service sends to; only those that send something to us have one."""
    if not row.inbound_token:
        return None
    service = row.settings["service"]
    path = reverse("integrations:email_webhook", args=[service, row.inbound_token])
    return f"{settings.SITE_URL}{path}"
