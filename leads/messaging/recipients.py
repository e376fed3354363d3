"""Who of a workspace can be told something, and who wants it by e-mail, too."""

from collections.abc import Iterable
from uuid import UUID

from accounts.models import Membership
from leads.models import AssignmentMember


def members_of(workspace_id: UUID, among: Iterable[UUID] | None = None) -> dict[UUID, str]:
    """The roles of those who are members now and may sign in."""
    rows = Membership.objects.filter(
        workspace_id=workspace_id, is_active=True, user__is_active=True
    )
    if among is not None:
        rows = rows.filter(user_id__in=among)
    return dict(rows.values_list("user_id", "role"))


def without_mail(workspace_id: UUID, among: Iterable[UUID] | None = None) -> set[UUID]:
    """Those who are told on the pages alone."""
    rows = AssignmentMember.objects.in_workspace(workspace_id).filter(by_email=False)
    if among is not None:
        rows = rows.filter(user__in=among)
    return set(rows.values_list("user_id", flat=True))
