"""What a workspace counts as warm: changing it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import Permission
from leads.errors import LeadError
from leads.models import MOST_POINTS, HeatSettings
from leads.scoring import heat, heating, rescoring
from leads.scoring.heat import TOUCHPOINTS, Rules

CHANGEABLE = ("weights", "warm_from", "hot_from", "caps", "half_life_days")


class InvalidHeat(LeadError):
    """The scoring cannot be like that; `errors` names each setting."""


def current(workspace_id: UUID) -> HeatSettings:
    """The workspace's row, or an unsaved one with the default."""
    row: HeatSettings | None = HeatSettings.objects.in_workspace(workspace_id).first()
    return row or _first_values(workspace_id)


def _first_values(workspace_id: UUID) -> HeatSettings:
    rules = heat.DEFAULT
    return HeatSettings(
        workspace_id=workspace_id,
        weights=dict(rules.weights),
        warm_from=rules.warm_from,
        hot_from=rules.hot_from,
        caps=dict(rules.caps),
        half_life_days=rules.half_life_days,
    )


def save(*, actor: Actor, changes: Mapping[str, Any]) -> HeatSettings:
    """Change what is named of `CHANGEABLE`; every lead is scored again after the commit.

    Changes that change nothing ask for nothing. Raises `InvalidHeat`.
    """
    actor.require(Permission.RULE_EDIT)
    workspace_id = actor.own_workspace.pk
    with transaction.atomic():
        # Nobody scores by the old rules any more, and nobody by the new ones before they are there.
        heating.hold_rules(workspace_id, alone=True)
        row = current(workspace_id)
        before = heat.rules_in(row)
        after = planned(row, changes)
        is_new = row._state.adding
        for name in CHANGEABLE:
            setattr(row, name, getattr(after, name))
        if is_new or after != before:
            row.save()
        if after != before:
            rescoring.request(workspace_id)
        return row


def planned(row: HeatSettings, changes: Mapping[str, Any]) -> Rules:
    """The rules that these changes would make of a row. Raises `InvalidHeat`."""
    given = {name: changes.get(name, getattr(row, name)) for name in CHANGEABLE}
    errors = [
        *_weight_errors("weights", given["weights"], least=0),
        *_weight_errors("caps", given["caps"], least=1),
        *_number_errors(given),
    ]
    if errors:
        raise InvalidHeat(errors[0][2], errors=errors)
    # Nothing is said of types that score nothing.
    weights = {kind: points for kind, points in given["weights"].items() if points}
    caps = {kind: most for kind, most in given["caps"].items() if kind in weights}
    return Rules(**{**given, "weights": weights, "caps": caps})


def _weight_errors(name: str, given: Any, *, least: int) -> list[tuple[str, str, str]]:
    if not isinstance(given, Mapping):
        return [(name, "invalid", _("Give points by type of interaction."))]
    unknown = [kind for kind in given if kind not in TOUCHPOINTS]
    if unknown:
        message = _("“%(type)s” cannot heat. Use one of: %(types)s.") % {
            "type": unknown[0],
            "types": ", ".join(sorted(TOUCHPOINTS)),
        }
        return [(name, "invalid_choice", message)]
    if all(_is_whole(points, least, MOST_POINTS) for points in given.values()):
        return []
    message = _("Points are whole numbers from %(least)s to %(most)s.")
    return [(name, "out_of_range", message % {"least": least, "most": MOST_POINTS})]


def _number_errors(given: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    errors = []
    for name in ("warm_from", "hot_from", "half_life_days"):
        field: Any = HeatSettings._meta.get_field(name)
        try:
            field.clean(given[name], None)
        except ValidationError as error:
            errors.append((name, "out_of_range", " ".join(error.messages)))
    if not errors and given["hot_from"] <= given["warm_from"]:
        message = _("Hot has to begin above warm (%(warm)s).") % {"warm": given["warm_from"]}
        errors.append(("hot_from", "out_of_range", message))
    return errors


def _is_whole(points: Any, least: int, most: int) -> bool:
    return isinstance(points, int) and not isinstance(points, bool) and least <= points <= most
