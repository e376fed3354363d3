"""Replies by e-mail, and news of our own mails, as the e-mail provider hands them on.

Light: anymail, which knows the providers' words and signatures, is loaded with the first request.
"""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpRequest

from integrations.contracts import ConnectionData, InboundItem, TestResult
from integrations.providers.base import FieldSpec

SERVICES = ("postmark", "mailgun")


class EmailProvider:
    """A connection over which replies arrive; nothing is uploaded to it.

    The token in its address is a secret of its own; Mailgun, which signs, is held to its signature
    too.
    """

    name: ClassVar[str] = "email"
    label: ClassVar[str] = "E-mail replies"
    settings_fields: ClassVar[tuple[FieldSpec, ...]] = (
        FieldSpec(
            "service",
            "E-mail provider",
            required=True,
            help_text="postmark or mailgun: who receives the replies.",
            choices=SERVICES,
        ),
    )
    secret_fields: ClassVar[tuple[FieldSpec, ...]] = (
        FieldSpec(
            "mailgun_signing_key",
            "Mailgun: HTTP webhook signing key",
            help_text="From Mailgun's page of API keys.",
        ),
        FieldSpec(
            "basic_auth",
            "Postmark: user:password",
            help_text="If the webhook's address is https://user:password@…; otherwise leave it.",
        ),
    )

    def __init__(self, connection: ConnectionData) -> None:
        self.connection = connection

    def test(self) -> TestResult:
        """There is nobody to call: the service calls us."""
        return TestResult(
            ok=True, explanation="Give the address to your e-mail provider; nothing is called."
        )

    def items(self, service: str, request: HttpRequest) -> list[InboundItem]:
        """What the service sends, checked and in our words.

        Raises `WrongSignatureError`, `UnreadableError`, `ConfigurationError`.
        """
        from integrations.providers.email import reading

        return reading.items(service, self.connection.secrets, request)
