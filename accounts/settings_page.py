"""The settings of a workspace: every page of them, by who may change it."""

from django.http import HttpResponse
from django.shortcuts import render

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from accounts.settings_sections import settings_of


@requires(Permission.VIEW)
def settings(request: MemberRequest, slug: str) -> HttpResponse:
    """What the person may change here, and what is theirs alone."""
    sections = settings_of(request.actor)
    context = {
        "of_workspace": [section for section in sections if not section.is_personal],
        "personal": [section for section in sections if section.is_personal],
    }
    return render(request, "settings/page.html", context)
