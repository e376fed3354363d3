"""Where somebody stands in a workspace: asked once with each page, in one short statement."""

from copy import copy
from functools import partial
from uuid import UUID

from accounts import workspaces
from accounts.models import User, Workspace
from accounts.postgresql.prepared import prepared_cursor
from accounts.row_versions import KeptByVersion

# A slug or an id names a workspace; each has a statement that PostgreSQL plans once.
_STATEMENTS = {
    given: f"""
    SELECT workspace.id, ROW(workspace.xmin, workspace.ctid, organization.xmin,
        organization.ctid)::text, membership.role
    FROM accounts_workspace AS workspace
    JOIN accounts_organization AS organization ON organization.id = workspace.organization_id
    LEFT JOIN accounts_membership AS membership ON membership.workspace_id = workspace.id
        AND membership.user_id = %s AND membership.is_active
    WHERE workspace.{column} = %s
    """  # noqa: S608 - the columns are those below
    for given, column in (("slug", "slug"), ("pk", "id"))
}
_known: KeptByVersion[Workspace] = KeptByVersion(1_000)


def workspace_and_role(user: User, slug_or_id: str) -> tuple[Workspace, str | None] | None:
    """The workspace of that name with its organization, and the role of an active member in it."""
    ((given, value),) = workspaces.named(slug_or_id).items()
    with prepared_cursor() as cursor:
        cursor.execute(_STATEMENTS[given], [user.pk, value])
        found = cursor.fetchone()
    if found is None:
        return None
    pk, version, role = found
    row = _known.get_or_make(pk, version, partial(_read, pk))
    if row is None:
        return None
    # For one request: what it does to the rows in memory is nobody else's business.
    own = copy(row)
    own.organization = copy(row.organization)
    return own, role


def _read(pk: UUID) -> Workspace | None:
    return Workspace.objects.select_related("organization").filter(pk=pk).first()
