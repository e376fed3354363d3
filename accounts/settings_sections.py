"""The sections of the settings page, filled by each app in its `AppConfig.ready`."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise

from accounts.actors import Actor
from accounts.permissions import Permission


@dataclass(frozen=True)
class SettingsSection:
    """One page of settings: what it is called and about, and who may change it."""

    title: str | Promise
    about: str | Promise
    icon: str
    # Taken with the workspace's slug.
    url_name: str
    permission: Permission
    # What somebody sets for themselves alone.
    is_personal: bool = False


_sections: list[SettingsSection] = []


def register_settings(sections: Iterable[SettingsSection]) -> None:
    """Show these, too, behind those that are there; the same again changes nothing."""
    _sections.extend(section for section in sections if section not in _sections)


def settings_of(actor: Actor) -> list[SettingsSection]:
    """Those the actor may change."""
    return [section for section in _sections if actor.can(section.permission)]
