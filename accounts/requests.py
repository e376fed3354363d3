"""What a request is, once the tenancy middleware has let it through."""

from django.http import HttpRequest

from accounts.actors import Actor
from accounts.models import User, Workspace


class MemberRequest(HttpRequest):
    """A page request of a signed-in member of the workspace its address names."""

    actor: Actor
    workspace: Workspace
    user: User
