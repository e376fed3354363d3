"""Reading one request of an e-mail provider, by anymail's views, which know words and signatures.

They are asked with the secrets of one connection, so nothing of anymail's own settings counts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from anymail.exceptions import AnymailError
from anymail.signals import AnymailInboundEvent
from anymail.webhooks.base import AnymailCoreWebhookView
from anymail.webhooks.mailgun import MailgunInboundWebhookView, MailgunTrackingWebhookView
from anymail.webhooks.postmark import PostmarkInboundWebhookView, PostmarkTrackingWebhookView
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest

from integrations.contracts import (
    ConfigurationError,
    InboundItem,
    UnreadableError,
    WrongSignatureError,
)
from integrations.providers.email.payloads import answer, fate

# What reading another company's request may raise when it is not what it should be.
_UNREADABLE = (AnymailError, ValueError, TypeError, AttributeError, LookupError)


def items(service: str, secrets: Mapping[str, str], request: HttpRequest) -> list[InboundItem]:
    """What the service sends, checked and in our words.

    Raises `WrongSignatureError`, `UnreadableError`, `ConfigurationError`.
    """
    view = _view(service, secrets, request)
    try:
        view.run_validators(request)
    except (SuspiciousOperation, *_UNREADABLE):
        raise WrongSignatureError from None
    try:
        events = view.parse_events(request)
        found = [
            answer(event) if isinstance(event, AnymailInboundEvent) else fate(event)
            for event in events
        ]
    except _UNREADABLE as error:
        raise UnreadableError(type(error).__name__) from None
    return [item for item in found if item is not None]


def _view(service: str, secrets: Mapping[str, str], request: HttpRequest) -> AnymailCoreWebhookView:
    """Answers and what became of our own mails come to the same address."""
    if service == "mailgun":
        key = secrets.get("mailgun_signing_key", "")
        if not key:
            raise ConfigurationError("Store Mailgun's signing key with the connection.")
        is_json = request.content_type == "application/json"
        view = MailgunTrackingWebhookView if is_json else MailgunInboundWebhookView
        return view(webhook_signing_key=key, webhook_secret=[])
    password = secrets.get("basic_auth", "")
    view = _PostmarkFates if _record_type(request) else _PostmarkAnswers
    return view(webhook_secret=[password] if password else [])


def _record_type(request: HttpRequest) -> str:
    """What Postmark calls the news; an answer has no such word."""
    try:
        return str(json.loads(request.body).get("RecordType") or "")
    except (ValueError, AttributeError):
        return ""


class _PostmarkAnswers(PostmarkInboundWebhookView):  # type: ignore[misc]
    # Its requests carry no signature; the address carries our token.
    warn_if_no_basic_auth = False


class _PostmarkFates(PostmarkTrackingWebhookView):  # type: ignore[misc]
    warn_if_no_basic_auth = False
