"""Entries of the admin's sidebar: each is shown to whoever may see the list it leads to."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.functional import lazy
from django.utils.text import capfirst

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
        "link": reverse_lazy(f"admin:{name}_changelist"),
        "permission": _may_see(label),
    }


def _title(label: str) -> str:
    from django.apps import apps

    return capfirst(str(apps.get_model(label)._meta.verbose_name_plural))


def _may_see(label: str) -> Callable[[HttpRequest], bool]:
    def may_see(request: HttpRequest) -> bool:
        from django.apps import apps
        from django.contrib import admin

        return admin.site.get_model_admin(apps.get_model(label)).has_view_permission(request)

    return may_see
