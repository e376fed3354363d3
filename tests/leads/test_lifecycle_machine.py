"""The lifecycle against a plain model, in any order and by any door (a Hypothesis machine)."""

from collections import Counter

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from integrations.models import OutboxEvent
from leads.intake import LeadInput, receive
from leads.models import Appointment, Interaction, Lead
from tests.admin_rows import staff
from tests.leads.lifecycle_doors import DOORS

EARLY = {"new", "enriched", "contacted", "conversing"}
OPEN = EARLY | {"qualified", "scheduled"}


class Model:
    """What `design/domain.md` says, in as few words as possible."""

    def __init__(self):
        self.status = "new"
        self.lost_from = ""
        self.scheduled_from = ""
        self.moves = 0

    def go(self, move):
        """Whether the move is legal; makes it."""
        sources, target = {
            "enrich": ({"new"}, "enriched"),
            "contact": ({"new", "enriched"}, "contacted"),
            "converse": ({"new", "enriched", "contacted"}, "conversing"),
            "qualify": (EARLY, "qualified"),
            "schedule": (OPEN, "scheduled"),
            "complete": ({"qualified", "scheduled"}, "completed"),
            "convert": (OPEN | {"completed"}, "converted"),
            "lose": (OPEN, "lost"),
            "reopen": ({"lost"}, self.lost_from),
            "unschedule": ({"scheduled"}, self.scheduled_from),
        }[move]
        if self.status not in sources:
            # The same move again is fine and changes nothing.
            return self.status == (self.lost_from if move == "reopen" else target)
        if move == "schedule" and self.status == "scheduled":
            return True
        if move == "schedule":
            self.scheduled_from = self.status
        # Only losing, and coming back from it, remember where from.
        if move == "lose":
            self.lost_from = self.status
        elif move != "reopen":
            self.lost_from = ""
        self.status = target
        self.moves += 1
        return True


def machine(world, doors, used):
    through = st.sampled_from(sorted(doors))

    class Lifecycle(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.model = Model()
            self.lead = receive(LeadInput(first_name="Ann"), actor=world.actor("rep")).lead

        def check(self, door, move, act):
            before = self.model.status
            legal = self.model.go(move)
            refusal = act(doors[door])
            used[door, legal] += 1
            assert (refusal is None) == legal, f"{move} from {before} by {door}"
            assert refusal is None or move not in (refusal.allowed or [])

        @rule(
            door=through,
            move=st.sampled_from(["converse", "qualify", "complete", "convert", "reopen"]),
        )
        def plain(self, door, move):
            self.check(door, move, lambda by: by.move(self.lead, move))

        @rule(door=through)
        def enrich(self, door):
            # In a later status it stores without moving, which is never refused.
            self.model.go("enrich")
            doors[door].enrich(self.lead)

        @rule(door=through, direction=st.sampled_from(["inbound", "outbound"]))
        def contact(self, door, direction):
            self.model.go("converse" if direction == "inbound" else "contact")
            doors[door].log(self.lead, direction)

        @rule(door=through)
        def lose(self, door):
            self.check(door, "lose", lambda by: by.lose(self.lead))

        @rule(door=through, days=st.integers(1, 3))
        def schedule(self, door, days):
            when = self.lead.created_at.replace(month=1, day=days, second=0, microsecond=0)
            self.check(door, "schedule", lambda by: by.schedule(self.lead, when))

        @rule(door=through, status=st.sampled_from(["attended", "no_show", "canceled"]))
        def appointment(self, door, status):
            planned = Appointment.objects.filter(lead=self.lead, status="scheduled").first()
            if planned is not None:
                self.model.go("complete" if status == "attended" else "unschedule")
                doors[door].mark(planned, status)

        @invariant()
        def the_lead_is_where_the_model_is(self):
            row = Lead.objects.get(pk=self.lead.pk)
            assert row.status == self.model.status
            assert (row.status == "lost") == bool(row.lost_at) == bool(row.loss_reason)
            planned = Appointment.objects.filter(lead=row, status="scheduled").count()
            # Who bought before the visit may still come to it.
            possible = {"scheduled": {1}, "converted": {0, 1}}
            assert planned in possible.get(row.status, {0})

        @invariant()
        def every_move_left_its_entry_and_its_news(self):
            entries = Interaction.objects.filter(lead=self.lead, type="status_change")
            news = OutboxEvent.objects.filter(
                subject_id=self.lead.pk, payload__change__has_key="seconds_in_status"
            )
            assert entries.count() == news.count() == self.model.moves

    return Lifecycle


def test_any_order_of_moves_by_any_door_is_what_the_model_says(world):
    staff(world.rep)
    world.rep.refresh_from_db()
    used = Counter()
    doors = {name: door(world) for name, door in DOORS.items()}
    with world.scope():
        run_state_machine_as_test(
            machine(world, doors, used),
            settings=settings(
                max_examples=10,
                stateful_step_count=16,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
    # Every door was asked for what is possible and for what is not.
    assert all(used[door, legal] for door in DOORS for legal in (True, False)), used
