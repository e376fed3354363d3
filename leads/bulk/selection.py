"""Which leads a job is about: those that are named, or whatever a filter finds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.api_lists import UNKNOWN_PARAMETER, counted, narrowed
from accounts.problems import ProblemError
from leads.errors import LeadError
from leads.fields.custom_filters import PREFIX
from leads.listing.filters import LeadFilter
from leads.merges.merged import leads_now
from leads.models import Lead
from leads.models.lead import LeadQuerySet
from leads.models.numbers import read_ref

MOST_NAMED = 10_000


@dataclass(frozen=True)
class Selection:
    """`lead_ids` in their order, or a `filter`; `missing` are those that name no lead."""

    lead_ids: tuple[UUID, ...] | None = None
    filter: Mapping[str, list[str]] | None = None
    missing: tuple[str, ...] = ()

    def count(self, actor: Actor) -> tuple[int, bool]:
        """How many leads these are, and whether that is an estimate (beyond 10,000)."""
        if self.lead_ids is not None:
            return len(self.lead_ids) + len(self.missing), False
        return counted(matching(self.filter or {}, actor))


def named(refs: Iterable[object], *, actor: Actor) -> Selection:
    """Leads by UUID or number. One that is not there is no error yet: its job says so of it."""
    texts = list(dict.fromkeys(str(ref).strip() for ref in refs))
    if not texts:
        raise _refused("ids", "required", _("Name at least one lead."))
    if len(texts) > MOST_NAMED:
        message = _("Name at most %(most)d leads; use a filter for more.") % {"most": MOST_NAMED}
        raise _refused("ids", "max_length", message)
    by_text = {text: read_ref(text) for text in texts}
    numbers = [ref for ref in by_text.values() if isinstance(ref, int)]
    # What was merged away is named for what it went into.
    stayed = leads_now(actor.own_workspace.pk, texts)
    known = Lead.objects.in_workspace(actor.own_workspace.pk).filter(number__in=numbers)
    by_number: dict[int, UUID] = dict(known.values_list("number", "pk")) if numbers else {}
    ids: set[UUID] = set()
    missing = []
    for text, ref in by_text.items():
        itself = by_number.get(ref) if isinstance(ref, int) else ref
        found = itself if ref is None else stayed.get(ref, itself)
        if found is None:
            missing.append(text[:64])
        else:
            ids.add(found)
    return Selection(lead_ids=tuple(sorted(ids)), missing=tuple(missing))


def filtered(given: Mapping[str, Any], *, actor: Actor, everything: bool = False) -> Selection:
    """Leads by the one grammar of filters; without any, only when `everything` is meant.

    A filter that says nothing would hit every lead: it is refused, and so is an unknown one.
    """
    values = {str(name): _texts(str(name), value) for name, value in given.items()}
    if not values and not everything:
        message = _("An empty filter is every lead: say `all: true` if you mean that.")
        raise _refused("filter", "required", message)
    matching(values, actor)
    return Selection(filter=values)


def matching(values: Mapping[str, list[str]], actor: Actor) -> LeadQuerySet:
    """The leads that the actor sees of those a filter finds now; raises `LeadError`."""
    grammar: Any = LeadFilter
    for name in values:
        is_known = name in grammar.base_filters or name.startswith(PREFIX)
        if not is_known or "\x00" in name:
            message = _("There is no filter “%(name)s”.") % {"name": name[:60]}
            raise _refused(f"filter.{name[:60]}", UNKNOWN_PARAMETER, message)
    if "assigned_to_me" in values and actor.user is None:
        message = _("A key is nobody: name users in assigned_to.")
        raise _refused("filter.assigned_to_me", "invalid", message)
    data = QueryDict(mutable=True)
    for name, texts in values.items():
        data.setlist(name, texts)
    filters = grammar(data, Lead.objects.visible_to(actor), actor=actor)
    try:
        rows: Any = narrowed(filters)
    except ProblemError as error:
        errors = [(f"filter.{name}", code, text) for name, code, text in error.errors]
        raise LeadError(error.detail, code=error.code, errors=errors) from error
    for name in values:
        if filters.form.cleaned_data.get(name) in (None, "", [], ()):
            raise _says_nothing(name)
    found: LeadQuerySet = rows
    return found


def _texts(name: str, value: Any) -> list[str]:
    """A filter's value as an address has it: texts, true and false, numbers, or a list of them."""
    listed = value if isinstance(value, (list, tuple)) else [value]
    texts = []
    for one in listed:
        if isinstance(one, bool):
            texts.append("true" if one else "false")
        elif isinstance(one, (str, int, float)):
            texts.append(str(one).strip())
        else:
            message = _("Give text, a number, true or false, or a list of them.")
            raise _refused(f"filter.{name}", "invalid", message)
    if not texts or not all(texts):
        raise _says_nothing(name)
    if any("\x00" in text for text in texts):
        raise _refused(f"filter.{name}", "invalid", _("Leave out the NUL character."))
    return texts


def _says_nothing(name: str) -> LeadError:
    message = _("This filter says nothing: give it a value, or leave it out.")
    return _refused(f"filter.{name}", "required", message)


def _refused(field: str, code: str, message: str) -> LeadError:
    is_typo = code == UNKNOWN_PARAMETER
    return LeadError(message, code=code if is_typo else None, errors=[(field, code, message)])
