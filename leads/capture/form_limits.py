"""How often one address may send one public form."""

import ipaddress
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.throttling import count

WINDOW_SECONDS = 600
# An office behind one address, with typing errors, stays well below.
MOST_IN_WINDOW = 20
# A home or an office has a whole /64 of IPv6 addresses.
IPV6_PREFIX = 64


def may_send(form_id: UUID, request: HttpRequest) -> bool:
    """Count one attempt; False when the address has used up its share for now."""
    name = f"lead-form:{form_id}:{_address(request)}"
    return not count(name, MOST_IN_WINDOW, WINDOW_SECONDS).is_exceeded


def _address(request: HttpRequest) -> str:
    """Whoever sends, as sign-in sees them; an IPv6 address stands for its network."""
    try:
        text = get_adapter().get_client_ip(request)
    except PermissionDenied:
        # The proxies in front are fewer than configured; a form is no reason to turn people away.
        text = request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if address.version == 6:
        return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))
    return text
