"""What an editor saw of a contact, and whether somebody else has changed it since.

The state has the names and shapes that changes have. Only fields that are about to be written are
compared: two people who correct different things do not disturb each other.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from leads.errors import StaleContact
from leads.models import Contact
from leads.people.contacts import CONTACT_TEXT_FIELDS

_PLAIN = (
    *CONTACT_TEXT_FIELDS,
    "time_zone",
    "social_profiles",
    "address",
    "consent",
    "do_not_contact",
)
_LONGEST_SHOWN = 200


def state_of(contact: Contact) -> dict[str, Any]:
    """All that can be edited of a contact, as JSON can carry it."""
    return {
        **{name: getattr(contact, name) for name in _PLAIN},
        "company": contact.company.name if contact.company else "",
        "tags": sorted(tag.name for tag in contact.tags.all()),
        "custom_fields": dict(contact.custom_fields),
    }


def refuse_stale(contact: Contact, changes: Mapping[str, Any], seen: Mapping[str, Any]) -> None:
    """Raise `StaleContact` where a field in `changes` is no longer what was seen.

    What somebody else has made just the same of it is no conflict.
    """
    now, before, wanted = _flat(state_of(contact)), _flat(seen), _flat(changes)
    overtaken = [
        name
        for name, value in wanted.items()
        if now.get(name) != before.get(name) and now.get(name) != value
    ]
    if overtaken:
        raise StaleContact(
            _("Somebody changed the same details meanwhile. Look at them and save again."),
            errors=[(name, "stale", _told(now.get(name))) for name in overtaken],
        )


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Each custom field by itself; tags whatever their order."""
    flat = {name: value for name, value in values.items() if name != "custom_fields"}
    if "tags" in flat:
        flat["tags"] = sorted(flat["tags"])
    for key, value in (values.get("custom_fields") or {}).items():
        flat[f"custom_fields.{key}"] = None if value in ("", []) else value
    return flat


def _told(value: Any) -> str:
    text = _words(value)
    if not text:
        return _("Somebody emptied this meanwhile. Saving again keeps what you entered.")
    return _("Somebody made this “%(value)s” meanwhile. Saving again keeps what you entered.") % {
        "value": text[:_LONGEST_SHOWN]
    }


def _words(value: Any) -> str:
    """A value in one line, for a sentence."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        shown = (f"{name}: {_words(part)}" for name, part in value.items())
        return ", ".join(text for text in shown if not text.endswith(": "))
    if isinstance(value, (list, tuple)):
        return ", ".join(filter(None, map(_words, value)))
    return "" if value is None else str(value)
