"""Three people and more, in three workspaces of two organizations."""

from dataclasses import dataclass

from accounts.actors import Actor, key_actor, user_actor
from accounts.api_keys import create_key
from accounts.models import Membership, Organization, User, Workspace
from accounts.permissions import Role, Scope
from accounts.tenancy import scope
from accounts.workspaces import create_workspace

PASSWORD = "correct-horse-battery"


@dataclass
class World:
    """`home` is the workspace under test, with a member of each role; `stranger` owns `abroad`."""

    organization: Organization
    home: Workspace
    sibling: Workspace
    abroad: Workspace
    owner: User
    manager: User
    rep: User
    other_rep: User
    viewer: User
    stranger: User

    def actor(self, role: str = Role.OWNER, *, via: str = "page") -> Actor:
        """Somebody of `home` acting."""
        user = getattr(self, role)
        membership_role = Role.REP if role == "other_rep" else role
        return user_actor(user, self.home, membership_role, via=via)

    def stranger_actor(self) -> Actor:
        return user_actor(self.stranger, self.abroad, Role.OWNER, via="page")

    def key(
        self,
        workspace: Workspace | None = None,
        scopes: tuple[str, ...] = tuple(Scope),
        *,
        of_organization: bool = False,
    ) -> str:
        """The clear text of a new key of `workspace` (home), or of the organization."""
        workspace = workspace or self.home
        return create_key(
            organization=workspace.organization,
            workspace=None if of_organization else workspace,
            name="Test key",
            scopes=scopes,
        )[1]

    def key_actor(self, scopes: tuple[str, ...] = tuple(Scope)) -> Actor:
        row, _key = create_key(
            organization=self.organization, workspace=self.home, name="Robot", scopes=scopes
        )
        return key_actor(row, self.home)

    def scope(self):
        return scope(self.home.pk)


def _member(workspace: Workspace, role: str, name: str) -> User:
    user = User.objects.create_user(f"{name}@example.com", PASSWORD, name=name.title())
    Membership.objects.create(user=user, workspace=workspace, role=role)
    return user


def make_world() -> World:
    ours = Organization.objects.create(name="Ours")
    theirs = Organization.objects.create(name="Theirs")
    home = create_workspace(organization=ours, slug="home", name="Home", country="US")
    sibling = create_workspace(organization=ours, slug="sibling", name="Sibling")
    abroad = create_workspace(organization=theirs, slug="abroad", name="Abroad")
    return World(
        organization=ours,
        home=home,
        sibling=sibling,
        abroad=abroad,
        owner=_member(home, Role.OWNER, "owner"),
        manager=_member(home, Role.MANAGER, "manager"),
        rep=_member(home, Role.REP, "rep"),
        other_rep=_member(home, Role.REP, "other_rep"),
        viewer=_member(home, Role.VIEWER, "viewer"),
        stranger=_member(abroad, Role.OWNER, "stranger"),
    )
