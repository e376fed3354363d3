"""What every provider's HTTP client shares: where it may be pointed, and how long to wait.

The vendors' own client libraries make the calls; this module only decides on the address and reads
the one header all platforms agree on.
"""

from __future__ import annotations

import ipaddress
import math
import os
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from integrations.contracts import ConfigurationError

TIMEOUT_SECONDS = 20.0
"""To connect, and again between two bytes of the answer."""


def local_endpoint(variable: str) -> str:
    """The address an environment variable sends a platform's calls to, or "" for the real platform.

    Only plain http to this very machine is taken: such a variable makes real clients talk without
    encryption, some of them without credentials, so it must never reach a network.

    Args:
        variable: the name, for example "META_GRAPH_URL". Read at every call, so that a test may
            set it after the process started.

    Returns:
        "http://127.0.0.1:9101", without a trailing slash.

    Raises:
        ConfigurationError: it names anything but a plain-http loopback address.
    """
    value = os.environ.get(variable, "").strip()
    if not value:
        return ""
    if not _is_plain_loopback(value):
        # The value is left out of the message: somebody may have put credentials into it.
        raise ConfigurationError(
            f"{variable} may only name a plain-http address of this machine, "
            "such as http://127.0.0.1:9101.",
            code="endpoint_not_loopback",
        )
    return value.rstrip("/")


def _is_plain_loopback(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        parts.port  # noqa: B018  reading it raises ValueError for a port that is no number
        # "localhost" is the one name taken: any other would have to be resolved to be judged.
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
    bare = parts.username is None and not (parts.query or parts.fragment)
    return parts.scheme == "http" and loopback and bare


def retry_after_seconds(header: str | None, *, now: datetime | None = None) -> float | None:
    """What a `Retry-After` header asks for, in seconds; None when there is none to be read.

    Both forms of RFC 9110 section 10.2.3 are read: a number of seconds and an HTTP date. A date in
    the past means 0.
    """
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            at = parsedate_to_datetime(header)
        except ValueError:
            return None
        if at.tzinfo is None:  # "-0000" parses as naive; the header is always in GMT
            at = at.replace(tzinfo=UTC)
        seconds = (at - (now or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None
