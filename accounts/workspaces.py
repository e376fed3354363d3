"""Making organizations and workspaces, with what each needs from the first moment."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.api_keys import create_key
from accounts.models import Membership, Organization, User, Workspace
from accounts.permissions import Permission, Role, Scope
from accounts.problems import ProblemError
from accounts.tenancy import scope

# Words that stand in addresses where a workspace's name may stand; UUIDs are ids already.
RESERVED_SLUGS = {"register"}

# What a key of a new workspace may do unless told.
USUAL_SCOPES = (Scope.READ, Scope.UPDATE, Scope.CONVERT)

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


def create_organization(
    *, name: str, owner: User, slug: str, workspace_name: str, **settings: object
) -> Workspace:
    """A new organization with its first workspace; `owner` is saved if new, and owns it.

    For whoever runs the installation: nobody in it may do this yet. Raises `ValidationError` for
    settings that do not fit, `ProblemError` for a slug in use or reserved.
    """
    organization = Organization(name=name)
    organization.full_clean()
    _refuse_reserved(slug)
    with transaction.atomic():
        if owner._state.adding:
            owner.full_clean()
            owner.save()
        organization.save()
        fitting = Workspace(organization=organization, slug=slug, name=workspace_name, **settings)
        fitting.full_clean(validate_unique=False, validate_constraints=False)
        workspace = create_workspace(
            organization=organization, slug=slug, name=workspace_name, **settings
        )
        Membership.objects.create(user=owner, workspace=workspace, role=Role.OWNER)
    return workspace


def _refuse_reserved(slug: str) -> None:
    if slug in RESERVED_SLUGS or "pk" in named(slug):
        message = _("“%(slug)s” cannot name a workspace. Choose another one.") % {"slug": slug}
        raise ProblemError(message, errors=[("workspace_id", "reserved", message)])


# Whom other apps want told of changed settings; filled in their `AppConfig.ready`.
_followers: list[Callable[[Workspace, Collection[str]], None]] = []


def follow_settings(follower: Callable[[Workspace, Collection[str]], None]) -> None:
    """Let `follower(workspace, changed names)` run, in its scope, when settings change."""
    if follower not in _followers:
        _followers.append(follower)


def save_settings(workspace: Workspace, changed: Collection[str]) -> None:
    """Save a workspace whose settings of these names are new, and what follows from them."""
    with transaction.atomic():
        workspace.save()
        with scope(workspace.pk):
            for follower in _followers:
                follower(workspace, changed)


@dataclass(frozen=True)
class Registered:
    """A new workspace and the clear text of its key, which cannot be had again."""

    workspace: Workspace
    scopes: list[str]
    key: str


def register(*, actor: Actor, slug: str, name: str, scopes: Iterable[str]) -> Registered:
    """A workspace for an outside system or a team, in the actor's organization, with its key.

    A person who registers one becomes its owner. A workspace's own key may not: it speaks for that
    workspace only. Raises `ProblemError` (403, and 409 for a slug in use).
    """
    actor.require(Permission.WORKSPACE_MANAGE)
    actor.require(Permission.KEY_MANAGE)
    _refuse_reserved(slug)
    organization = _organization_of(actor)
    wanted = [scope.value for scope in Scope if scope in set(scopes)]
    with transaction.atomic():
        workspace = create_workspace(organization=organization, slug=slug, name=name)
        if actor.user is not None:
            Membership.objects.create(user=actor.user, workspace=workspace, role=Role.OWNER)
        _row, key = create_key(
            organization=organization,
            workspace=workspace,
            name=_("Made with the workspace"),
            scopes=wanted,
            created_by=actor.user,
        )
    return Registered(workspace, wanted, key)


def _organization_of(actor: Actor) -> Organization:
    if actor.api_key is None:
        return actor.own_workspace.organization
    if actor.api_key.workspace_id is not None:
        raise ProblemError(
            _("Workspaces are registered with an organization's key, not with a workspace's."),
            code="organization_key_required",
            status=403,
        )
    return actor.api_key.organization


def visible_to(actor: Actor) -> QuerySet[Workspace]:
    """The workspaces the actor's credentials open: an organization key all of its own."""
    if actor.user is not None and actor.user.is_superuser:
        return Workspace.objects.all()
    if actor.user is not None:
        return Workspace.objects.filter(memberships__user=actor.user, memberships__is_active=True)
    if actor.api_key is not None and actor.api_key.workspace_id is None:
        return Workspace.objects.filter(organization=actor.api_key.organization)
    return Workspace.objects.filter(pk=actor.own_workspace.pk)


def named(slug_or_id: str) -> dict[str, Any]:
    """The look-up of a workspace by its slug or UUID."""
    try:
        return {"pk": UUID(slug_or_id)}
    except ValueError:
        return {"slug": slug_or_id}
