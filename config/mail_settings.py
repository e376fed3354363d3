"""What is told from the settings of e-mail, and with which of them production does not start."""

import re
from collections.abc import Mapping, Sequence

from django.core.exceptions import ImproperlyConfigured

_ANYMAIL = re.compile(r"^anymail\.backends\.(\w+)\.EmailBackend$")
_DOMAIN = re.compile(r"^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$")
# They keep mail on this machine.
_KEEPERS = ("console", "filebased", "locmem", "dummy")


def domain_of(address: str) -> str:
    """Of `crm@example.com` and of `CRM <crm@example.com>`."""
    return address.strip().rstrip(">").rpartition("@")[2].strip().lower()


def provider_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """What anymail reads, by its own names."""
    given = {name: value for name, value in environment.items() if name.startswith("ANYMAIL_")}
    return {name.removeprefix("ANYMAIL_"): value for name, value in given.items() if value}


def sender_domains(named: Sequence[str], default_from: str, is_production: bool) -> list[str]:
    """Those that are named, else the deployment's own: a real one, or a developer's localhost."""
    domains = [domain.strip().lower() for domain in named if domain.strip()]
    own = domain_of(default_from)
    return domains or ([own] if _DOMAIN.match(own) or not is_production else [])


def refuse_lost_mail(
    backend: str,
    default_from: str,
    sender_domains: Sequence[str],
    inbound_domain: str,
    provider_settings: Mapping[str, str],
) -> None:
    """Settings that contradict each other: mail would be lost, or answers go nowhere."""
    if any(backend == f"django.core.mail.backends.{kind}.EmailBackend" for kind in _KEEPERS):
        raise ImproperlyConfigured(
            f"EMAIL_BACKEND={backend} keeps every mail on this machine. Set EMAIL_URL to a mail "
            "server, such as smtp+tls://user:password@mail.example.com:587, or EMAIL_BACKEND to a "
            "provider's, such as anymail.backends.postmark.EmailBackend."
        )
    if found := _ANYMAIL.match(backend):
        _refuse_half_a_provider(found[1], default_from, provider_settings)
    for domain in sender_domains:
        if not _DOMAIN.match(domain):
            raise ImproperlyConfigured(
                f"EMAIL_SENDER_DOMAINS names {domain!r}, which is no domain. Set it to the domains "
                "this installation may send from: EMAIL_SENDER_DOMAINS=example.com"
            )
    if sender_domains and domain_of(default_from) not in sender_domains:
        raise ImproperlyConfigured(
            "DEFAULT_FROM_EMAIL is not of EMAIL_SENDER_DOMAINS: workspaces without an address of "
            "their own could send nothing. Name its domain there, or use an address of one."
        )
    if inbound_domain and not _DOMAIN.match(inbound_domain):
        raise ImproperlyConfigured(
            f"EMAIL_INBOUND_DOMAIN is {inbound_domain!r}, which is no domain. Set it to the one "
            "whose mail your provider hands on: EMAIL_INBOUND_DOMAIN=reply.example.com"
        )
    if inbound_domain and not sender_domains:
        raise ImproperlyConfigured(
            "EMAIL_INBOUND_DOMAIN is set, but nothing can be sent that could be answered. Set "
            "DEFAULT_FROM_EMAIL, and EMAIL_SENDER_DOMAINS if there are several."
        )


def _refuse_half_a_provider(name: str, default_from: str, settings: Mapping[str, str]) -> None:
    prefix = name.upper()
    if not any(key.startswith(f"{prefix}_") for key in settings):
        raise ImproperlyConfigured(
            f"EMAIL_BACKEND names {name}, but none of its keys is set. Set what anymail asks for, "
            f"such as ANYMAIL_{prefix}_API_KEY (for Postmark ANYMAIL_POSTMARK_SERVER_TOKEN)."
        )
    if not _DOMAIN.match(domain_of(default_from)):
        raise ImproperlyConfigured(
            f"DEFAULT_FROM_EMAIL is {default_from!r}, from which {name} sends nothing. Set it to "
            "an address of a domain that is verified there."
        )
