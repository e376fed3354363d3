"""Whose turn it is: a workspace's policy, its rules, and the members on duty with their loads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User, Workspace
from leads.assigning.assignment import assignable, workload
from leads.assigning.territories import covers, place_of
from leads.models import AssignmentMember, AssignmentPolicy, AssignmentRule, Lead


@dataclass
class Seat:
    """A member on duty, as of now: what they have, what they may have, when it was their turn."""

    user: User
    load: int
    cap: int | None
    turn: int

    @property
    def has_room(self) -> bool:
        return self.cap is None or self.load < self.cap


@dataclass(frozen=True)
class Choice:
    """Who takes a lead, by which rule; without a seat, the rule whose members it waits for."""

    seat: Seat | None
    rule: AssignmentRule | None


def policy_of(workspace_id: UUID) -> AssignmentPolicy:
    """The workspace's policy; one that never assigns by itself where nobody made any."""
    found = AssignmentPolicy.objects.in_workspace(workspace_id).first()
    return found or AssignmentPolicy(workspace_id=workspace_id)


def caps_of(workspace_id: UUID, user_ids: Iterable[UUID]) -> dict[UUID, int | None]:
    """How many open leads each of these may be given: their own number, else everybody's."""
    own = AssignmentMember.objects.in_workspace(workspace_id).filter(cap__isnull=False)
    known = dict(own.values_list("user_id", "cap"))
    default = policy_of(workspace_id).default_cap
    return {user_id: known.get(user_id, default) for user_id in user_ids}


class Desk:
    """Rules, members and their turns, read while the workspace's assignment is held."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.policy = policy_of(workspace.pk)
        rules = AssignmentRule.objects.in_workspace(workspace.pk).filter(is_active=True)
        self.rules = list(rules.select_related("territory").order_by("position", "id"))
        self.seats = self._seats()
        latest = AssignmentMember.objects.in_workspace(workspace.pk).aggregate(Max("turn"))
        self._latest = latest["turn__max"] or 0
        self._moved: list[Seat] = []

    def _seats(self) -> dict[UUID, Seat]:
        users = [m.user for m in assignable(self.workspace.pk).filter(on_duty=True)]
        known = AssignmentMember.objects.in_workspace(self.workspace.pk)
        settings = {row.user_id: row for row in known}
        seats = {}
        for user in users:
            own = settings.get(user.pk) or AssignmentMember()
            cap = self.policy.default_cap if own.cap is None else own.cap
            seats[user.pk] = Seat(user, 0, cap, own.turn)
        by_load = self.policy.strategy == AssignmentPolicy.Strategy.LEAST_LOADED
        counted = [pk for pk, seat in seats.items() if by_load or seat.cap is not None]
        loads = workload(self.workspace.pk, counted) if counted else {}
        for user_id, load in loads.items():
            seats[user_id].load = load
        return seats

    @property
    def is_full(self) -> bool:
        return not any(seat.has_room for seat in self.seats.values())

    def choose(self, lead: Lead) -> Choice:
        """Whose turn it is for this lead, by the first rule that fits; their turn is over then."""
        for rule in self.rules:
            if not self._fits(rule, lead):
                continue
            seat = self._next([self.seats[pk] for pk in rule.member_ids if pk in self.seats])
            if seat is not None or rule.if_nobody == AssignmentRule.IfNobody.WAIT:
                return Choice(seat, rule)
        return Choice(self._next(list(self.seats.values())), None)

    def _fits(self, rule: AssignmentRule, lead: Lead) -> bool:
        if rule.sources and lead.source not in rule.sources:
            return False
        if rule.tags:
            wanted = {tag.casefold() for tag in rule.tags}
            if not any(tag.name.casefold() in wanted for tag in lead.contact.tags.all()):
                return False
        if rule.territory is None:
            return True
        return covers(rule.territory, place_of(lead.contact, country=self.workspace.country))

    def _next(self, seats: Sequence[Seat]) -> Seat | None:
        free = [seat for seat in seats if seat.has_room]
        if not free:
            return None
        by_load = self.policy.strategy == AssignmentPolicy.Strategy.LEAST_LOADED
        seat = min(free, key=lambda one: (one.load if by_load else 0, one.turn, one.user.pk))
        self._latest += 1
        seat.turn, seat.load = self._latest, seat.load + 1
        self._moved.append(seat)
        return seat

    def keep_turns(self) -> None:
        """Write down whose turn it was, in one statement."""
        rows = [
            AssignmentMember(workspace=self.workspace, user=seat.user, turn=seat.turn)
            for seat in {seat.user.pk: seat for seat in self._moved}.values()
        ]
        AssignmentMember.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["workspace", "user"],
            update_fields=["turn"],
        )

    def why_not(self, rule: AssignmentRule | None) -> str:
        """Why a lead that was not given waits."""
        if rule is not None:
            return _("Nobody of the rule “%(rule)s” is on duty and has room.") % {"rule": rule.name}
        if not self.seats:
            return _("No member is on duty.")
        return _("Everybody on duty has as many open leads as they may have.")

    def because(self, choice: Choice) -> dict[str, Any]:
        """What a lead's timeline and news say of the choice."""
        return {
            "automatic": True,
            "strategy": self.policy.strategy,
            "rule": choice.rule.name if choice.rule else "",
            "rule_id": str(choice.rule.pk) if choice.rule else None,
        }
