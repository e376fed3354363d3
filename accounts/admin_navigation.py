"""Entries of the admin's sidebar: each is shown to whoever may see the list it leads to."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import get_language

# What unfold's sidebar asks of each part: a key that is missing costs it more than all the rest.
_PLAIN_SECTION = {"badge": None, "collapsible": False, "separator": False}
_PLAIN_ENTRY = {"badge": None, "link_callback": None}


def section(title: Any, *entries: tuple[str, str]) -> dict[str, Any]:
    """A group of lists, each as ("app.model", icon)."""
    items = [_entry(label, icon) for label, icon in entries]
    return _PLAIN_SECTION | {"title": title, "items": items}


def _entry(label: str, icon: str) -> dict[str, Any]:
    name = label.replace(".", "_")
    return _PLAIN_ENTRY | {
        "title": lazy(_title, str)(label),
        "icon": icon,
        "link": lazy(_address, str)(f"admin:{name}_changelist"),
        "permission": _may_see(label),
    }


# Unfold asks each entry of each page several times for these: they are looked up once.
@cache
def _address(view: str) -> str:
    return reverse(view)


def _title(label: str) -> str:
    return _title_in(label, get_language())


@cache
def _title_in(label: str, _language: str | None) -> str:
    from django.apps import apps

    return capfirst(str(apps.get_model(label)._meta.verbose_name_plural))


def _may_see(label: str) -> Callable[[HttpRequest], bool]:
    def may_see(request: HttpRequest) -> bool:
        from django.apps import apps
        from django.contrib import admin

        return admin.site.get_model_admin(apps.get_model(label)).has_view_permission(request)

    return may_see
