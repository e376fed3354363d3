"""Making organizations and workspaces, with what each needs from the first moment."""

from collections.abc import Callable
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Organization, Workspace
from accounts.problems import ProblemError
from accounts.tenancy import scope

# What other apps put into a new workspace; filled in their `AppConfig.ready`.
_seeds: list[Callable[[UUID], None]] = []


def seed_new_workspaces_with(seed: Callable[[UUID], None]) -> None:
    """Let `seed(workspace_id)` run, in the workspace's scope, for each new workspace."""
    if seed not in _seeds:
        _seeds.append(seed)


def create_workspace(
    *, organization: Organization, slug: str, name: str, **fields: object
) -> Workspace:
    """A new workspace; raises `ProblemError` (409 ``workspace_exists``) for a slug in use."""
    try:
        with transaction.atomic():
            workspace = Workspace.objects.create(
                organization=organization, slug=slug, name=name, **fields
            )
    except IntegrityError as error:
        message = _("The short name “%(slug)s” is taken. Choose another one.") % {"slug": slug}
        raise ProblemError(
            message,
            code="workspace_exists",
            status=409,
            errors=[("workspace_id", "taken", message)],
        ) from error
    with scope(workspace.pk):
        for seed in _seeds:
            seed(workspace.pk)
    return workspace
