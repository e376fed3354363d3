"""The small parts that pages of every app are made of."""

from functools import lru_cache
from uuid import UUID

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.models import User, Workspace
from accounts.pieces import piece

register = template.Library()

# Stands for the row in a kept address, whether its pattern asks for a number or an id.
_ANY_ROW = UUID(int=0)


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
