"""How figures read: whole numbers, shares, lengths of time, money, and what changed."""

from decimal import Decimal
from functools import lru_cache

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

register = template.Library()

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


@register.filter
def whole(value: int | None) -> str:
    """A number with its thousands apart."""
    return "" if value is None else _grouped(value, 0, get_language())


@register.filter
def percent(value: float | None) -> str:
    """A share of 100; one decimal below ten."""
    if value is None:
        return "–"
    places = 0 if value == 0 or value >= 10 else 1
    return _share(round(value, places), places, get_language())


# A page of tables says hundreds of figures, and the next one many of them again.
@lru_cache(maxsize=2048)
def _share(rounded: float, places: int, _language: str | None) -> str:
    return _("%(share)s %%") % {"share": number_format(rounded, decimal_pos=places)}


@lru_cache(maxsize=4096)
def _grouped(value: int | Decimal, places: int, _language: str | None) -> str:
    return number_format(value, decimal_pos=places, force_grouping=True)


@register.filter
def amount(value: Decimal | None) -> str:
    """Money whose currency is said elsewhere."""
    if not isinstance(value, Decimal):
        return "–"
    return _grouped(value, 2, get_language())


@register.filter
def money(value: Decimal | None, currency: str) -> str:
    return "–" if value is None else f"{amount(value)} {currency}"


@register.filter
def time_taken(seconds: float | None) -> str:
    """A length of time in its two largest units: 40 s, 12 min, 3 h 20 min, 4 d 6 h."""
    if seconds is None:
        return "–"
    if seconds < _MINUTE:
        return _("%(count)d s") % {"count": round(seconds)}
    if seconds < _HOUR:
        return _("%(count)d min") % {"count": seconds // _MINUTE}
    if seconds < _DAY:
        return _("%(hours)d h %(minutes)d min") % {
            "hours": seconds // _HOUR,
            "minutes": seconds % _HOUR // _MINUTE,
        }
    days = {"days": seconds // _DAY, "hours": seconds % _DAY // _HOUR}
    return _("%(days)d d %(hours)d h") % days if seconds < 10 * _DAY else _("%(days)d d") % days


@register.simple_tag
def change(now: float | None, before: float | None, *, better: str = "more") -> SafeString | str:
    """By how much it differs from before, coloured by whether that is `better` (more or less)."""
    if now is None or before is None:
        return ""
    if not before:
        return _("none before") if now else ""
    percentage = round(100 * (float(now) - float(before)) / float(before))
    if not percentage:
        return _("as before")
    is_better = (percentage > 0) == (better == "more")
    return format_html(
        '<span class="change {}">{}</span> {}',
        "change-better" if is_better else "change-worse",
        f"{'+' if percentage > 0 else '−'}{number_format(abs(percentage), force_grouping=True)} %",
        _("to the period before"),
    )


@register.filter
def bar_width(share: float | None) -> str:
    """For an SVG attribute, whatever the language."""
    return f"{max(0.0, min(100.0, share or 0.0)):.2f}%"
