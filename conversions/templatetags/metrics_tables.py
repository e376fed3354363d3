"""Rows of the tables of metrics: what is the same in each is drawn once, the figures filled in."""

from functools import lru_cache
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString

from accounts.pieces import piece
from conversions.metrics_views import Group
from conversions.templatetags.metrics_display import amount, percent, time_taken, whole

register = template.Library()


@register.simple_tag(takes_context=True)
def leads_link(context: dict[str, Any], number: int, query: str) -> SafeString:
    """A number of leads, and the way to them."""
    return _link(context, whole(number), query) if number else SafeString("0")


@register.simple_tag(takes_context=True)
def group_row(
    context: dict[str, Any], group: Group, *, with_prices: bool, are_exact: bool
) -> SafeString:
    """A source or an owner."""
    drawn = piece(
        "conversions/metrics/group.html",
        with_prices=with_prices,
        currency=context["price"].currency,
    )
    time, price = group.time_to_contact, group.price
    about = "≈ " if time.n and not are_exact else ""
    rates = {
        name: _link(context, percent(rate), query) if rate else escape(percent(rate))
        for name, (rate, query) in group.rates.items()
    }
    return SafeString(
        drawn.format(
            name=escape(group.name),
            leads=leads_link(context, group.tally.leads, group.query),
            lost=leads_link(context, group.lost, f"{group.query}&status=lost"),
            median=about + escape(time_taken(time.median)),
            average=escape(time_taken(time.average)),
            p90=about + escape(time_taken(time.p90)),
            n=whole(time.n),
            spent=amount(price.spend if price else None),
            per_lead=amount(price.cpl if price else None),
            per_customer=amount(price.cac if price else None),
            **rates,
        )
    )


def _link(context: dict[str, Any], text: str, query: str) -> SafeString:
    address = f"{_leads_page(context['workspace'].slug)}?{query}"
    return SafeString(f'<a href="{escape(address)}">{escape(text)}</a>')


@lru_cache(maxsize=1024)
def _leads_page(slug: str) -> str:
    return reverse("leads:list", args=[slug])
