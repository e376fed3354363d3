"""Setting how a workspace gives its leads away: the policy, its rules and territories."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, ProtectedError
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.locks import wait_for_others
from accounts.models import TenantModel
from accounts.permissions import Permission
from leads.assigning import territories
from leads.assigning.assignment import assignable
from leads.assigning.auto_assignment import soon
from leads.assigning.turns import policy_of
from leads.errors import Conflict, LeadError
from leads.models import AssignmentPolicy, AssignmentRule, ContactTag, Source, Territory

POLICY_SETTINGS = ("trigger", "strategy", "default_cap")
RULE_SETTINGS = ("name", "is_active", "sources", "tags", "territory", "member_ids", "if_nobody")
TERRITORY_SETTINGS = ("name", "countries", "regions", "postal_prefixes")
MOST_RULES = 100
MOST_TAGS = 50

Row = TypeVar("Row", bound=TenantModel)


class InvalidAssignment(LeadError):
    """The setting cannot be like that; `errors` names each."""


class SettingNotFound(LeadError):
    status = 404
    code = "not_found"

    def __init__(self) -> None:
        super().__init__("There is no such rule or territory.")


def _hold(actor: Actor) -> UUID:
    """Only one changes a workspace's settings at a time: their order and number depend on it."""
    workspace_id = actor.own_workspace.pk
    wait_for_others([f"assignment settings:{workspace_id}"])
    return workspace_id


def set_policy(*, actor: Actor, changes: Mapping[str, Any]) -> AssignmentPolicy:
    """Set what `changes` names of `POLICY_SETTINGS`; who waits is looked at again."""
    actor.require(Permission.RULE_EDIT)
    with transaction.atomic():
        row = policy_of(_hold(actor))
        _apply(row, changes, POLICY_SETTINGS)
        row.save()
        soon(row.workspace_id)
    return row


def create_rule(*, actor: Actor, values: Mapping[str, Any]) -> AssignmentRule:
    """A new rule, behind the others. Raises `InvalidAssignment`."""
    actor.require(Permission.RULE_EDIT)
    with transaction.atomic():
        workspace_id = _hold(actor)
        others = AssignmentRule.objects.in_workspace(workspace_id)
        if others.count() >= MOST_RULES:
            message = _("A workspace has at most %(count)d rules.") % {"count": MOST_RULES}
            raise InvalidAssignment(message, code="too_many_rules")
        last = others.aggregate(last=Max("position"))["last"]
        row = AssignmentRule(workspace_id=workspace_id, position=0 if last is None else last + 1)
        _apply(row, {"name": "", "member_ids": [], **values}, RULE_SETTINGS, _rule_cleaners(row))
        row.save(force_insert=True)
        soon(workspace_id)
    return row


def change_rule(
    rule: AssignmentRule | UUID, *, actor: Actor, changes: Mapping[str, Any]
) -> AssignmentRule:
    """Set what `changes` names of `RULE_SETTINGS`. Raises `InvalidAssignment`."""
    actor.require(Permission.RULE_EDIT)
    with transaction.atomic():
        row = _held(AssignmentRule, rule, _hold(actor))
        _apply(row, changes, RULE_SETTINGS, _rule_cleaners(row))
        row.save()
        soon(row.workspace_id)
    return row


def delete_rule(rule: AssignmentRule | UUID, *, actor: Actor) -> None:
    """Take the rule away; who waited for its members waits for anybody."""
    actor.require(Permission.RULE_EDIT)
    with transaction.atomic():
        row = _held(AssignmentRule, rule, _hold(actor))
        soon(row.workspace_id)
        row.delete()


def move_rule(rule: AssignmentRule | UUID, *, actor: Actor, by: int) -> None:
    """Let the rule be asked earlier (negative) or later; at the end it stays where it is."""
    actor.require(Permission.RULE_EDIT)
    with transaction.atomic():
        workspace_id = _hold(actor)
        row = _held(AssignmentRule, rule, workspace_id)
        rows = list(AssignmentRule.objects.in_workspace(workspace_id).order_by("position", "id"))
        at = rows.index(row)
        rows.insert(max(0, min(len(rows) - 1, at + by)), rows.pop(at))
        for position, one in enumerate(rows):
            if one.position != position:
                one.position = position
                one.save(update_fields=["position", "updated_at"])


def create_territory(*, actor: Actor, values: Mapping[str, Any]) -> Territory:
    """A new named set of places. Raises `InvalidAssignment`."""
    actor.require(Permission.RULE_EDIT)
    with transaction.atomic():
        row = Territory(workspace_id=_hold(actor))
        _apply(row, {"name": "", **values}, TERRITORY_SETTINGS, _place_cleaners(actor))
        _require_places(row)
        row.save(force_insert=True)
    return row


def change_territory(
    territory: Territory | UUID, *, actor: Actor, changes: Mapping[str, Any]
) -> Territory:
    """Set what `changes` names of `TERRITORY_SETTINGS`. Raises `InvalidAssignment`."""
    actor.require(Permission.RULE_EDIT)
    with transaction.atomic():
        row = _held(Territory, territory, _hold(actor))
        _apply(row, changes, TERRITORY_SETTINGS, _place_cleaners(actor))
        _require_places(row)
        row.save()
        soon(row.workspace_id)
    return row


def delete_territory(territory: Territory | UUID, *, actor: Actor) -> None:
    """Take it away; raises `Conflict` (``in_use``) while a rule names it."""
    actor.require(Permission.RULE_EDIT)
    with transaction.atomic():
        row = _held(Territory, territory, _hold(actor))
        try:
            row.delete()
        except ProtectedError as error:
            names = ", ".join(sorted(str(rule) for rule in error.protected_objects))
            message = _("A rule uses this territory: %(names)s. Change it first.")
            raise Conflict(message % {"names": names}, code="in_use") from error


def _held(model: type[Row], row: Row | UUID, workspace_id: UUID) -> Row:
    row_id = row if isinstance(row, UUID) else row.pk
    found: Row | None = model._default_manager.filter(workspace_id=workspace_id, pk=row_id).first()
    if found is None:
        raise SettingNotFound
    return found


Cleaner = Callable[[Any], Any]


def _apply(
    row: TenantModel,
    changes: Mapping[str, Any],
    names: Iterable[str],
    cleaners: Mapping[str, Cleaner] | None = None,
) -> None:
    errors: list[tuple[str, str, str]] = []
    for name in names:
        if name not in changes:
            continue
        try:
            clean = (cleaners or {}).get(name)
            setattr(row, name, clean(changes[name]) if clean else changes[name])
        except ValueError as error:
            errors.append((name, "invalid", str(error)))
    known = {name for name, _code, _message in errors}
    try:
        # The three constraints of a workspace are looked at too, and named by their fields.
        row.full_clean(exclude={"workspace", *known})
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            field = "name" if name == "__all__" else name
            errors += [(field, "invalid", message) for message in messages]
    if "name" in changes and not known & {"name"}:
        errors += _name_taken(row)
    if errors:
        raise InvalidAssignment(errors[0][2], errors=errors)


def _name_taken(row: TenantModel) -> list[tuple[str, str, str]]:
    name = getattr(row, "name", "")
    same: dict[str, Any] = {"workspace_id": row.workspace_id, "name": name}
    others = type(row)._default_manager.filter(**same)
    if not name or not others.exclude(pk=row.pk).exists():
        return []
    return [("name", "taken", _("“%(name)s” is there already.") % {"name": name})]


def _text(given: Any) -> str:
    return " ".join(str(given or "").split())


def _rule_cleaners(rule: AssignmentRule) -> dict[str, Cleaner]:
    def sources(given: Iterable[str]) -> list[str]:
        wanted = set(given)
        if wanted - set(Source.values):
            raise ValueError(_("Choose among the sources."))
        return [source for source in Source.values if source in wanted]

    def tags(given: Iterable[str]) -> list[str]:
        names = list(dict.fromkeys(filter(None, map(_text, given))))
        longest = ContactTag._meta.get_field("name").max_length or 0
        if len(names) > MOST_TAGS or any(len(name) > longest for name in names):
            raise ValueError(
                _("Name at most %(count)d tags of %(longest)d characters.")
                % {"count": MOST_TAGS, "longest": longest}
            )
        return names

    def territory(given: Territory | UUID | None) -> Territory | None:
        try:
            return _held(Territory, given, rule.workspace_id) if given else None
        except SettingNotFound as error:
            raise ValueError(_("Choose one of the territories.")) from error

    def members(given: Iterable[UUID]) -> list[UUID]:
        wanted = list(dict.fromkeys(given))
        known = set(
            assignable(rule.workspace_id)
            .filter(user_id__in=wanted)
            .values_list("user_id", flat=True)
        )
        # Who was chosen before and has left since is no mistake of who saves now.
        if not set(wanted) <= known | set(rule.member_ids):
            raise ValueError(_("Choose among the members who work leads."))
        kept = [user_id for user_id in wanted if user_id in known]
        if not kept:
            raise ValueError(_("Choose at least one member."))
        return kept

    return {
        "name": _text,
        "sources": sources,
        "tags": tags,
        "territory": territory,
        "member_ids": members,
    }


def _place_cleaners(actor: Actor) -> dict[str, Cleaner]:
    country = actor.own_workspace.country
    return {
        "name": _text,
        "countries": territories.clean_countries,
        "regions": lambda given: territories.clean_regions(given, country=country),
        "postal_prefixes": lambda given: territories.clean_postal_prefixes(given, country=country),
    }


def _require_places(row: Territory) -> None:
    if not (row.countries or row.regions or row.postal_prefixes):
        message = _("Name at least one country, region or postal code.")
        raise InvalidAssignment(message, errors=[("countries", "required", message)])
