"""Trying an import out: what each row would become, without taking anyone in."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.bulk import insert_rows
from campaigns.imports.batches import count, decide, next_rows, policy_of, results
from campaigns.models import Import, ImportResult
from leads.intake import LeadInput
from leads.intake_many import Outcome, Taken, foresee_many
from leads.known_people import Policy

PHASE = ImportResult.Phase.CHECK


class DryRun:
    """Remembers, over the batches of one file, who came in with an earlier row."""

    def __init__(self) -> None:
        self._rows: dict[int, int] = {}

    def begin(self, row: Import) -> None:
        """From the start: what was remembered went with the worker who had it."""
        self._rows = {}
        row.position = 0
        row.foreseen = {"created": 0, "updated": 0, "skipped": 0, "errors": 0}
        checked = ImportResult.objects.in_workspace(row.workspace_id).filter(parent=row)
        checked.filter(phase=PHASE).delete()

    def batch(self, row: Import, actor: Actor, size: int) -> int:
        """Try out the next rows; returns how many these were."""
        rows = next_rows(row, size)
        if not rows:
            return 0
        policy = policy_of(row)
        numbers = [one.number for one in rows if one.is_able]
        decide(rows, lambda given: self._foresee(given, numbers, actor, policy))
        for name, n in count(rows).items():
            row.foreseen[name] = row.foreseen.get(name, 0) + n
        # What would be new needs no words: the page lists the others.
        telling = [one for one in rows if one.outcome != Outcome.CREATED or one.reasons]
        insert_rows(results(row, telling, PHASE))
        row.position = rows[-1].number
        return len(rows)

    def _foresee(
        self, given: Sequence[LeadInput], numbers: Sequence[int], actor: Actor, policy: Policy
    ) -> list[Taken]:
        return foresee_many(
            given,
            actor=actor,
            policy=policy,
            earlier=lambda known, place: self._earlier(known, numbers[place]),
        )

    def _earlier(self, known: Sequence[str], number: int) -> str:
        """Which row brought this person first; if none did, this one does."""
        keys = [hash(key) for key in known]
        first = min((self._rows[key] for key in keys if key in self._rows), default=0)
        for key in keys:
            self._rows.setdefault(key, number)
        return _("The same person as in row %(number)d.") % {"number": first} if first else ""
