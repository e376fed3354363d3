"""What can go wrong with a lead, each with one meaning at every door (API, page, admin)."""

from collections.abc import Iterable

from accounts.problems import ProblemError


class LeadError(ProblemError):
    """A rule of the domain said no; nothing was changed."""

    status = 422
    code = "invalid"


class LeadNotFound(LeadError):
    status = 404
    code = "not_found"

    def __init__(self) -> None:
        super().__init__("There is no such lead, or it is not yours to see.")


class IllegalMove(LeadError):
    """The lifecycle does not know this move from the lead's present status."""

    status = 409
    code = "illegal_transition"

    def __init__(self, detail: str, *, allowed: Iterable[str]) -> None:
        self.allowed = list(allowed)
        super().__init__(detail, allowed=self.allowed)


class StaleLead(LeadError):
    """Somebody else moved the lead since it was looked at."""

    status = 409
    code = "stale"


class StaleContact(LeadError):
    """Somebody else changed the same fields since they were looked at; `errors` names each."""

    status = 409
    code = "stale"


class InvalidLead(LeadError):
    """The input cannot become a lead; `errors` names each field."""


class Conflict(LeadError):
    """Another row stands in the way."""

    status = 409
    code = "conflict"
