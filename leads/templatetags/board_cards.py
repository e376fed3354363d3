"""The cards of the board, of which a page has hundreds."""

from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString

from accounts.permissions import Permission
from accounts.pieces import piece
from accounts.templatetags.components import icon, person_named, row_url
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
    drawn = piece(
        "leads/board/card.html",
        can_move=context["can"][Permission.LEAD_EDIT.value],
        just_moved=just_moved,
        is_owned=bool(card.owner),
        is_contacted=card.last_contacted_at is not None,
        has_visit=card.visit_at is not None,
        is_overdue=card.is_overdue,
        is_closing=card.closes_at is not None,
    )
    menu_url = row_url("leads:board_menu", workspace, card.number)
    # Only what people typed is escaped: the rest is a number, a code of ours or drawn already, and
    # to look at it again took as long as everything else.
    return SafeString(
        drawn.format(
            number=card.number,
            status=card.status,
            name=escape(card.name),
            lead_url=row_url("leads:detail", workspace, card.number),
            menu_url=escape(f"{menu_url}?{query}") if query else menu_url,
            heat=piece("components/heat_badge.html", heat=card.heat, score=card.heat_score),
            owner=person_named(card.owner) if card.owner else "",
            method_icon=_method_icon(card),
            method=method_label(card.last_contact_method) if card.last_contacted_at else "",
            contacted=ago(card.last_contacted_at),
            visit=_visit(card),
            left=short_duration(card.closes_in) if card.closes_at else "",
        )
    )


def _method_icon(card: Card) -> str:
    return (
        icon(method_icon(card.last_contact_method), "icon-small") if card.last_contacted_at else ""
    )


def _visit(card: Card) -> str:
    return ago(card.visit_at) if card.is_overdue else exact_time(card.visit_at)
