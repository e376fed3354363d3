"""The lifecycle against a plain model, for any order of moves (a Hypothesis state machine)."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from integrations.models import OutboxEvent
from leads import lifecycle
from leads.diary import appointments
from leads.errors import IllegalMove
from leads.intake import LeadInput, receive
from leads.models import Appointment, Interaction, Lead

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


def machine(world):
    class Lifecycle(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.actor = world.actor("rep")
            self.model = Model()
            self.lead = receive(LeadInput(first_name="Ann"), actor=self.actor).lead

        def check(self, move, act):
            before = self.model.status
            legal = self.model.go(move)
            refused = None
            try:
                act()
            except IllegalMove as error:
                refused = error
            assert (refused is None) == legal, f"{move} from {before}"
            assert refused is None or move not in refused.allowed

        @rule(move=st.sampled_from(["converse", "qualify", "complete", "convert", "reopen"]))
        def plain(self, move):
            self.check(move, lambda: getattr(lifecycle, move)(self.lead, actor=self.actor))

        @rule()
        def enrich(self):
            # In a later status it stores without moving, which is never refused.
            self.model.go("enrich")
            lifecycle.enrich(self.lead, actor=self.actor, enrichment_data={"size": 10})

        @rule(direction=st.sampled_from(["inbound", "outbound"]))
        def contact(self, direction):
            self.model.go("converse" if direction == "inbound" else "contact")
            lifecycle.log_contact(self.lead, actor=self.actor, method="sms", direction=direction)

        @rule()
        def lose(self):
            self.check(
                "lose",
                lambda: lifecycle.lose(
                    self.lead, actor=self.actor, loss_reason="price", unqualified_reason="spam"
                ),
            )

        @rule(days=st.integers(1, 3))
        def schedule(self, days):
            when = self.lead.created_at.replace(month=1, day=days)
            self.check(
                "schedule",
                lambda: lifecycle.schedule(self.lead, actor=self.actor, scheduled_for=when),
            )

        @rule(status=st.sampled_from(["attended", "no_show", "canceled"]))
        def appointment(self, status):
            planned = Appointment.objects.filter(lead=self.lead, status="scheduled").first()
            if planned is not None:
                self.model.go("complete" if status == "attended" else "unschedule")
                appointments.set_status(planned.pk, actor=self.actor, status=status)

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


def test_any_order_of_moves_is_what_the_model_says(world):
    with world.scope():
        run_state_machine_as_test(
            lambda: machine(world)(),
            settings=settings(
                max_examples=30,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
