"""Handing one e-mail to the outside world: SMTP, an e-mail provider, or files while developing.

Django's e-mail backend does it, whichever the settings name. What it raises becomes one of our
three errors: worth another try, never, or not before an operator acts. Their words go to people of
the workspace, so they hold neither passwords nor whole answers of a server.
"""

import smtplib
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import gettext as _

from integrations.contracts import ConfigurationError, PermanentError, TemporaryError

# What a provider hands back when it tells what became of a mail.
OUR_REFERENCE = "leadloop_message"
# Postmark keeps a mail's own Message-ID only when asked to, and threads rest on it.
_KEEP_OUR_ID = {"X-PM-KeepID": "true"}
# Answers of a provider that another try may change.
_TRY_AGAIN = frozenset({408, 409, 425, 429})
_NOT_ALLOWED = frozenset({401, 402, 403})


@dataclass(frozen=True, slots=True)
class OutgoingEmail:
    """What is to be sent; the same `message_id` on every try."""

    reference: str
    message_id: str
    sender: str
    recipient: str = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def open_mailer() -> BaseEmailBackend:
    """A connection for several mails; raises `TemporaryError` or `ConfigurationError`."""
    try:
        mailer = get_connection()
        mailer.open()
    except Exception as failure:
        raise _translated(failure) from failure
    return mailer


def send(email: OutgoingEmail, mailer: BaseEmailBackend) -> None:
    """Send one; raises `TemporaryError`, `PermanentError` or `ConfigurationError`."""
    try:
        message = EmailMessage(
            email.subject,
            email.body,
            from_email=email.sender,
            to=[email.recipient],
            reply_to=[email.reply_to] if email.reply_to else None,
            headers={"Message-ID": email.message_id, **email.headers, **_provider_headers()},
            connection=mailer,
        )
        # Anymail's backends send it along; others know nothing of it.
        message.metadata = {OUR_REFERENCE: email.reference}  # type: ignore[attr-defined]
        message.send()
    except Exception as failure:
        raise _translated(failure) from failure


def _provider_headers() -> dict[str, str]:
    return _KEEP_OUR_ID if "postmark" in settings.EMAIL_BACKEND else {}


def _translated(failure: Exception) -> Exception:
    # Loaded when something fails: it brings an HTTP client along.
    from anymail.exceptions import (
        AnymailAPIError,
        AnymailCancelSend,
        AnymailConfigurationError,
        AnymailRecipientsRefused,
        AnymailRequestsAPIError,
        AnymailUnsupportedFeature,
    )

    code = type(failure).__name__
    match failure:
        case smtplib.SMTPAuthenticationError() | AnymailConfigurationError():
            return _configuration(code)
        case smtplib.SMTPRecipientsRefused(recipients=refused):
            # One recipient, one answer.
            return _by_smtp_code(max((answer[0] for answer in refused.values()), default=550), code)
        case smtplib.SMTPResponseException(smtp_code=smtp_code):
            return _by_smtp_code(smtp_code, code)
        case AnymailRecipientsRefused() | AnymailCancelSend():
            return PermanentError(_("The e-mail provider refuses this address."), code=code)
        case AnymailUnsupportedFeature() | ValueError():
            return PermanentError(_("This cannot be sent as an e-mail."), code=code)
        case AnymailRequestsAPIError(status_code=int(status)):
            return _by_http_status(status, code)
        case AnymailAPIError() | OSError() | smtplib.SMTPException():
            return TemporaryError(_("The mail server does not answer."), code=code)
    return TemporaryError(_("The mail could not be sent (%(error)s).") % {"error": code}, code=code)


def _by_smtp_code(smtp_code: int, code: str) -> Exception:
    answer = {"code": smtp_code}
    if 400 <= smtp_code < 500:
        words = _("The mail server says: not now (%(code)d).") % answer
        return TemporaryError(words, code=code)
    if smtp_code in (530, 534, 535, 538):
        return _configuration(code)
    return PermanentError(
        _("The mail server refuses this e-mail or its address (%(code)d).") % answer, code=code
    )


def _by_http_status(status: int, code: str) -> Exception:
    if status in _NOT_ALLOWED:
        return _configuration(code)
    if status >= 500 or status in _TRY_AGAIN:
        return TemporaryError(_("The e-mail provider says: not now (%d).") % status, code=code)
    return PermanentError(
        _("The e-mail provider refuses this e-mail or its address (%d).") % status, code=code
    )


def _configuration(code: str) -> ConfigurationError:
    words = _("The mail server does not let Leadloop in: an operator has to check the settings.")
    return ConfigurationError(words, code=code)
