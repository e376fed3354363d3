"""How a call may end, and what that means for the lead's place in the campaign."""

from dataclasses import dataclass

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantManager, TenantModel


class Outcome(models.TextChoices):
    NO_ANSWER = "no_answer", _("No answer")
    BUSY = "busy", _("Busy")
    VOICEMAIL = "voicemail", _("Voicemail")
    WRONG_NUMBER = "wrong_number", _("Wrong number")
    CALLBACK = "callback", _("Call back")
    INTERESTED = "interested", _("Interested")
    NOT_INTERESTED = "not_interested", _("Not interested")
    APPOINTMENT = "appointment", _("Appointment")
    PLEDGED = "pledged", _("Pledged")
    DONATED = "donated", _("Donated")
    CONVERTED = "converted", _("Converted")
    DO_NOT_CALL = "do_not_call", _("Do not call")


@dataclass(frozen=True)
class OutcomeRule:
    """`status` is where the campaign lead goes: "queued" waits for another attempt.

    `delay` is that wait in minutes, unless the campaign says otherwise. `reached`: a person was
    spoken to (*contacted*). `successful` counts as a success of the campaign.
    """

    status: str
    delay: int | None = None
    reached: bool = False
    successful: bool = False
    blocks_calls: bool = False


OUTCOME_RULES: dict[str, OutcomeRule] = {
    Outcome.NO_ANSWER: OutcomeRule("queued", delay=120),
    Outcome.BUSY: OutcomeRule("queued", delay=15),
    Outcome.VOICEMAIL: OutcomeRule("queued", delay=240),
    Outcome.WRONG_NUMBER: OutcomeRule("failed"),
    # Without a time of its own, tomorrow at this hour.
    Outcome.CALLBACK: OutcomeRule("queued", delay=1440, reached=True),
    Outcome.INTERESTED: OutcomeRule("contacted", reached=True),
    Outcome.NOT_INTERESTED: OutcomeRule("contacted", reached=True),
    Outcome.APPOINTMENT: OutcomeRule("converted", reached=True, successful=True),
    Outcome.PLEDGED: OutcomeRule("converted", reached=True, successful=True),
    Outcome.DONATED: OutcomeRule("converted", reached=True, successful=True),
    Outcome.CONVERTED: OutcomeRule("converted", reached=True, successful=True),
    Outcome.DO_NOT_CALL: OutcomeRule("failed", reached=True, blocks_calls=True),
}


class CallOutcome(TenantModel):
    """An outcome that a workspace added to the built-in ones."""

    class Leads(models.TextChoices):
        QUEUED = "queued", _("to another attempt")
        CONTACTED = "contacted", _("to contacted")
        CONVERTED = "converted", _("to converted")
        FAILED = "failed", _("to failed")

    code = models.SlugField(_("code"), max_length=40, db_index=False)
    label = models.CharField(_("label"), max_length=60)
    status = models.CharField(_("leads"), max_length=9, choices=Leads)
    delay_minutes = models.PositiveIntegerField(_("minutes to the next attempt"), default=120)
    is_reached = models.BooleanField(_("a person was reached"), default=False)
    is_successful = models.BooleanField(_("counts as a success"), default=False)
    position = models.PositiveSmallIntegerField(_("place"), default=100)
    is_active = models.BooleanField(_("offered"), default=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager()

    class Meta:
        verbose_name = _("call outcome")
        verbose_name_plural = _("call outcomes")
        ordering = ["position", "label", "id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "code"], name="call_outcome_code_once"),
            models.CheckConstraint(
                condition=~Q(code__in=[*Outcome.values, ""]) & ~Q(label=""),
                name="call_outcome_is_its_own",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "contacted", "converted", "failed"]),
                name="call_outcome_status_known",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def rule(self) -> OutcomeRule:
        return OutcomeRule(
            self.status,
            delay=self.delay_minutes if self.status == self.Leads.QUEUED else None,
            reached=self.is_reached,
            successful=self.is_successful,
        )
