"""What advertising cost, day by day: entered by hand, sent over the API, or read from a file."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.locks import wait_for_others
from accounts.permissions import Permission
from conversions.errors import ConversionError, NotFound
from conversions.models import AdSpend
from leads.intake import SOURCE_ALIASES
from leads.models import Source

MOST_ROWS = 5_000
MOST_AMOUNT = Decimal(10) ** 12
LONGEST_CAMPAIGN = 200
# What people call the platforms, and where the leads of each mostly come in.
_PLATFORMS = {"google": "google_ads", "adwords": "google_ads", "facebook": "meta", "fb": "meta"}
_SOURCES = {"meta": Source.FACEBOOK, "instagram": Source.INSTAGRAM, "linkedin": Source.LINKEDIN}


@dataclass(frozen=True)
class Spend:
    """One campaign's cost of one day. Empty: the platform's usual source, the own currency."""

    day: date
    platform: str
    amount: Decimal
    campaign: str = ""
    source: str = ""
    currency: str = ""


@dataclass(frozen=True)
class Recorded:
    """What is known now, in the order given, and which of it is new."""

    rows: list[AdSpend]
    created: int

    @property
    def replaced(self) -> int:
        return len(self.rows) - self.created


def record(given: Sequence[Spend], *, actor: Actor) -> Recorded:
    """Keep these costs; what was known of a campaign's day is replaced. All of it, or nothing.

    Raises `ConversionError` that names the row (``rows[3].amount``) where there are several.
    """
    actor.require(Permission.IMPORT)
    if len(given) > MOST_ROWS:
        raise ConversionError(_("Send at most %(count)d rows at once.") % {"count": MOST_ROWS})
    workspace = actor.own_workspace
    rows = _checked(given, workspace_id=workspace.pk, currency=workspace.currency)
    known = AdSpend.objects.in_workspace(workspace.pk)
    with transaction.atomic():
        # Of two deliveries at once one counts as the first.
        wait_for_others([f"ad spend:{workspace.pk}"])
        days = {row.day for row in rows}
        there = set(known.filter(day__in=days).values_list("day", "platform", "campaign"))
        AdSpend.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["workspace", "day", "platform", "campaign"],
            update_fields=["source", "amount", "currency", "updated_at"],
        )
        found = {_key(row): row for row in known.filter(day__in=days)}
    created = sum(_key(row) not in there for row in rows)
    return Recorded([found[_key(row)] for row in rows], created)


def delete(spend_id: UUID, *, actor: Actor) -> None:
    """Take one row away; raises `NotFound`."""
    actor.require(Permission.IMPORT)
    rows = AdSpend.objects.in_workspace(actor.own_workspace.pk)
    with transaction.atomic():
        if not rows.filter(pk=spend_id).delete()[0]:
            raise NotFound(_("There is no such ad spend."))


def spent(
    workspace_id: UUID, *, since: date | None, until: date | None, source: str | None
) -> dict[str, dict[str, Decimal]]:
    """The sums of a period, both days included, by source and currency."""
    period = Q()
    if since is not None:
        period &= Q(day__gte=since)
    if until is not None:
        period &= Q(day__lte=until)
    if source is not None:
        period &= Q(source=source)
    rows = AdSpend.objects.in_workspace(workspace_id).filter(period).order_by()
    sums: defaultdict[str, dict[str, Decimal]] = defaultdict(dict)
    for one, currency, amount in rows.values_list("source", "currency").annotate(Sum("amount")):
        sums[one][currency] = amount
    return dict(sums)


def _key(row: AdSpend) -> tuple[date, str, str]:
    return row.day, row.platform, row.campaign


def _checked(given: Sequence[Spend], *, workspace_id: UUID, currency: str) -> list[AdSpend]:
    latest = timezone.now().date() + timedelta(days=1)
    rows: list[AdSpend] = []
    keys = set()
    for number, spend in enumerate(given):
        platform = slugify(spend.platform).replace("-", "_")
        platform = _PLATFORMS.get(platform, platform)
        source = SOURCE_ALIASES.get(spend.source, spend.source)
        row = AdSpend(
            workspace_id=workspace_id,
            day=spend.day,
            platform=platform,
            campaign=" ".join(spend.campaign.split()),
            source=source or _SOURCES.get(platform, Source.WEBSITE),
            amount=spend.amount,
            currency=spend.currency.upper() or currency,
        )
        wrong = _wrong(row, latest=latest)
        if not wrong and _key(row) in keys:
            wrong = ("day", _("This campaign's day is there twice. Add its costs up."))
        if wrong:
            field, message = wrong
            if len(given) == 1:
                raise ConversionError(message, errors=[(field, "invalid", message)])
            raise ConversionError(
                _("Row %(number)d: %(message)s") % {"number": number + 1, "message": message},
                errors=[(f"rows[{number}].{field}", "invalid", message)],
            )
        keys.add(_key(row))
        rows.append(row)
    return rows


def _wrong(row: AdSpend, *, latest: date) -> tuple[str, str] | None:
    """The first thing wrong with a row: where, and in words."""
    if row.day > latest or row.day.year < 2000:
        return "day", _("Give a day between 2000 and today.")
    if not 0 < len(row.platform) <= 40:
        return "platform", _("Name the platform in 1 to 40 letters, such as google_ads.")
    if len(row.campaign) > LONGEST_CAMPAIGN:
        return "campaign", _("Use at most %(count)d characters.") % {"count": LONGEST_CAMPAIGN}
    if row.source not in Source.values:
        return "source", _("Use one of: %(known)s.") % {"known": ", ".join(Source.values)}
    exponent = row.amount.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -2 or not 0 <= row.amount < MOST_AMOUNT:
        return "amount", _("Give an amount from 0 on with at most two decimals.")
    if not (len(row.currency) == 3 and row.currency.isascii() and row.currency.isalpha()):
        return "currency", _("Use the three-letter ISO code, such as USD.")
    return None
