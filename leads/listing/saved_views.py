"""Views of the Leads page that are kept: filters in the one grammar, an order and columns.

A rep keeps their own; what the workspace shares is for managers to change. Who may see a view may
pin it.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.locks import wait_for_others
from accounts.permissions import Permission
from leads.errors import Conflict, LeadError
from leads.fields.custom_filters import PREFIX
from leads.fields.custom_forms import offered_fields
from leads.listing import columns
from leads.listing.filter_fields import AnyOfFilter
from leads.listing.filters import DEFAULT_ORDERING, ORDERINGS, LeadFilter, TagFilter
from leads.models import LONGEST_VIEW_NAME, MOST_PINS, Lead, PinnedView, SavedView

CHANGEABLE = ("name", "is_shared", "filters", "ordering", "columns")
MOST_OWN = 50
MOST_SHARED = 100
MOST_FILTERS = 40
LONGEST_FILTERS = 8_000
# What the address of the Leads page holds beside filters.
BESIDE_FILTERS = ("ordering", "columns", "cursor", "view", "dialog")

Errors = list[tuple[str, str, str]]


class InvalidView(LeadError):
    """The view cannot be like that; `errors` names each part."""


class ViewNotFound(LeadError):
    status = 404
    code = "not_found"

    def __init__(self) -> None:
        super().__init__("There is no such view, or it is not yours to see.")


def may_share(actor: Actor) -> bool:
    return actor.can(Permission.RULE_EDIT)


def may_change(view: SavedView, actor: Actor) -> bool:
    """Of the views that the actor sees, which are theirs to change."""
    return may_share(actor) if view.is_shared else actor.can(Permission.LEAD_EDIT)


def create(*, actor: Actor, values: Mapping[str, Any]) -> SavedView:
    """A new view with these of `CHANGEABLE`; the actor's own, unless it `is_shared`.

    Raises `InvalidView`, and `Conflict` (``name_exists``).
    """
    actor.require(Permission.LEAD_EDIT)
    with transaction.atomic():
        _hold(actor)
        row = SavedView(workspace_id=actor.own_workspace.pk, created_by=actor.label)
        _apply(row, {"name": "", "is_shared": False, **values}, actor=actor, is_new=True)
        row.save(force_insert=True)
    return row


def change(view: SavedView | UUID, *, actor: Actor, changes: Mapping[str, Any]) -> SavedView:
    """Set what `changes` names of `CHANGEABLE`; raises as `create` does.

    Taken back from the workspace, a view is the actor's own and nobody else's.
    """
    with transaction.atomic():
        _hold(actor)
        row = _held(view, actor)
        _require_change(row, actor)
        was_shared = row.is_shared
        _apply(row, changes, actor=actor)
        row.save()
        if was_shared and not row.is_shared:
            row.pins.exclude(user=actor.user).delete()
    return row


def delete(view: SavedView | UUID, *, actor: Actor) -> None:
    """Take the view away, from every sidebar too."""
    with transaction.atomic():
        _hold(actor)
        row = _held(view, actor)
        _require_change(row, actor)
        row.delete()


def set_pinned(view: SavedView | UUID, *, actor: Actor, is_pinned: bool) -> None:
    """Put the view into the actor's sidebar, or take it out; a second time changes nothing.

    Raises `InvalidView` when the sidebar is full.
    """
    actor.require(Permission.VIEW)
    if actor.user is None:
        raise _refused("is_pinned", "invalid", _("A key is nobody: it has no sidebar."))
    with transaction.atomic():
        wait_for_others([f"pins:{actor.own_workspace.pk}:{actor.user.pk}"])
        row = _held(view, actor)
        pins = PinnedView.objects.in_workspace(row.workspace_id).filter(user=actor.user)
        if not is_pinned:
            pins.filter(view=row).delete()
            return
        taken = dict(pins.values_list("view_id", "place"))
        if row.pk in taken:
            return
        free = [place for place in range(1, MOST_PINS + 1) if place not in taken.values()]
        if not free:
            message = _("Pin at most %(count)d views. Take one out first.") % {"count": MOST_PINS}
            raise _refused("is_pinned", "too_many_pins", message)
        PinnedView.objects.create(
            workspace_id=row.workspace_id, view=row, user=actor.user, place=free[0]
        )


def pinned_of(actor: Actor) -> list[SavedView]:
    """What is in the actor's sidebar, in its order."""
    rows = SavedView.objects.in_workspace(actor.own_workspace.pk).filter(pins__user=actor.user)
    return list(rows.order_by("pins__place"))


def address_of(view: SavedView) -> str:
    """The query by which the Leads page shows this view."""
    state = view.state
    state["view"] = str(view.pk)
    return state.urlencode(safe=",")


def is_list(name: str) -> bool:
    """Whether the values of this parameter of the Leads page can stand in one text, by commas."""
    found = LeadFilter.base_filters.get(name)
    return name == "columns" or isinstance(found, (AnyOfFilter, TagFilter))


def filters_in(state: QueryDict) -> dict[str, list[str]]:
    """The filters of an address of the Leads page, each value by itself."""
    found = {}
    for name, values in sorted(state.lists()):
        parts = columns.named(values) if is_list(name) else [text for text in values if text]
        if parts and name not in BESIDE_FILTERS:
            found[name] = parts
    return found


def values_in(state: QueryDict) -> dict[str, Any]:
    """What of an address is kept: filters, ordering and columns, in one form only."""
    names = columns.named(state.getlist("columns"))
    ordering = str(state.get("ordering", ""))
    return {
        "filters": filters_in(state),
        "ordering": "" if ordering == DEFAULT_ORDERING else ordering,
        "columns": [] if tuple(names) == columns.USUAL else names,
    }


def shows(view: SavedView, state: QueryDict) -> bool:
    """Whether an address shows just what the view keeps."""
    return _comparable(values_in(view.state)) == _comparable(values_in(state))


def _comparable(values: dict[str, Any]) -> dict[str, Any]:
    return values | {"filters": {name: sorted(v) for name, v in values["filters"].items()}}


def _hold(actor: Actor) -> None:
    """Only one changes a workspace's views at a time: names and numbers depend on it."""
    wait_for_others([f"saved views:{actor.own_workspace.pk}"])


def _held(view: SavedView | UUID, actor: Actor) -> SavedView:
    view_id = view if isinstance(view, UUID) else view.pk
    found: SavedView | None = SavedView.objects.visible_to(actor).filter(pk=view_id).first()
    if found is None:
        raise ViewNotFound
    return found


def _require_change(row: SavedView, actor: Actor) -> None:
    actor.require(Permission.RULE_EDIT if row.is_shared else Permission.LEAD_EDIT)


def _apply(row: SavedView, given: Mapping[str, Any], *, actor: Actor, is_new: bool = False) -> None:
    errors: Errors = []
    cleaners: dict[str, Callable[[Any, Actor, Errors], Any]] = {
        "name": _name,
        "filters": _filters,
        "ordering": _ordering,
        "columns": _columns,
    }
    for name, clean in cleaners.items():
        if name in given:
            setattr(row, name, clean(given[name], actor, errors))
    changes_hands = "is_shared" in given and (is_new or given["is_shared"] != row.is_shared)
    if changes_hands:
        row.owner = None if given["is_shared"] else actor.user
        if given["is_shared"]:
            actor.require(Permission.RULE_EDIT)
        elif actor.user is None:
            message = _("A key is nobody: what it keeps is shared.")
            errors.append(("is_shared", "invalid", message))
    if errors:
        raise InvalidView(errors[0][2], errors=errors)
    others = SavedView.objects.in_workspace(row.workspace_id).filter(owner=row.owner)
    others = others.exclude(pk=row.pk)
    if changes_hands:
        _refuse_too_many(row, others.count())
    if others.filter(name=row.name).exists():
        message = _("There is a view “%(name)s” already.") % {"name": row.name}
        raise Conflict(message, code="name_exists", errors=[("name", "name_exists", message)])


def _refuse_too_many(row: SavedView, others: int) -> None:
    if others < (MOST_SHARED if row.is_shared else MOST_OWN):
        return
    text = (
        _("A workspace shares at most %(count)d views. Delete one first.")
        if row.is_shared
        else _("Keep at most %(count)d views of your own. Delete one first.")
    )
    raise InvalidView(text % {"count": others}, code="too_many_views")


def _refused(field: str, code: str, message: str) -> InvalidView:
    return InvalidView(message, code=code, errors=[(field, code, message)])


def _name(given: Any, _actor: Actor, errors: Errors) -> str:
    name = " ".join(str(given or "").replace("\0", "").split())
    if not name:
        errors.append(("name", "required", _("Give the view a name.")))
    elif len(name) > LONGEST_VIEW_NAME:
        message = _("Use at most %(count)d characters.") % {"count": LONGEST_VIEW_NAME}
        errors.append(("name", "max_length", message))
    return name


def _ordering(given: Any, _actor: Actor, errors: Errors) -> str:
    ordering = str(given or "")
    if ordering and ordering.removeprefix("-") not in ORDERINGS:
        message = _("Use one of: %(known)s.") % {"known": ", ".join(ORDERINGS)}
        errors.append(("ordering", "invalid_choice", message))
    return ordering


def _columns(given: Any, actor: Actor, errors: Errors) -> list[str]:
    names = columns.named(given or ())
    if len(names) > columns.MOST_COLUMNS:
        message = _("Choose at most %(count)d columns.") % {"count": columns.MOST_COLUMNS}
        errors.append(("columns", "max_length", message))
    known = columns.offered(offered_fields(actor.own_workspace.pk))
    unknown = [name for name in names if name not in known]
    if unknown:
        message = _("There is no column “%(name)s”.") % {"name": unknown[0][:60]}
        errors.append(("columns", "invalid_choice", message))
    return [] if tuple(names) == columns.USUAL else names


def _filters(given: Any, actor: Actor, errors: Errors) -> dict[str, list[str]]:
    state = QueryDict(mutable=True)
    for name, values in (given or {}).items():
        texts = [_text(one) for one in (values if isinstance(values, list) else [values])]
        if None in texts:
            message = _("Give a text or a list of texts.")
            errors.append((f"filters.{name}", "invalid", message))
        state.setlist(name, [text for text in texts if text])
    filters = filters_in(state)
    written = sum(len(name) + sum(map(len, values)) for name, values in filters.items())
    if len(filters) > MOST_FILTERS or written > LONGEST_FILTERS or "\0" in str(filters):
        errors.append(("filters", "too_large", _("These are too many filters for one view.")))
        return {}
    for name in filters:
        if name not in LeadFilter.base_filters and not name.startswith(PREFIX):
            message = _("There is no filter “%(name)s”.") % {"name": name}
            errors.append((f"filters.{name}", "unknown_parameter", message))
    found = LeadFilter(state, queryset=Lead.objects.none(), actor=actor)
    for name, refused in found.form.errors.items():
        errors.append((f"filters.{name}", "invalid", " ".join(map(str, refused))))
    return filters


def _text(given: Any) -> str | None:
    """A filter's value as an address has it; None for what cannot be one."""
    if isinstance(given, bool):
        return "true" if given else "false"
    return str(given).strip() if isinstance(given, (str, int, float)) else None
