"""What an e-mail provider tells us, in our words: answers, and what became of mails of ours."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from email.utils import getaddresses
from html import unescape
from typing import Any

from anymail.inbound import AnymailInboundMessage
from anymail.signals import (
    AnymailInboundEvent,
    AnymailTrackingEvent,
    EventType,
    RejectReason,
)

from integrations.contracts import InboundItem
from integrations.email_transport import OUR_REFERENCE

LONGEST_BODY = 100_000
_LONGEST_NAME = 300
_FATES = {
    EventType.DELIVERED: "delivered",
    EventType.BOUNCED: "bounced",
    EventType.REJECTED: "bounced",
    EventType.FAILED: "bounced",
}
# What says that the person wants no more mail: the news itself, or why another mail was held back.
_REFUSALS = {
    EventType.COMPLAINED: "complained",
    EventType.UNSUBSCRIBED: "unsubscribed",
    RejectReason.SPAM: "complained",
    RejectReason.UNSUBSCRIBED: "unsubscribed",
    "suppress-complaint": "complained",
    "suppress-unsubscribe": "unsubscribed",
}
# Nothing is wrong with the address itself.
_TRANSIENT = ("SoftBounce", "VirusNotification", "espblock")
_NO_SUCH_ADDRESS = (RejectReason.BOUNCED, RejectReason.INVALID)


def fate(event: AnymailTrackingEvent) -> InboundItem | None:
    """What became of a mail, or that its reader wants no more; None for what nobody asks.

    Such as that it was opened.
    """
    ours = str((event.metadata or {}).get(OUR_REFERENCE, ""))
    recipient = _line(event.recipient).lower()
    raw = _raw_reason(event)
    what = _FATES.get(event.event_type, "") if ours else ""
    words = (event.event_type, event.reject_reason, raw)
    refusal = next((_REFUSALS[word] for word in words if word in _REFUSALS), "")
    if not (what or (refusal and (ours or recipient))):
        return None
    is_gone = event.reject_reason in _NO_SUCH_ADDRESS or _is_permanent(event)
    payload = {
        "message": ours,
        "status": what,
        "reason": str(event.reject_reason or ""),
        "recipient": recipient,
        "refusal": refusal,
        "is_undeliverable": what == "bounced" and is_gone and not refusal and raw not in _TRANSIENT,
    }
    # The same news again changes nothing, however often it is told.
    of = ours or hashlib.sha256(f"{recipient}:{event.timestamp}".encode()).hexdigest()
    return InboundItem("email_status", f"{of}:{what or refusal}", payload)


def _raw_reason(event: AnymailTrackingEvent) -> str:
    """Why, in the service's own words, which tell more than anymail's."""
    told = event.esp_event
    data = told.get("event-data", told)
    return _line(data.get("reason") or data.get("Type"))


def _is_permanent(event: AnymailTrackingEvent) -> bool:
    """Whether Mailgun says so."""
    return bool(event.esp_event.get("event-data", {}).get("severity") == "permanent")


def answer(event: AnymailInboundEvent) -> InboundItem:
    """An e-mail that was received for us."""
    message: AnymailInboundMessage = event.message
    message_id = _line(message["Message-ID"])
    payload = {
        "message_id": message_id,
        "in_reply_to": _ids(message["In-Reply-To"]),
        "references": _ids(message["References"]),
        "from": [_line(a) for _n, a in _addresses(message, "From")[:1]],
        "from_name": next((_line(n) for n, _a in _addresses(message, "From")[:1]), ""),
        "to": _recipients(message),
        "subject": _line(message["Subject"])[:_LONGEST_NAME],
        "text": _text_of(message),
        "date": message.date.isoformat() if message.date else "",
        "is_automatic": _is_automatic(message),
        "is_spam": bool(message.spam_detected),
        "attachments": [_attachment(part) for part in message.attachments[:50]],
    }
    return InboundItem("email", _external_id(message_id, event, payload), payload)


def _external_id(message_id: str, event: AnymailInboundEvent, payload: Mapping[str, Any]) -> str:
    """The mail's own id: a service that sends again may give the request another one."""
    told = message_id or str(event.event_id or "")
    content = told or repr(sorted(payload.items()))
    return told if 0 < len(told) <= 300 else hashlib.sha256(content.encode()).hexdigest()


def _addresses(message: AnymailInboundMessage, *names: str) -> list[tuple[str, str]]:
    values = [str(value) for name in names for value in message.get_all(name, [])]
    return [(name, address.lower()) for name, address in getaddresses(values) if "@" in address]


def _recipients(message: AnymailInboundMessage) -> list[str]:
    """Everybody it went to; a forwarded mail names the reply address in its envelope alone."""
    named = [a for _n, a in _addresses(message, "To", "Cc", "Delivered-To", "X-Original-To")]
    envelope = [message.envelope_recipient.lower()] if message.envelope_recipient else []
    return list(dict.fromkeys(_line(address) for address in [*envelope, *named]))[:50]


def _text_of(message: AnymailInboundMessage) -> str:
    """Without what the answer quotes, where the service tells; HTML gives up its words only."""
    text = message.stripped_text or message.text or _words_of(message.html or "")
    return text.replace("\0", "").strip()[:LONGEST_BODY]


def _words_of(html: str) -> str:
    hidden = re.compile(r"<(script|style|head)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
    breaks = re.compile(r"<(br|/p|/div|/tr|/li|/h[1-6])\b[^>]*>", re.IGNORECASE)
    text = breaks.sub("\n", hidden.sub(" ", html[: 20 * LONGEST_BODY]))
    text = unescape(re.sub(r"<[^>]*>", "", text))
    return re.sub(r"\n\s*\n\s*", "\n\n", re.sub(r"[ \t\r\f\v]+", " ", text))


def _is_automatic(message: AnymailInboundMessage) -> bool:
    """An out-of-office notice or a list's mail, rather than a person's answer."""
    told = _line(message["Auto-Submitted"]).lower()
    bulk = _line(message["Precedence"]).lower() in ("bulk", "junk", "auto_reply", "list")
    return bulk or (told not in ("", "no")) or message["X-Autoreply"] is not None


def _attachment(part: AnymailInboundMessage) -> dict[str, Any]:
    content = part.get_content_bytes() or b""
    name = _line(part.get_filename() or "")[:_LONGEST_NAME]
    return {"name": name, "type": part.get_content_type(), "size": len(content)}


def _ids(value: Any) -> list[str]:
    return re.findall(r"<[^<>\s]{1,390}>", str(value or ""))[-50:]


def _line(value: Any) -> str:
    return " ".join(str(value or "").replace("\0", "").split())
