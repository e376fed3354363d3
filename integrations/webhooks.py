"""The addresses that outside services send to: checked, stored once, answered."""

import logging

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.tenancy import scope, system_scope
from integrations import inbox
from integrations.contracts import (
    ConfigurationError,
    ConnectionData,
    UnreadableError,
    WrongSignatureError,
)
from integrations.models import Connection
from integrations.providers.email.provider import EmailProvider

logger = logging.getLogger(__name__)

# With attachments, which are looked at and not kept.
LARGEST_BODY = 30 * 1024 * 1024


# Services have no session whose authority a forged request could borrow: the token in the address
# and their signature say who they are.
@csrf_exempt
@require_POST
def email(request: HttpRequest, service: str, token: str) -> HttpResponse:
    """An e-mail that a provider received for us."""
    with system_scope():
        rows = Connection.objects.filter(provider=EmailProvider.name, is_active=True)
        connection = rows.filter(inbound_token=token, deleted_at__isnull=True).first()
    # Another service's address would not ask for the signature of the one it is.
    if connection is None or connection.settings.get("service") != service:
        return _answer(404, "There is no such address.")
    if int(request.headers.get("Content-Length") or 0) > LARGEST_BODY:
        return _answer(413, "This e-mail is too large.")
    if request.content_type == "application/json":
        # Django's limit for a body in memory is far below what a mail with attachments weighs.
        request._body = request.read(LARGEST_BODY)
    data = ConnectionData(
        id=str(connection.pk),
        provider=connection.provider,
        settings=connection.settings,
        secrets=connection.secrets,
    )
    try:
        items = EmailProvider(data).items(service, request)
    except WrongSignatureError:
        return _answer(403, "The signature or password is not right.")
    except ConfigurationError as error:
        return _answer(403, str(error))
    except UnreadableError as error:
        logger.warning("an inbound e-mail could not be read: %s", error)
        return _answer(400, "This cannot be read as an inbound e-mail.")
    with scope(connection.workspace_id):
        own = Connection.objects.in_workspace(connection.workspace_id)
        own.filter(pk=connection.pk).update(last_success_at=timezone.now())
        for item in items:
            inbox.store(
                connection, kind=item.kind, external_id=item.external_id, payload=item.payload
            )
    return _answer(200, "Stored.")


def _answer(status: int, detail: str) -> HttpResponse:
    return JsonResponse({"detail": detail}, status=status)
