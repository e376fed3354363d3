"""From a figure to the leads that were counted: addresses of the Leads page."""

from urllib.parse import urlencode

from leads.measuring.metrics import Question
from leads.measuring.metrics_facts import NOBODY


def leads_behind(asked: Question, **narrower: str) -> str:
    """The query that finds the leads of the question, narrowed by further filters of leads."""
    found = {
        "from": asked.since.isoformat() if asked.since else "",
        "to": asked.until.isoformat() if asked.until else "",
        "source": asked.source or "",
        **_whose(asked.owner),
        **narrower,
    }
    return urlencode({name: value for name, value in found.items() if value})


def leads_of_owner(asked: Question, owner: str, **narrower: str) -> str:
    """The same for one owner's alone, or nobody's."""
    return leads_behind(asked, **_whose(owner), **narrower)


def _whose(owner: str | None) -> dict[str, str]:
    if owner == NOBODY:
        return {"unassigned": "true"}
    return {"assigned_to": owner} if owner else {}
