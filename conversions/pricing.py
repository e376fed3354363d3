"""What a lead and a customer cost: ad spend set beside the leads of the same days.

Spend is by source, not by person: the leads of one owner have no price. Amounts in other currencies
than the workspace's cannot be added to it; they are named, and there is no price then.
"""

from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from conversions.ad_spend import spent
from leads.measuring.metrics import Figures, Question
from leads.measuring.metrics_tally import Tally

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Price:
    """`spend` in the workspace's currency; `cpl` per lead, `cac` per converted one."""

    currency: str
    spend: Decimal | None = None
    other_currencies: tuple[str, ...] = ()
    cpl: Decimal | None = None
    cac: Decimal | None = None


@dataclass(frozen=True)
class Prices:
    total: Price
    by_source: dict[str, Price]
    before: Price


def prices(figures: Figures) -> Prices:
    """Of the period, of each of its sources, and of the period before."""
    asked = figures.question
    nothing = Price(asked.workspace.currency)
    if asked.owner is not None:
        return Prices(nothing, {}, nothing)
    sums = _spent(asked)
    by_source = {
        source: _price(asked, spend, figures.by_source.get(source, Tally()))
        for source, spend in sums.items()
    }
    before = nothing
    if asked.before is not None and figures.before is not None:
        before = _price(asked, _all(_spent(asked.before)), figures.before)
    return Prices(_price(asked, _all(sums), figures.total), by_source, before)


def _spent(asked: Question) -> dict[str, dict[str, Decimal]]:
    return spent(asked.workspace.pk, since=asked.since, until=asked.until, source=asked.source)


def _all(sums: dict[str, dict[str, Decimal]]) -> dict[str, Decimal]:
    total: defaultdict[str, Decimal] = defaultdict(Decimal)
    for spend in sums.values():
        for currency, amount in spend.items():
            total[currency] += amount
    return dict(total)


def _price(asked: Question, spend: dict[str, Decimal], tally: Tally) -> Price:
    currency = asked.workspace.currency
    own = spend.get(currency)
    others = tuple(sorted(set(spend) - {currency}))
    if own is None or others:
        return Price(currency, own, others)
    return Price(
        currency,
        own,
        cpl=_each(own, tally.leads),
        cac=_each(own, tally.reached["converted"]),
    )


def _each(amount: Decimal, number: int) -> Decimal | None:
    return (amount / number).quantize(_CENT, ROUND_HALF_UP) if number else None
