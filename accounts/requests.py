"""What a request is, once the tenancy middleware has let it through."""

from django.http import HttpRequest

from accounts.actors import Actor
from accounts.models import User, Workspace


def is_part(request: HttpRequest) -> bool:
    """Whether a script of the page asks, which puts the answer into it."""
    return "HX-Request" in request.headers


class MemberRequest(HttpRequest):
    """A page request of a signed-in member of the workspace its address names."""

    actor: Actor
    workspace: Workspace
    user: User
