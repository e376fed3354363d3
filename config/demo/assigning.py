"""How the demo businesses give their leads away: policies, rules, territories, and who was told."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from accounts.ids import new_id
from accounts.permissions import Role
from config.demo.businesses import Business
from config.demo.stories import Cast
from leads.assigning import assignment_policy, duty
from leads.assigning.assignment import assignable, workload
from leads.models import Lead, Notification

_LEADERS = (Role.OWNER, Role.MANAGER)
_TOLD_OF = timedelta(days=4)
_UNREAD = timedelta(hours=20)


@dataclass(frozen=True)
class Rule:
    """`members` are names; `territory` is that of a territory of the same business."""

    name: str
    members: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    territory: str = ""


@dataclass(frozen=True)
class Plan:
    """`rooms`: how many more open leads than now a member may have."""

    policy: dict[str, Any]
    rules: tuple[Rule, ...] = ()
    territories: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    rooms: dict[str, int] = field(default_factory=dict)


_PLANS = {
    "brightsmile": Plan(
        {"trigger": "enriched", "strategy": "round_robin"},
        rules=(
            Rule(
                "Implants to the specialists", ("Priya Nair", "Marcus Webb"), {"tags": ["implants"]}
            ),
            Rule(
                "Referrals to Jordan",
                ("Jordan Lee",),
                {"sources": ["referral"], "if_nobody": "wait"},
            ),
            Rule("Downtown", ("Jordan Lee", "Priya Nair"), territory="Downtown Chicago"),
        ),
        territories={
            "Downtown Chicago": {"postal_prefixes": ["US-606"]},
            "Suburbs": {"postal_prefixes": ["US-600", "US-601", "US-604"]},
        },
        rooms={"Marcus Webb": 30, "Priya Nair": 60},
    ),
    "solwerk": Plan(
        {"trigger": "created", "strategy": "least_loaded"},
        rules=(
            Rule("Heat pumps", ("Lena Vogt",), {"tags": ["heat-pump"]}),
            Rule("South", ("Emre Yılmaz",), territory="South"),
        ),
        territories={
            "South": {"postal_prefixes": ["DE-7", "DE-8", "DE-9"]},
            "Abroad": {"countries": ["AT", "CH"]},
        },
        rooms={"Emre Yılmaz": 80},
    ),
    "fernhill": Plan({"trigger": "none", "strategy": "least_loaded"}),
}


def load(business: Business, cast: Cast) -> None:
    """Set the business's plan; owners and managers leave the leads to their reps."""
    plan, actor = _PLANS[business.slug], cast.manager
    assignment_policy.set_policy(actor=actor, changes=plan.policy)
    ids = {rep.label: rep.user.pk for rep in cast.reps if rep.user}
    _set_rules(plan, actor, ids)
    loads = workload(cast.workspace.pk, ids.values())
    for name, room in plan.rooms.items():
        # A round number above what they have.
        cap = (loads.get(ids[name], 0) + room) // 10 * 10
        duty.set_cap(ids[name], actor=actor, cap=cap)
    for leader in assignable(cast.workspace.pk).filter(role__in=_LEADERS):
        duty.set_cap(leader.user_id, actor=actor, cap=0)
    _tell(cast)


def _set_rules(plan: Plan, actor: Actor, ids: dict[str, UUID]) -> None:
    places = {
        name: assignment_policy.create_territory(actor=actor, values={"name": name, **where})
        for name, where in plan.territories.items()
    }
    for rule in plan.rules:
        territory = places[rule.territory] if rule.territory else None
        members = [ids[name] for name in rule.members]
        values = {"name": rule.name, "member_ids": members, "territory": territory}
        assignment_policy.create_rule(actor=actor, values=values | rule.settings)


def _tell(cast: Cast) -> None:
    """What the reps were told lately; the latest is unread, and nothing is mailed any more."""
    recent = Lead.objects.in_workspace(cast.workspace.pk).filter(
        assigned_at__gt=cast.now - _TOLD_OF, assigned_to__in=[rep.user for rep in cast.reps]
    )
    rows = []
    for lead in recent.order_by("assigned_at"):
        is_new = lead.assigned_at > cast.now - _UNREAD
        rows.append(
            Notification(
                workspace=cast.workspace,
                user_id=lead.assigned_to_id,
                kind=Notification.Kind.ASSIGNED,
                lead=lead,
                event_id=new_id(),
                created_at=lead.assigned_at,
                read_at=None if is_new else lead.assigned_at + timedelta(minutes=20),
            )
        )
    Notification.objects.bulk_create(rows)
