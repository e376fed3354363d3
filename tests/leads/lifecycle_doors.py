"""The doors through which a person moves a lead: the verb itself, the API, the page, the admin.

Each makes the same moves and says what the lead's keeper was told: `None` when it was taken, else
the refusal. What only that door promises (its codes, its addresses) is held right here.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.messages import get_messages
from django.test import Client

from leads import lifecycle
from leads.diary import appointments
from leads.errors import IllegalMove
from leads.models import Appointment, Lead

REASONS = {"loss_reason": "price", "unqualified_reason": "spam"}


@dataclass(frozen=True)
class Refusal:
    """`allowed` are the moves that the door named instead; None where it names none."""

    allowed: list[str] | None = None


@dataclass
class VerbDoor:
    """What every other door calls."""

    world: Any

    @property
    def actor(self) -> Any:
        return self.world.actor("rep")

    def move(self, lead: Lead, name: str, **given: Any) -> Refusal | None:
        try:
            getattr(lifecycle, name)(lead, actor=self.actor, **given)
        except IllegalMove as error:
            return Refusal(error.allowed)
        return None

    def enrich(self, lead: Lead) -> None:
        lifecycle.enrich(lead, actor=self.actor, enrichment_data={"size": 10})

    def log(self, lead: Lead, direction: str) -> None:
        lifecycle.log_contact(lead, actor=self.actor, method="sms", direction=direction)

    def lose(self, lead: Lead) -> Refusal | None:
        return self.move(lead, "lose", **REASONS)

    def schedule(self, lead: Lead, when: datetime) -> Refusal | None:
        return self.move(lead, "schedule", scheduled_for=when)

    def mark(self, visit: Appointment, status: str) -> None:
        appointments.set_status(visit.pk, actor=self.actor, status=status)


@dataclass
class _Browser:
    world: Any
    client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        self.client.force_login(self.world.rep)


class ApiDoor(_Browser):
    def _send(self, method: str, path: str, body: dict[str, Any]) -> Any:
        return getattr(self.client, method)(
            f"/api/v1/{path}/",
            data=json.dumps(body, default=str),
            content_type="application/json",
            headers={"X-Workspace-ID": "home"},
        )

    def move(self, lead: Lead, name: str, **given: Any) -> Refusal | None:
        answer = self._send("post", f"leads/{lead.number}/{name}", given)
        body = answer.json()
        if answer.status_code == 409:
            assert body["code"] == "illegal_transition"
            return Refusal(body["allowed"])
        assert answer.status_code == 200, body
        assert body["id"] == str(lead.pk)
        assert body["status"] == Lead.objects.get(pk=lead.pk).status
        return None

    def enrich(self, lead: Lead) -> None:
        assert self.move(lead, "enrich", enrichment_data={"size": 10}) is None

    def log(self, lead: Lead, direction: str) -> None:
        assert self.move(lead, "contact", method="sms", direction=direction) is None

    def lose(self, lead: Lead) -> Refusal | None:
        return self.move(lead, "lost", **REASONS)

    def schedule(self, lead: Lead, when: datetime) -> Refusal | None:
        return self.move(lead, "schedule", appointment={"scheduled_for": when.isoformat()})

    def mark(self, visit: Appointment, status: str) -> None:
        answer = self._send("patch", f"appointments/{visit.pk}", {"status": status})
        assert answer.status_code == 200, answer.content
        assert answer.json()["status"] == status


class PageDoor(_Browser):
    """Posts what the forms of the Lead page post, the status that it shows among it."""

    def _post(self, lead: Lead, path: str, data: dict[str, Any]) -> Refusal | None:
        here = f"/w/home/leads/{lead.number}/"
        answer = self.client.post(f"{here}{path}/", data)
        if answer.status_code == 409:
            assert "is not possible" in answer.content.decode()
            return Refusal()
        assert (answer.status_code, answer["Location"]) == (302, here)
        return None

    def move(self, lead: Lead, name: str, **given: Any) -> Refusal | None:
        seen = {"expected_status": Lead.objects.get(pk=lead.pk).status}
        return self._post(lead, f"move/{name}", seen | given)

    def enrich(self, lead: Lead) -> None:
        assert self.move(lead, "enrich") is None

    def log(self, lead: Lead, direction: str) -> None:
        assert self._post(lead, "log", {"kind": "sms", "direction": direction}) is None

    def lose(self, lead: Lead) -> Refusal | None:
        return self.move(lead, "lose", **REASONS)

    def schedule(self, lead: Lead, when: datetime) -> Refusal | None:
        return self.move(lead, "schedule", scheduled_for=when.strftime("%Y-%m-%dT%H:%M"))

    def mark(self, visit: Appointment, status: str) -> None:
        path = f"appointments/{visit.pk}"
        assert self._post(visit.lead, path, {"status": status}) is None


class AdminDoor(_Browser):
    def move(self, lead: Lead, name: str, **given: Any) -> Refusal | None:
        answer = self.client.post(f"/admin/leads/lead/{lead.pk}/{name}/", {"apply": "1", **given})
        assert answer.status_code == 302, answer.content
        # Behind those of earlier posts, which no page has shown yet.
        told = str(list(get_messages(answer.wsgi_request))[-1])
        if "is not possible" in told:
            return Refusal()
        assert "1 lead." in told
        return None

    def enrich(self, lead: Lead) -> None:
        assert self.move(lead, "enrich") is None

    def log(self, lead: Lead, direction: str) -> None:
        assert self.move(lead, "log_contact", method="sms", direction=direction) is None

    def lose(self, lead: Lead) -> Refusal | None:
        return self.move(lead, "lose", **REASONS)

    def schedule(self, lead: Lead, when: datetime) -> Refusal | None:
        return self.move(lead, "schedule", scheduled_for=when.strftime("%Y-%m-%dT%H:%M"))

    def mark(self, visit: Appointment, status: str) -> None:
        chosen = {"action": f"mark_{status}", "_selected_action": [visit.pk]}
        assert self.client.post("/admin/leads/appointment/", chosen).status_code == 302


DOORS = {"verb": VerbDoor, "api": ApiDoor, "page": PageDoor, "admin": AdminDoor}
