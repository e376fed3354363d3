"""The entries of a timeline: of each kind the frame is drawn once, what is its own is filled in."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from accounts.pieces import piece
from leads.models import Interaction, InteractionType
from leads.templatetags.lead_display import (
    clock_time,
    label_from,
    source_label,
    step_label,
)

register = template.Library()

_REASONS = (("loss_reason", "loss_labels"), ("unqualified_reason", "unqualified_labels"))
# Of a message, which the conversation shows whole.
_SHORT = 160


@register.simple_tag(takes_context=True)
def timeline_entry(context: dict[str, Any], entry: Interaction) -> SafeString:
    """What happened, by whom, when, and what was written about it."""
    if entry.type == InteractionType.STATUS_CHANGE:
        what = _status_change(context, entry.payload)
    elif entry.type == InteractionType.SYSTEM_AUTO:
        what = _step(entry.payload)
    else:
        what = _touchpoint(entry)
    subject, text = entry.payload.get("subject"), entry.text
    if text and entry.payload.get("message_id"):
        text = Truncator(text).chars(_SHORT)
    frame = piece(
        "leads/timeline/entry.html",
        type=entry.type,
        direction=entry.direction,
        has_author=bool(entry.actor_label),
        has_subject=bool(subject),
        has_text=bool(text),
    )
    return SafeString(
        frame.format(
            what=what,
            author=escape(entry.actor_label),
            at=clock_time(entry.at),
            subject=escape(subject),
            text=escape(text),
            notices="".join(map(_notice, entry.payload.get("notices") or ())),
        )
    )


def _touchpoint(entry: Interaction) -> SafeString:
    successful = entry.payload.get("successful")
    return piece(
        "leads/timeline/touchpoint.html",
        type=entry.type,
        label=entry.get_type_display(),
        direction=entry.get_direction_display(),
        platform=entry.platform,
        platform_label=entry.get_platform_display(),
        # It may say anything, and only a yes or a no is told.
        successful=successful if isinstance(successful, bool) else None,
    )


def _status_change(context: dict[str, Any], payload: Mapping[str, Any]) -> str:
    moved = piece(
        "leads/timeline/status_change.html",
        was=payload.get("from", ""),
        now=payload.get("to", ""),
        is_taken_back=payload.get("move") == "undo",
    )
    if not payload.get("loss_reason"):
        return moved
    reasons = [
        label_from(payload[name], context[labels]) for name, labels in _REASONS if payload.get(name)
    ]
    return moved + format_html(" <span>{}</span>", " · ".join(reasons))


def _step(payload: Mapping[str, Any]) -> str:
    told: str = format_html("<strong>{}</strong>", step_label(payload))
    source, is_of_task = payload.get("source"), payload.get("task_id")
    if source:
        told += _secondary(source_label(source))
    if is_of_task:
        told += _secondary(payload.get("title", ""))
    elif payload.get("fields"):
        told += _secondary(", ".join(map(str, payload["fields"])))
    return told


def _secondary(text: str) -> str:
    return format_html(' <span class="secondary">{}</span>', text)


def _notice(text: str) -> str:
    return format_html('<p class="small muted">{}</p>', text)
