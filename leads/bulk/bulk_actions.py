"""What can be done to many leads at once: a registry that every app may add to.

`leads.bulk.bulk_offer` enters what this app has; apps above enter theirs in `AppConfig.ready`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import Permission
from leads.bulk.many import Done
from leads.errors import LeadError
from leads.models import Job

Given = Mapping[str, Any]


@dataclass(frozen=True)
class BulkAction:
    """One action: `understand` checks what it was given, `perform` does it to a batch.

    What is understood is kept as JSON. `perform` takes lead ids in their order, in a transaction of
    the job's, and answers for each of them. `form` asks a person, `input` is the API's body.
    """

    name: str
    label: Any
    icon: str
    permission: Permission
    perform: Callable[[Sequence[UUID], Actor, Job], Done]
    understand: Callable[[Actor, Given], dict[str, Any]]
    form: Any
    input: Any
    # What is asked before it is done, with the number of leads in words.
    question: Any = ""
    # The words of what a job does, from its parameters.
    describe: Callable[[Job], str] | None = None
    is_danger: bool = False
    # Offered above the table of leads.
    on_page: bool = True
    # Deleted leads are found by no filter.
    takes_filter: bool = True


_actions: dict[str, BulkAction] = {}


def register_actions(actions: Iterable[BulkAction]) -> None:
    """Offer these actions, under their names."""
    _actions.update({action.name: action for action in actions})


def known_actions() -> list[BulkAction]:
    """Everything on offer, in the order in which it was registered."""
    return list(_actions.values())


def action_named(name: str) -> BulkAction:
    """Raises `LeadError` (422 ``unknown_action``) for what nobody registered."""
    found = _actions.get(name)
    if found is None:
        message = _("Unknown action “%(name)s”. Use one of: %(known)s.") % {
            "name": name[:60],
            "known": ", ".join(_actions),
        }
        errors = [("action", "unknown_action", message)]
        raise LeadError(message, code="unknown_action", errors=errors)
    return found


def words_for(job: Job) -> str:
    """What a job does, for people; a job of an action that is gone shows its name."""
    action = _actions.get(job.action)
    if action is None:
        return job.action
    return action.describe(job) if action.describe else str(action.label)
