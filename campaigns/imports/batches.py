"""The next rows of an import, read and decided: what trying out and taking in have in common."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from campaigns.imports.mapping import columns_of
from campaigns.imports.values import Columns, Reason, Understood, understand
from campaigns.models import Import, ImportResult, ImportRow
from leads.intake import LeadInput
from leads.intake_many import Taken
from leads.known_people import Policy


@dataclass
class Row:
    """A row on its way: what it says, and what became of it."""

    number: int
    told: Understood
    taken: Taken | None = None
    # Of what it made beside the lead: its place in a list and in a campaign.
    made: dict[str, Any] = field(default_factory=dict)

    @property
    def is_able(self) -> bool:
        """Whether there is a lead in it."""
        return self.told.data is not None and not self.told.errors

    @property
    def outcome(self) -> str:
        return self.taken.outcome if self.taken else "error"

    @property
    def reasons(self) -> list[Reason]:
        taken = self.taken.reasons if self.taken else []
        return [*self.told.errors, *taken, *self.told.left_out]


def next_rows(row: Import, size: int) -> list[Row]:
    """The rows after those that were dealt with."""
    columns = columns_of(row)
    rows = ImportRow.objects.in_workspace(row.workspace_id).filter(parent=row)
    following = rows.filter(number__gt=row.position).order_by("number")
    return [
        Row(number, _understood(cells, problem, columns))
        for number, cells, problem in following.values_list("number", "cells", "problem")[:size]
    ]


def _understood(cells: Sequence[str], problem: str, columns: Columns) -> Understood:
    if problem:
        return Understood(errors=[("", problem, _words(problem))])
    return understand(cells, columns)


def _words(problem: str) -> str:
    if problem == "broken_quotes":
        return _("A quotation mark opens here that is never closed. Close it, or take it out.")
    if problem == "too_many_cells":
        return _("There are more cells than headers. Put quotation marks around cells with commas.")
    return _("A cell is longer than 10,000 characters.")


Take = Callable[[Sequence[LeadInput]], list[Taken]]


def decide(rows: Sequence[Row], take: Take) -> None:
    """Hand the rows that can be leads to `take`, and keep its answers."""
    able = [(row, row.told.data) for row in rows if row.told.data and row.is_able]
    answers = take([data for _row, data in able])
    for (row, _data), answer in zip(able, answers, strict=True):
        row.taken = answer


def policy_of(row: Import) -> Policy:
    """What the import says about people who are known."""
    return Policy(row.duplicates, tuple(row.match_on), any_source=True)


def results(row: Import, rows: Sequence[Row], phase: str) -> list[ImportResult]:
    """Unsaved, one for each row."""
    return [
        ImportResult.unsaved(
            workspace_id=row.workspace_id,
            parent_id=row.pk,
            phase=phase,
            number=one.number,
            outcome=one.outcome,
            reasons=[
                {"field": name, "code": code, "message": str(text)}
                for name, code, text in one.reasons
            ],
            lead_id=one.taken.lead.pk if one.taken and one.taken.lead else None,
            contact_id=one.taken.contact.pk if one.taken and one.taken.contact else None,
            made={**(one.taken.made if one.taken else {}), **one.made},
            before=one.taken.before if one.taken else {},
        )
        for one in rows
    ]


def count(rows: Sequence[Row]) -> dict[str, int]:
    """How many rows became what, by the API's words."""
    found = {"created": 0, "updated": 0, "skipped": 0, "errors": 0}
    for row in rows:
        found["errors" if row.outcome == "error" else str(row.outcome)] += 1
    return found
