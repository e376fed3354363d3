"""The rows of a file: which leads, in which order, and their cells; some thousand at a time.

The newest first, by the lead's time-ordered id: where a portion ended is where the next begins, so
that no portion needs the transaction of another.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.api_lists import narrowed
from campaigns import criteria
from campaigns.errors import NotFound
from campaigns.exports.cells import Cell
from campaigns.exports.columns import TAGS, FileColumn, columns_of
from campaigns.models import Campaign, CampaignLead, Export, LeadList, LeadListMember
from leads.listing.filters import LeadFilter
from leads.models import ContactTag, Lead

Row = list[Cell]


@dataclass(frozen=True)
class Question:
    """What is exported: leads, a list's or a campaign's; of these those that a filter finds."""

    kind: str
    target: LeadList | Campaign | None = None
    filter: Mapping[str, Sequence[str]] = field(default_factory=dict)
    columns: Sequence[str] = ()
    # Leads that came in after this are left out.
    before: UUID | None = None


@dataclass(frozen=True)
class Portion:
    """Some rows, and the lead of the last; fewer than were asked for are the last there are."""

    rows: list[Row]
    last: UUID | None


class Reader:
    """Reads a question's rows as an actor; runs in the scope of the actor's workspace."""

    def __init__(self, question: Question, *, actor: Actor) -> None:
        workspace = actor.own_workspace
        self._zone = ZoneInfo(workspace.time_zone)
        self._rows, self._lead, self._key = _source(question, actor)
        kind = question.kind
        if kind == Export.Kind.LIST and not self._lead:
            # A dynamic list has no members: there is nothing to say beside the leads.
            kind = Export.Kind.LEADS
        self.columns = columns_of(kind, question.columns, workspace_id=workspace.pk)
        if question.before is not None:
            self._rows = self._rows.filter(**{f"{self._key}__lt": question.before})

    @property
    def header(self) -> list[str]:
        return [str(column.label) for column in self.columns]

    def count(self, *, most: int) -> int:
        """How many rows there are; at most one more than `most`."""
        return int(self._rows.order_by().values(self._key)[: most + 1].count())

    @property
    def keys(self) -> QuerySet[Any]:
        """The leads' ids alone, for counting."""
        return self._rows.order_by().values(self._key)

    def read(self, after: UUID | None, *, most: int) -> Portion:
        """The next rows behind a lead, or the first."""
        paths = dict.fromkeys((self._key, *(p for one in self.columns for p in self._reads(one))))
        rows = self._rows
        if after is not None:
            rows = rows.filter(**{f"{self._key}__lt": after})
        if self._lead + TAGS in paths:
            rows = rows.annotate(**{self._lead + TAGS: _tags(f"{self._lead}contact_id")})
        place = {path: n for n, path in enumerate(paths)}
        makers = [self._maker(column, place) for column in self.columns]
        found = rows.order_by(f"-{self._key}").values_list(*paths)[:most]
        made: list[Row] = []
        last: UUID | None = None
        for values in found:
            made.append([make(values) for make in makers])
            last = values[0]
        return Portion(made, last)

    def _reads(self, column: FileColumn) -> tuple[str, ...]:
        return tuple(f"{self._lead}{p}" if column.of_lead else p for p in column.reads)

    def _maker(self, column: FileColumn, place: Mapping[str, int]) -> Any:
        places = [place[path] for path in self._reads(column)]
        zone, cell = self._zone, column.cell

        def local(value: Cell) -> Cell:
            if isinstance(value, datetime):
                return value.astimezone(zone).replace(tzinfo=None)
            return value

        if len(places) == 1:
            only = itemgetter(*places)
            return lambda values: local(cell(only(values)))
        several = itemgetter(*places)
        return lambda values: local(cell(*several(values)))


def _tags(contact: str) -> ArraySubquery:
    tags = ContactTag.objects.filter(
        contact_id=OuterRef(contact), workspace_id=OuterRef("workspace_id")
    )
    return ArraySubquery(tags.order_by("name").values("name"))


def _source(question: Question, actor: Actor) -> tuple[QuerySet[Any], str, str]:
    """The rows, the way from one of them to its lead, and where the lead's id stands."""
    target = question.target
    seen = Lead.objects.visible_to(actor)
    if isinstance(target, LeadList) and target.list_type == LeadList.Type.DYNAMIC:
        rows = criteria.narrow(seen, target.criteria, workspace=actor.own_workspace)
        return _narrowed(rows, question.filter, actor), "", "pk"
    if target is None:
        return _narrowed(seen, question.filter, actor), "", "pk"
    of_target: QuerySet[Any]
    if isinstance(target, LeadList):
        of_target = LeadListMember.objects.visible_to(actor).filter(lead_list=target)
    else:
        of_target = CampaignLead.objects.visible_to(actor).filter(campaign=target)
    of_target = of_target.filter(lead__deleted_at__isnull=True)
    if question.filter:
        found = _narrowed(seen, question.filter, actor)
        of_target = of_target.filter(lead__in=found.order_by().values("pk"))
    return of_target, "lead__", "lead_id"


def _narrowed(rows: QuerySet[Any], given: Mapping[str, Sequence[str]], actor: Actor) -> Any:
    if not given:
        return rows
    state = QueryDict(mutable=True)
    for name, values in given.items():
        state.setlist(name, list(values))
    filters = LeadFilter(state, rows, actor=actor)
    filters.takes_all = True
    return narrowed(filters)


def question_of(export: Export) -> Question:
    """What an export asks; raises `NotFound` when its list was deleted."""
    target: LeadList | Campaign | None = export.lead_list or export.campaign
    if isinstance(target, LeadList) and target.deleted_at is not None:
        raise NotFound(_("There is no such list."))
    return Question(export.kind, target, export.filter, tuple(export.columns), before=export.pk)


def portions(reader: Reader, *, most: int) -> Iterator[Portion]:
    """All of a question's rows, portion by portion, within one scope."""
    after: UUID | None = None
    while True:
        portion = reader.read(after, most=most)
        yield portion
        if len(portion.rows) < most:
            return
        after = portion.last
