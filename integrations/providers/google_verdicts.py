"""What one of Google's reasons asks for, and which of several decides about a row."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.contracts import Outcome
from integrations.providers.base import RowVerdict

TOO_RECENT_SECONDS = 6 * 3600.0
"""Google knows a click, or a new conversion action, only some six hours later."""

# When a row breaks several rules, the one that no waiting and no person can mend decides.
_SEVERITY = (Outcome.ACCEPTED, Outcome.TEMPORARY, Outcome.CONFIGURATION, Outcome.PERMANENT)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What to do about a reason; `retry_after` in seconds, when Google names none itself."""

    outcome: Outcome
    retry_after: float | None = None


DELIVERED = Meaning(Outcome.ACCEPTED)
RETRY = Meaning(Outcome.TEMPORARY)
TOO_RECENT = Meaning(Outcome.TEMPORARY, retry_after=TOO_RECENT_SECONDS)
CONFIGURE = Meaning(Outcome.CONFIGURATION)
GIVE_UP = Meaning(Outcome.PERMANENT)


def condemn(rows: dict[int, RowVerdict], row: int, verdict: RowVerdict) -> None:
    """Enter a verdict on a row, unless a graver one is known."""
    known = rows.get(row)
    if known is None or _SEVERITY.index(verdict.outcome) > _SEVERITY.index(known.outcome):
        rows[row] = verdict
