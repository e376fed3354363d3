"""The cards of the board, of which a page has hundreds."""

import time
from functools import lru_cache
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from accounts.permissions import Permission
from accounts.pieces import piece
from accounts.templatetags.components import icon, person_named, row_address
from leads.board import Card
from leads.templatetags.lead_display import (
    ago,
    exact_time,
    method_icon,
    method_label,
    short_duration,
)

register = template.Library()


@register.simple_tag(takes_context=True)
def board_card(context: dict[str, Any], card: Card, just_moved: bool = False) -> SafeString:
    """One card: its kind is drawn once, what is its own is filled in.

    Rendering each as a template took nine tenths of the page's time.
    """
    workspace, query = context["workspace"], context.get("query", "")
    return _drawn(
        card,
        context["can"][Permission.LEAD_EDIT.value],
        just_moved,
        workspace.slug,
        workspace.time_zone,
        query,
        get_language(),
        int(time.time() // 60),
    )


# The next look at the board, by whomever, has nearly the same cards; what is said of the time
# (`_minute`) changes with it.
@lru_cache(maxsize=4096)
def _drawn(
    card: Card,
    can_move: bool,
    just_moved: bool,
    slug: str,
    _time_zone: str,
    query: str,
    language: str | None,
    _minute: int,
) -> SafeString:
    drawn = piece(
        "leads/board/card.html",
        can_move=can_move,
        just_moved=just_moved,
        is_owned=bool(card.owner),
        is_contacted=card.last_contacted_at is not None,
        has_visit=card.visit_at is not None,
        is_overdue=card.is_overdue,
        is_closing=card.closes_at is not None,
    )
    menu_url = row_address("leads:board_menu", slug, card.number)
    icon_of_method, method = "", ""
    if card.last_contacted_at:
        icon_of_method, method = _method(card.last_contact_method, language)
    # Only what people typed is escaped: the rest is a number, a code of ours or drawn already, and
    # to look at it again took as long as everything else.
    return SafeString(
        drawn.format(
            number=card.number,
            status=card.status,
            name=escape(card.name),
            lead_url=row_address("leads:detail", slug, card.number),
            menu_url=escape(f"{menu_url}?{query}") if query else menu_url,
            heat=piece("components/heat_badge.html", heat=card.heat, score=card.heat_score),
            owner=person_named(card.owner) if card.owner else "",
            method_icon=icon_of_method,
            method=method,
            contacted=ago(card.last_contacted_at),
            visit=_visit(card),
            left=short_duration(card.closes_in) if card.closes_at else "",
        )
    )


@lru_cache(maxsize=128)
def _method(method: str, _language: str | None) -> tuple[str, str]:
    return icon(method_icon(method), "icon-small"), method_label(method)


def _visit(card: Card) -> str:
    return ago(card.visit_at) if card.is_overdue else exact_time(card.visit_at)
