"""What can go wrong with lists, campaigns, calls, imports and exports."""

from django.utils.translation import gettext as _

from accounts.problems import ProblemError


class CampaignError(ProblemError):
    """A rule said no; nothing was changed. `errors` names each field."""

    status = 422
    code = "invalid"


class NotFound(CampaignError):
    """There is no such list, campaign, import or export, or it is not the actor's to see."""

    status = 404
    code = "not_found"


class Conflict(CampaignError):
    """Another row, or what this one is at, stands in the way."""

    status = 409
    code = "conflict"


class IllegalChange(CampaignError):
    """The status of a campaign or an import does not allow this now."""

    status = 409
    code = "illegal_transition"

    def __init__(self, detail: str, *, allowed: list[str]) -> None:
        self.allowed = allowed
        super().__init__(detail, allowed=allowed)


class LeaseLost(CampaignError):
    """Somebody else has the lead by now, or its call was recorded before."""

    status = 409
    code = "lease_lost"

    def __init__(self) -> None:
        super().__init__(
            _("This lead is no longer yours to call: your time with it is over. Ask for the next.")
        )


class UnreadableFile(CampaignError):
    """A file that is no table we can read, or larger than we take."""

    code = "unreadable_file"
