"""Saving a page's one form, alike on every page of settings."""

from typing import Any, Protocol

from accounts.actors import Actor
from accounts.requests import MemberRequest
from leads.errors import LeadError


class SavedForm(Protocol):
    """A form whose `save` calls the verb and puts its refusal beside the fields."""

    def is_valid(self) -> bool: ...

    def save(self, *, actor: Actor) -> Any: ...


def is_saved(request: MemberRequest, form: SavedForm) -> bool:
    """Whether what was posted is stored now; otherwise the form says what is wrong, if anything."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        form.save(actor=request.actor)
    except LeadError:
        return False
    return True


def status_of(request: MemberRequest) -> int:
    """Of a page that shows its form: 422 where what was posted was refused."""
    return 422 if request.method == "POST" else 200
