"""Who is acting, as the database is told: what its history puts beside every change.

A scope hands this on as a setting of its transaction, in the statement that opens it anyway: naming
the actor costs no query, and nobody's name outlives a transaction on a pooled connection. The
triggers read the setting (`accounts.history_schema`).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accounts.actors import Actor

SETTING = "leadloop.actor"


def _described(
    *, kind: str, label: str, actor_id: str = "", via: str = "", request_id: str = ""
) -> str:
    return json.dumps(
        {"kind": kind, "label": label, "id": actor_id, "via": via, "request_id": request_id}
    )


_LEADLOOP = _described(kind="system", label="Leadloop")
_current: ContextVar[str] = ContextVar("acting", default=_LEADLOOP)


def described_actor() -> str:
    """Whoever acts now, as JSON text: the actor of `acting`, else Leadloop itself."""
    return _current.get()


@contextmanager
def acting(actor: "Actor", *, request_id: str = "") -> Iterator[None]:
    """Scopes opened inside name this actor in the history of what is changed in them."""
    who = actor.user or actor.api_key
    token = _current.set(
        _described(
            kind=actor.kind,
            label=actor.label,
            actor_id=str(who.pk) if who is not None else "",
            via=actor.via,
            request_id=request_id,
        )
    )
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def acting_itself(via: str) -> Iterator[None]:
    """Leadloop acts through a door of its own, such as its timers, in any workspace."""
    token = _current.set(_described(kind="system", label="Leadloop", via=via))
    try:
        yield
    finally:
        _current.reset(token)
