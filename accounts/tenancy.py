"""The tenancy scope: a transaction in which PostgreSQL shows one workspace's rows and no other.

The login role owns the schema but no row-level policy names it: without a scope it sees nothing.
A scope switches to the application role and names the workspaces, both only until the transaction
ends, so that a pooled connection can never carry one tenant's scope to the next.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from uuid import UUID

from django.db import connection, transaction

from accounts.acting import SETTING, described_actor
from accounts.postgresql.prepared import prepared_cursor

APP_ROLE = "leadloop_app"
SYSTEM_ROLE = "leadloop_system"

_SET_SCOPE = (
    "SELECT set_config('role', %s, true), set_config('app.workspace_ids', %s, true),"
    f" set_config('{SETTING}', %s, true)"
)
_READ_SCOPE = (
    "SELECT current_setting('role'), coalesce(current_setting('app.workspace_ids', true), ''),"
    f" coalesce(current_setting('{SETTING}', true), '')"
)


@contextmanager
def _enter(role: str, workspace_ids: tuple[UUID, ...]) -> Iterator[None]:
    nested = connection.in_atomic_block
    with transaction.atomic(), prepared_cursor() as cursor:
        before: tuple[str, str, str] = ("none", "", "")
        if nested:
            cursor.execute(_READ_SCOPE)
            before = cursor.fetchone()
        cursor.execute(_SET_SCOPE, [role, ",".join(map(str, workspace_ids)), described_actor()])
        yield
        # Leaving by an exception rolls the savepoint back, which restores the settings;
        # releasing it does not.
        if nested and not connection.needs_rollback:
            cursor.execute(_SET_SCOPE, before)


def scope(*workspace_ids: UUID) -> AbstractContextManager[None]:
    """Work inside one workspace. Several ids make a scope for reading across them."""
    return _enter(APP_ROLE, workspace_ids)


def system_scope() -> AbstractContextManager[None]:
    """See every workspace: for sweeps, look-ups before a workspace is known, and superusers."""
    return _enter(SYSTEM_ROLE, ())
