"""Campaigns in words: how far they are, when they call, what they brought."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.utils.dates import WEEKDAYS
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.calling_hours import day_number
from campaigns.models import Campaign

register = template.Library()

_ALL_DAYS = 7


@register.filter
def at(numbers: Mapping[Any, int], key: Any) -> int:
    """What is counted under a key; 0 where nothing is."""
    return numbers.get(key, 0)


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """`1,250.00 USD`."""
    text = number_format(amount, decimal_pos=2, use_l10n=True, force_grouping=True)
    return f"{text} {currency}"


@register.filter
def bare(number: Decimal) -> str:
    """For an attribute that a browser reads, whatever the language of the page."""
    return f"{number:.2f}"


@register.filter
def whole(number: Decimal) -> str:
    """A share in percent, without decimals unless it is below one."""
    return "<1" if 0 < number < 1 else f"{number:.0f}"


@register.filter
def progress_words(campaign: Campaign) -> str:
    """How far a campaign that was read `with_totals` is."""
    row: Any = campaign
    if not row.total_leads:
        return _("Nobody to call yet")
    if not row.attempts:
        return _("Nobody was called yet")
    contacted = ngettext(
        "%(n)s of %(total)s contacted", "%(n)s of %(total)s contacted", row.contacted_leads
    ) % {"n": _grouped(row.contacted_leads), "total": _grouped(row.total_leads)}
    successes = ngettext("%(n)s success", "%(n)s successes", row.successful_leads)
    return f"{contacted}, {successes % {'n': _grouped(row.successful_leads)}}"


@register.filter
def hours_words(campaign: Campaign) -> str:
    """When the campaign calls: `Monday, Tuesday, 09:00 to 18:00 on the clock of the lead`."""
    hours = campaign.calling_hours
    if not hours:
        return _("Calls at any hour")
    days = sorted({day_number(day) for day in hours.get("days", range(_ALL_DAYS))})
    named = (
        _("every day") if len(days) == _ALL_DAYS else ", ".join(str(WEEKDAYS[day]) for day in days)
    )
    return _("Calls %(days)s, %(start)s to %(end)s on the lead's own clock") % {
        "days": named,
        "start": hours["start"],
        "end": hours["end"],
    }


def _grouped(number: int) -> str:
    return number_format(number, use_l10n=True, force_grouping=True)
