"""The small parts that pages of every app are made of."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.models import User, Workspace
from accounts.permissions import Permission
from accounts.pieces import piece

register = template.Library()

# Stands for the row in a kept address, whether its pattern asks for a number or an id.
_ANY_ROW = UUID(int=0)
# Stands for the workspace in pieces of the frame, which are drawn once for all of them.
_ANY_WORKSPACE = "any-workspace-00000000"
# Parts of an address by which a link of the sidebar knows that its page is open.
_SECTIONS = ("campaigns", "companies", "imports", "lists", "settings")


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """An icon by its name in `static/vendor/lucide/icons.svg`."""
    return piece("components/icon.html", name=name, css_class=css_class)


@register.simple_tag
def person(user: User) -> SafeString:
    """A member's initial and name."""
    return piece("components/person.html", name=user.get_full_name())


@register.simple_tag
def person_named(name: str) -> SafeString:
    """The same of somebody whose name alone was read."""
    return piece("components/person.html", name=name)


@register.simple_tag(takes_context=True)
def frame_piece(context: dict[str, Any], template_name: str) -> SafeString:
    """A part of the frame that is the same on every page; it may take the workspace's `slug`."""
    return _in_workspace(context, piece(template_name, slug=_ANY_WORKSPACE))


@register.simple_tag(takes_context=True)
def main_links(context: dict[str, Any]) -> SafeString:
    """The links of the sidebar, the open page's marked."""
    request, can = context["request"], context["can"]
    found = request.resolver_match
    drawn = piece(
        "components/main_links.html",
        slug=_ANY_WORKSPACE,
        view=found.view_name if found else "",
        within=tuple(section for section in _SECTIONS if f"/{section}/" in request.path),
        is_kept_view=bool(request.GET.get("view")),
        may_edit=can.get(Permission.LEAD_EDIT.value, False),
        may_import=can.get(Permission.IMPORT.value, False),
    )
    return _in_workspace(context, drawn)


def _in_workspace(context: dict[str, Any], drawn: SafeString) -> SafeString:
    workspace = context.get("workspace")
    # A slug has nothing in it that HTML would have to escape.
    return SafeString(drawn.replace(_ANY_WORKSPACE, workspace.slug)) if workspace else drawn


@register.simple_tag
def row_url(view: str, workspace: Workspace, ref: object) -> str:
    """The address of one row's page: `{% url %}` for rows, whose pattern is looked up once."""
    return row_address(view, workspace.slug, ref)


def row_address(view: str, slug: str, ref: object) -> str:
    """The same for who has the workspace's slug alone."""
    before, after = _address_of_rows(view, slug)
    return f"{before}{ref}{after}"


@lru_cache(maxsize=1024)
def _address_of_rows(view: str, slug: str) -> tuple[str, str]:
    # The last one: a slug, which stands before it, may look like an id.
    before, _row, after = reverse(view, args=[slug, _ANY_ROW]).rpartition(str(_ANY_ROW))
    return before, after
