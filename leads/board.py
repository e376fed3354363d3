"""The pipeline as a board: a column a status, a page of cards each, what presses first.

Pressing are visits whose time has passed without a word about them, and leads that a timer is about
to close. Both are looked up by an index, within a stretch of time that bounds the work; the rest of
a column comes newest first, which is the order its index has.

A board shows nine times what a list shows, so its cards are read without model rows, and what
differs only by its status is asked in one statement.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from accounts.api_lists import EXACT_COUNT
from accounts.keyset import cursor_after, paginate
from leads.models import Appointment, Contact, Lead, Status
from leads.models.lead import LeadQuerySet

CARDS = 50
# Of these at most so many stand on top of a column; the others keep their mark and their place.
PRESSING = 20
CLOSES_WITHIN = timedelta(days=2)
LOOK_BACK = timedelta(days=30)
# Among so many visits that nobody said a word about are those that press most.
MOST_MISSED = 500
# With filters each row has to be read to be counted.
EXACT_COUNT_FILTERED = 1_000

_TIMED = (Status.NEW, Status.ENRICHED, Status.QUALIFIED)
# Who bought before the visit may still come to it.
_WITH_VISITS = (Status.SCHEDULED, Status.CONVERTED)

_OWN = (
    "pk",
    "number",
    "status",
    "created_at",
    "heat",
    "heat_score",
    "last_contacted_at",
    "last_contact_method",
    "auto_close_alarm_at",
)
_OWNER = ("assigned_to__name", "assigned_to__email")
_COLUMNS = (*_OWN, *_OWNER, *(f"contact__{column}" for column in Contact.NAME_COLUMNS))
# Stands for the status in a statement that is made once for all of them.
_ANY_STATUS = "any status"


@dataclass(frozen=True, slots=True)
class Card:
    """A lead on the board; `visit_at` is its next appointment's time."""

    pk: UUID
    number: int
    status: str
    created_at: datetime
    heat: str
    heat_score: int
    last_contacted_at: datetime | None
    last_contact_method: str
    alarm_at: datetime | None
    owner: str
    name: str
    visit_at: datetime | None = None
    is_overdue: bool = False
    closes_at: datetime | None = None

    @property
    def closes_in(self) -> timedelta:
        """How long until the timer; nothing when the sweep is about to come."""
        left = (self.closes_at or timezone.now()) - timezone.now()
        return max(left, timedelta())


def _card(values: Sequence[Any]) -> Card:
    own, owner = len(_OWN), len(_OWN) + len(_OWNER)
    called_owner = next(filter(None, values[own:owner]), "")
    return Card(*(*values[:own], called_owner, Contact.called(*values[owner:])))


@dataclass(frozen=True)
class Column:
    """A status with its first cards; `count` is of these while `has_more_than_counted`."""

    status: Status
    cards: list[Card]
    next_cursor: str | None
    count: int = 0
    has_more_than_counted: bool = False


def columns(rows: LeadQuerySet, shown: Sequence[Status]) -> list[Column]:
    """The columns of the statuses `shown`, of the leads `rows`.

    How many leads there are beyond the first cards takes longer than everything else, and is told
    by `counted` when the page is there.
    """
    on_top = _pressing(rows, shown)
    newest = _newest(rows, shown)
    seen: set[UUID] = set()
    found = []
    for status in shown:
        first = on_top.get(status, [])
        pressing = {card.pk for card in first}
        rest = [card for card in newest.get(status, []) if card.pk not in pressing]
        room = CARDS - len(first)
        more = len(rest) > room
        cursor = cursor_after(rest[room - 1].created_at, rest[room - 1].pk) if more else None
        # What was moved between two statements stands in one place only.
        cards = [card for card in (*first, *rest[:room]) if card.pk not in seen]
        seen.update(card.pk for card in cards)
        found.append(Column(status, cards, cursor))
    visits = _visits([card for column in found for card in column.cards])
    return [
        replace(
            column,
            cards=_marked(column.cards, visits),
            count=len(column.cards),
            has_more_than_counted=column.next_cursor is not None,
        )
        for column in found
    ]


def more_cards(rows: LeadQuerySet, status: Status, cursor: str) -> Column:
    """The cards of one column after `cursor`; raises `BadCursor`."""
    on_top = [card.pk for card in _pressing(rows, [status]).get(status, [])]
    rest = rows.filter(status=status).exclude(pk__in=on_top)
    page = paginate(rest.only("created_at"), ordering="-created_at", cursor=cursor, limit=CARDS)
    found = _cards(
        rows.filter(pk__in=[lead.pk for lead in page.rows]).order_by("-created_at", "-pk")
    )
    return Column(status, _marked(found, _visits(found)), page.next_cursor)


def card_of(lead: Lead) -> Card:
    """One lead as its card."""
    return cards_of(Lead.objects.in_workspace(lead.workspace_id).filter(pk=lead.pk))[0]


def cards_of(rows: QuerySet[Lead]) -> list[Card]:
    """These few leads as their cards, in their order."""
    found = _cards(rows)
    return _marked(found, _visits(found))


def _cards(rows: QuerySet[Lead]) -> list[Card]:
    return [_card(values) for values in rows.values_list(*_COLUMNS)]


def _newest(rows: LeadQuerySet, shown: Sequence[Status]) -> dict[str, list[Card]]:
    """The newest of each status: one more than fits, those that press among them."""
    newest = rows.filter(status=_ANY_STATUS).order_by("-created_at", "-pk")
    found: dict[str, list[Card]] = {}
    for values in _for_each(shown, newest.values_list(*_COLUMNS)[: CARDS + 1], "({rows})"):
        card = _card(values)
        found.setdefault(card.status, []).append(card)
    for cards in found.values():
        # A union promises no order.
        cards.sort(key=lambda card: (card.created_at, card.pk), reverse=True)
    return found


def _pressing(rows: LeadQuerySet, shown: Collection[Status]) -> dict[str, list[Card]]:
    """The most pressing leads of each status, the longest overdue first."""
    now = timezone.now()
    found: dict[str, list[Card]] = {}
    timed = [status for status in _TIMED if status in shown]
    if timed:
        closing = rows.filter(status__in=timed, auto_close_alarm_at__lt=now + CLOSES_WITHIN)
        soonest = closing.order_by("auto_close_alarm_at", "pk")[: PRESSING * len(timed)]
        for card in _cards(soonest):
            found.setdefault(card.status, []).append(card)
    if Status.SCHEDULED in shown:
        found[Status.SCHEDULED] = _missed(rows, now)
    return {status: cards[:PRESSING] for status, cards in found.items()}


def _missed(rows: LeadQuerySet, now: datetime) -> list[Card]:
    """Those whose visit should have been, the longest ago first.

    The visits are looked up first: asked in one breath, every scheduled lead was read.
    """
    visits = (
        Appointment.objects.filter(
            status=Appointment.Status.SCHEDULED,
            scheduled_for__gte=now - LOOK_BACK,
            scheduled_for__lt=now,
        )
        .order_by("scheduled_for", "pk")
        .values_list("lead_id", flat=True)
    )
    # A lead has one appointment on the calendar; should it have two, it is one card.
    place = {lead_id: at for at, lead_id in enumerate(dict.fromkeys(visits[:MOST_MISSED]))}
    if not place:
        return []
    cards = _cards(rows.filter(status=Status.SCHEDULED, pk__in=list(place)))
    return sorted(cards, key=lambda card: place[card.pk])[:PRESSING]


def _visits(cards: Iterable[Card]) -> dict[UUID, datetime]:
    """The next appointment of each lead that can have one."""
    wanted = [card.pk for card in cards if card.status in _WITH_VISITS]
    if not wanted:
        return {}
    planned = Appointment.objects.filter(
        lead__in=wanted, status=Appointment.Status.SCHEDULED
    ).order_by("-scheduled_for")
    # The soonest comes last, and stays.
    return dict(planned.values_list("lead_id", "scheduled_for"))


def _marked(cards: Iterable[Card], visits: dict[UUID, datetime]) -> list[Card]:
    now = timezone.now()
    return [_mark(card, visits.get(card.pk), now) for card in cards]


def _mark(card: Card, visit_at: datetime | None, now: datetime) -> Card:
    is_closing = (
        card.status in _TIMED and card.alarm_at is not None and card.alarm_at < now + CLOSES_WITHIN
    )
    if visit_at is None and not is_closing:
        return card
    return replace(
        card,
        visit_at=visit_at,
        is_overdue=card.status == Status.SCHEDULED and visit_at is not None and visit_at < now,
        closes_at=card.alarm_at if is_closing else None,
    )


def counted(
    rows: LeadQuerySet, statuses: Sequence[Status], *, is_filtered: bool
) -> dict[Status, tuple[int, bool]]:
    """How many leads each status has, and whether there are more: one statement, bounded."""
    most = EXACT_COUNT_FILTERED if is_filtered else EXACT_COUNT
    of_status = rows.filter(status=_ANY_STATUS).order_by().values("pk")[: most + 1]
    form = "SELECT '{status}', count(*) FROM ({rows}) AS counted"
    numbers = dict(_for_each(statuses, of_status, form))
    return {
        status: (min(number, most), number > most)
        for status in statuses
        for number in [numbers.get(status.value, 0)]
    }


def _for_each(statuses: Sequence[Status], rows: QuerySet[Any], form: str) -> list[Any]:
    """A query about `_ANY_STATUS`, written once and asked about each of these in one statement."""
    if not statuses:
        return []
    try:
        sql, parameters = rows.query.sql_with_params()
    except EmptyResultSet:
        return []
    given = [
        status.value if parameter == _ANY_STATUS else parameter
        for status in statuses
        for parameter in parameters
    ]
    with connection.cursor() as cursor:
        asked = [form.format(rows=sql, status=status.value) for status in statuses]
        cursor.execute(" UNION ALL ".join(asked), given)
        return cursor.fetchall()


def shown_statuses(chosen: Iterable[str]) -> list[Status]:
    """The columns to show: those asked for, or all of them."""
    wanted = set(chosen)
    return [status for status in Status if not wanted or status in wanted]
