"""What the demo businesses spend on ads: a daily amount for each source that is advertised."""

from datetime import timedelta
from decimal import Decimal

from config.demo.businesses import Business
from config.demo.stories import Cast
from conversions import ad_spend
from conversions.ad_spend import Spend
from leads.models import Source

_DAYS = 90
# Where each source's leads are bought, and what a lead costs there, more or less.
_PLATFORMS = {
    Source.WEBSITE: ("google_ads", 38),
    Source.FACEBOOK: ("meta", 24),
    Source.INSTAGRAM: ("instagram", 19),
    Source.LINKEDIN: ("linkedin", 55),
}


def load(business: Business, cast: Cast) -> None:
    """The last ninety days of each platform; the weekend costs half."""
    today = cast.now.astimezone(cast.zone).date()
    leads_a_day = business.leads / _DAYS
    weights = sum(business.sources.values())
    rows = []
    for number, (source, weight) in enumerate(business.sources.items()):
        if source not in _PLATFORMS:
            continue
        platform, cost = _PLATFORMS[Source(source)]
        campaign = business.campaigns[number % len(business.campaigns)]
        usual = leads_a_day * weight / weights * cost
        for days in range(_DAYS):
            day = today - timedelta(days=days)
            share = cast.rng.uniform(0.75, 1.25) * (0.5 if day.weekday() >= 5 else 1)
            amount = Decimal(usual * share).quantize(Decimal("0.01"))
            rows.append(Spend(day, platform, amount, campaign=campaign, source=source))
    ad_spend.record(rows, actor=cast.manager)
