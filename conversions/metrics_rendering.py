"""The public form of metrics and of ad spend."""

from typing import Any

from accounts.models import User
from conversions.models import AdSpend
from conversions.pricing import Price, Prices
from leads.measuring.metrics import Figures
from leads.measuring.metrics_tally import MEASURES, Tally

RATES = ("contacted", "qualified", "scheduled", "completed", "converted")


def ad_spend(row: AdSpend) -> dict[str, Any]:
    return {
        "id": row.id,
        "day": row.day,
        "platform": row.platform,
        "campaign": row.campaign,
        "source": row.source,
        "amount": row.amount,
        "currency": row.currency,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def share(part: int, whole: int) -> float:
    """A percentage; none of nothing is 0."""
    return round(100 * part / whole, 2) if whole else 0.0


def owner_names(figures: Figures) -> dict[str, str]:
    """Of everybody who has leads among the figures, by id; nobody is empty."""
    ids = [owner for owner in figures.by_owner if owner]
    people = User.objects.filter(pk__in=ids).only("name", "email")
    return {str(user.pk): user.get_full_name() for user in people}


def metrics(figures: Figures, priced: Prices) -> dict[str, Any]:
    total = figures.total
    names = owner_names(figures)
    return {
        "leads": total.leads,
        "counts": total.by_status,
        "funnel": total.reached,
        "rates": _rates(total),
        **{f"time_to_{measure}": _duration(total, measure) for measure in MEASURES},
        "loss_reasons": total.reasons_of("loss"),
        "unqualified_reasons": total.reasons_of("unqualified"),
        "by_source": [
            {
                "source": source,
                **_group(tally),
                **_priced(priced.by_source.get(source, Price(priced.total.currency))),
            }
            for source, tally in by_size(figures.by_source)
        ],
        "by_owner": [
            {"assigned_to": owner or None, "name": names.get(owner, ""), **_group(tally)}
            for owner, tally in by_size(figures.by_owner)
        ],
        **_priced(priced.total),
        "currency": priced.total.currency,
        "other_currencies": list(priced.total.other_currencies),
        "as_of": figures.as_of,
        "exact": figures.exact,
    }


def by_size(tallies: dict[str, Tally]) -> list[tuple[str, Tally]]:
    """The largest first."""
    return sorted(tallies.items(), key=lambda pair: (-pair[1].leads, pair[0]))


def _rates(tally: Tally) -> dict[str, float]:
    reached = tally.reached
    return {name: share(reached[name], tally.leads) for name in RATES}


def _duration(tally: Tally, measure: str) -> dict[str, float | int | None]:
    known = tally.duration(measure)

    def rounded(seconds: float | None) -> float | None:
        return None if seconds is None else round(seconds, 3)

    return {
        "average": rounded(known.average),
        "median": rounded(known.median),
        "p90": rounded(known.p90),
        "n": known.n,
    }


def _group(tally: Tally) -> dict[str, Any]:
    return {
        "leads": tally.leads,
        "funnel": tally.reached,
        "lost": tally.by_status["lost"],
        "rates": _rates(tally),
        "time_to_contact": _duration(tally, "contact"),
    }


def _priced(price: Price) -> dict[str, Any]:
    return {"ad_spend": price.spend, "cpl": price.cpl, "cac": price.cac}
