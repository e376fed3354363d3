"""One lead's history, told in memory: each verb leaves the rows its namesake of the domain leaves.

The verbs of `leads.lifecycle` and `conversions.recording` lock and write row by row, which is
right for a living lead and takes minutes for thousands of past ones. Here the same table of moves
decides, the same counters count, and everything is written in bulk afterwards.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from accounts.actors import Actor
from accounts.models import Workspace
from conversions import rendering
from conversions.models import Activity, Conversion
from conversions.recording import is_final
from leads import tracking
from leads.models import (
    Appointment,
    Contact,
    ContactTag,
    Interaction,
    InteractionType,
    Lead,
    Platform,
    Status,
    Touch,
)
from leads.reasons import LOST_CONTACT, NO_CONTACT
from leads.scoring import heat
from leads.timers import alarm_for
from leads.transitions import MOVES

_OPENS, _CLOSES, _SUNDAY = 8, 18, 6

_TIME_COLUMNS = {
    Status.ENRICHED: "enriched_at",
    Status.CONVERSING: "conversing_at",
    Status.QUALIFIED: "qualified_at",
    Status.SCHEDULED: "scheduled_at",
    Status.COMPLETED: "completed_at",
    Status.CONVERTED: "converted_at",
    Status.LOST: "lost_at",
}


class NotYet(Exception):
    """The next thing would happen in the future."""


@dataclass
class Rows:
    """Everything the stories of a workspace leave behind, to be written in this order."""

    contacts: list[Contact] = field(default_factory=list)
    tags: list[ContactTag] = field(default_factory=list)
    leads: list[Lead] = field(default_factory=list)
    touches: list[Touch] = field(default_factory=list)
    interactions: list[Interaction] = field(default_factory=list)
    appointments: list[Appointment] = field(default_factory=list)
    conversions: list[Conversion] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)


@dataclass(frozen=True)
class Stage:
    """A stage a lead reached, for the uploads that tell of it."""

    lead: Lead
    name: str
    at: datetime
    conversion: Conversion | None


@dataclass
class Cast:
    """Who acts in a workspace's stories, and the moment they must not pass."""

    workspace: Workspace
    reps: list[Actor]
    manager: Actor
    system: Actor
    now: datetime
    rng: random.Random
    rows: Rows = field(default_factory=Rows)
    stages: list[Stage] = field(default_factory=list)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.workspace.time_zone)

    def in_office_hours(self, at: datetime) -> datetime:
        """The moment itself, or soon after the office opens next."""
        local = at.astimezone(self.zone)
        if local.hour >= _CLOSES:
            local += timedelta(days=1)
        if not _OPENS <= local.hour < _CLOSES:
            local = local.replace(hour=_OPENS, minute=self.rng.randrange(5, 55))
        if local.weekday() == _SUNDAY:
            local += timedelta(days=1)
        return local.astimezone(at.tzinfo)


class Story:
    """A lead from its arrival on; `clock` is where the story is."""

    def __init__(self, cast: Cast, lead: Lead, *, owner: Actor) -> None:
        self.cast = cast
        self.lead = lead
        self.owner = owner
        self.clock = lead.created_at
        cast.rows.leads.append(lead)

    def wait(self, low: timedelta, high: timedelta, *, office: bool = True) -> None:
        """Let time pass; raises `NotYet` at the present."""
        later = self.clock + low + (high - low) * self.cast.rng.random() ** 2
        self.go_to(self.cast.in_office_hours(later) if office else later)

    def go_to(self, at: datetime) -> None:
        if at >= self.cast.now:
            raise NotYet
        self.clock = at

    def tell(
        self,
        kind: str,
        *,
        actor: Actor,
        payload: dict[str, Any] | None = None,
        platform: str = "",
        direction: str = "",
    ) -> None:
        """One entry of the timeline, with its heat."""
        lead = self.lead
        self.cast.rows.interactions.append(
            Interaction(
                workspace=self.cast.workspace,
                lead=lead,
                type=kind,
                platform=platform,
                direction=direction,
                at=self.clock,
                created_at=self.clock,
                actor_user=actor.user,
                actor_label=actor.label,
                via=actor.via,
                payload=payload or {},
            )
        )
        lead.heat_score += heat.DEFAULT.points(kind)
        lead.heat = heat.DEFAULT.level(lead.heat_score)
        if kind != InteractionType.STATUS_CHANGE or lead.is_open:
            lead.last_activity_at = max(lead.last_activity_at, self.clock)

    def step(self, name: str, *, actor: Actor, **details: Any) -> None:
        """An automatic step, such as an assignment."""
        self.tell(InteractionType.SYSTEM_AUTO, actor=actor, payload={"step": name, **details})

    def move(self, name: str, *, actor: Actor, **details: Any) -> None:
        """A move of the lifecycle; one the table does not allow is a mistake of the plot."""
        lead, rule = self.lead, MOVES[name]
        if lead.status not in rule.sources:
            raise ValueError(f"The plot makes {name} of a lead that is {lead.status}.")
        before = lead.status
        returns_to = lead.lost_from if name == "reopen" else lead.scheduled_from
        target = rule.target or returns_to
        change = {
            "move": name,
            "from": before,
            "to": target,
            "at": self.clock.isoformat(),
            "seconds_in_status": round((self.clock - lead.status_changed_at).total_seconds()),
            "seconds_since_created": round((self.clock - lead.created_at).total_seconds()),
        }
        lead.status = target
        lead.status_changed_at = self.clock
        if rule.target and target in _TIME_COLUMNS:
            setattr(lead, _TIME_COLUMNS[Status(target)], self.clock)
        lead.lost_from = before if name == "lose" else ("" if name != "reopen" else lead.lost_from)
        if name == "schedule":
            lead.scheduled_from = before
        if name == "reopen":
            lead.lost_at = None
            lead.loss_reason = lead.unqualified_reason = ""
            lead.last_activity_at = self.clock
        self.tell(InteractionType.STATUS_CHANGE, actor=actor, payload=change | details)
        if name in ("qualify", "schedule", "complete", "convert"):
            self.cast.stages.append(Stage(lead, target, self.clock, self._conversion()))

    def _conversion(self) -> Conversion | None:
        conversions = reversed(self.cast.rows.conversions)
        if self.lead.conversion_id is None:
            return None
        return next(row for row in conversions if row.pk == self.lead.conversion_id)

    def contact(self, method: str, notes: str, *, reached: bool) -> None:
        """The owner tries to reach the person."""
        kind, platform = tracking.interaction_for(method, "outbound")
        payload = {"method": method, "notes": notes, "successful": reached}
        self.tell(kind, actor=self.owner, platform=platform, direction="outbound", payload=payload)
        tracking.count_attempt(self.lead, method=method, at=self.clock)
        if self.lead.status in MOVES["contact"].sources:
            self.move("contact", actor=self.owner, method=method)

    def reply(self, method: str, text: str) -> None:
        """The person writes or calls."""
        kind, platform = tracking.interaction_for(method, "inbound")
        self.tell(
            kind,
            actor=self.owner,
            platform=platform,
            direction="inbound",
            payload={"method": method, "notes": text},
        )
        tracking.count_response(self.lead, at=self.clock)
        if self.lead.status in MOVES["converse"].sources:
            self.move("converse", actor=self.owner, method=method)

    def note(self, text: str) -> None:
        self.tell(InteractionType.NOTE, actor=self.owner, payload={"text": text})

    def assign(self) -> None:
        self.lead.assigned_to = self.owner.user
        self.lead.assigned_at = self.clock
        self.step(
            "assigned",
            actor=self.cast.manager,
            **{"from": None, "to": str(self.lead.assigned_to_id)},
            from_name="",
            to_name=self.owner.label,
        )

    def enrich(self, data: Mapping[str, Any]) -> None:
        self.lead.enrichment_data = dict(data)
        self.move("enrich", actor=self.cast.system.through("api"))

    def schedule(self, scheduled_for: datetime, location: str) -> Appointment:
        appointment = Appointment(
            workspace=self.cast.workspace,
            lead=self.lead,
            scheduled_for=scheduled_for,
            location=location,
            created_at=self.clock,
            matched_via=self.cast.rng.choice(("manual", "manual", "calendar", "call")),
        )
        self.cast.rows.appointments.append(appointment)
        self.move(
            "schedule",
            actor=self.owner,
            appointment_id=str(appointment.pk),
            scheduled_for=scheduled_for.isoformat(),
        )
        return appointment

    def attend(self, appointment: Appointment) -> None:
        self.move("complete", actor=self.owner)
        appointment.status = Appointment.Status.ATTENDED

    def miss(self, appointment: Appointment, status: str) -> None:
        """A no-show or a cancellation puts the lead back."""
        appointment.status = status
        self.move(
            "unschedule",
            actor=self.owner,
            appointment_id=str(appointment.pk),
            appointment_status=status,
        )

    def lose(self, loss_reason: str, unqualified_reason: str = "", *, actor: Actor) -> None:
        lead = self.lead
        lead.loss_reason = loss_reason
        lead.unqualified_reason = "" if lead.qualified_at else unqualified_reason
        self.move(
            "lose",
            actor=actor,
            loss_reason=lead.loss_reason,
            unqualified_reason=lead.unqualified_reason,
        )

    def convert(self, kind: str, value: Decimal | None, external_ref: str = "") -> None:
        """Log a conversion; a final one closes the deal."""
        lead, contact, workspace = self.lead, self.lead.contact, self.cast.workspace
        row = Conversion(
            workspace=workspace,
            contact=contact,
            lead=lead,
            type=kind,
            value=value,
            currency=workspace.currency if value is not None else "",
            converted_by=self.owner.label,
            converted_at=self.clock,
            created_at=self.clock,
            external_ref=external_ref,
            conversion_source=lead.last_contact_method,
        )
        self.cast.rows.conversions.append(row)
        self._count(contact, row)
        self.cast.rows.activities.append(
            Activity(
                workspace=workspace,
                contact=contact,
                lead=lead,
                action=Activity.Action.CONVERTED,
                at=self.clock,
                created_at=self.clock,
                actor_label=self.owner.label,
                metadata=rendering.activity_metadata(row),
            )
        )
        details = rendering.conversion_summary(row)
        lead.conversion_id = row.pk
        lead.conversion_metadata = details
        self.step("conversion", actor=self.owner, **details)
        if is_final(kind, workspace):
            self.move("convert", actor=self.owner, **details)

    def _count(self, contact: Contact, row: Conversion) -> None:
        contact.conversion_count += 1
        contact.lifetime_value += row.value or 0
        if is_final(row.type, self.cast.workspace):
            contact.conversion_status = Contact.ConversionStatus.CONVERTED
            contact.converted_at = row.converted_at
            contact.converted_by = row.converted_by
            contact.converted_from_workspace = self.cast.workspace.slug

    def end(self) -> None:
        """What the timers make of a lead that nobody worked; then the alarm that runs now."""
        lead = self.lead
        alarm = alarm_for(lead)
        if alarm is not None and alarm <= self.cast.now:
            self.clock = alarm
            timer = self.cast.system.through("timer")
            if lead.status == Status.QUALIFIED:
                self.lose(LOST_CONTACT, actor=timer)
            else:
                self.lose(NO_CONTACT, NO_CONTACT, actor=timer)
        lead.auto_close_alarm_at = alarm_for(lead)

    def touchpoint(self, kind: str, platform: str = Platform.WEBSITE) -> None:
        self.tell(kind, actor=self.cast.system.through("api"), platform=platform)
