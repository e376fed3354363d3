"""The bare address: on to the workspace the person used last."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.models import Membership, Workspace
from accounts.requests import MemberRequest


@login_required
def home(request: MemberRequest) -> HttpResponse:
    """Home in the last workspace, else in the first one the person belongs to."""
    memberships = Membership.objects.filter(user=request.user, is_active=True)
    mine = Workspace.objects.filter(pk__in=memberships.values("workspace_id"))
    if not mine.exists() and request.user.is_superuser:
        mine = Workspace.objects.all()
    last = request.session.get("workspace")
    workspace = mine.filter(slug=last).first() or mine.order_by("created_at").first()
    if workspace is None:
        raise PermissionDenied(
            _("You are not a member of any workspace yet. Ask an owner to invite you.")
        )
    return redirect("leads:home", slug=workspace.slug)
