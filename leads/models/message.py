"""The conversation with a person, across channels; and in whose name a workspace writes."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantForeignKey, TenantManager, TenantModel, Tracked

from .contact import Contact
from .interaction import Direction
from .lead import Lead
from .of_lead import OfLeadQuerySet

if TYPE_CHECKING:
    from uuid import UUID

LONGEST_SUBJECT = 500
LONGEST_BODY = 100_000


class Channel(models.TextChoices):
    """Named like the interaction that a message leaves on the timeline."""

    SMS = "sms", _("SMS")
    EMAIL = "email", _("E-mail")
    FB_MSG = "fb_msg", _("Messenger")
    IG_MSG = "ig_msg", _("Instagram")
    LINKEDIN_MSG = "linkedin_msg", _("LinkedIn")


class MessageStatus(models.TextChoices):
    RECORDED = "recorded", _("Written down")
    RECEIVED = "received", _("Received")
    QUEUED = "queued", _("Waiting to be sent")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    BOUNCED = "bounced", _("Bounced")
    FAILED = "failed", _("Not sent")


class MessageQuerySet(OfLeadQuerySet):
    def due(self, now: datetime) -> Self:
        """To be sent now, or taken up by a worker that died."""
        waiting = Q(status=MessageStatus.QUEUED, next_attempt_at__lte=now)
        abandoned = Q(status=MessageStatus.SENDING, next_attempt_at__lte=now)
        return self.filter(waiting | abandoned)

    def of_lead(self, workspace_id: "UUID", lead_id: "UUID") -> Self:
        return self.in_workspace(workspace_id).filter(lead_id=lead_id)


class Message(TenantModel):
    """One message of a lead's conversation.

    Written by `leads.messaging.messages` and `leads.messaging.inbound_email`, sent by
    `leads.messaging.email_delivery`.
    """

    lead = TenantForeignKey(Lead, on_delete=models.CASCADE, related_name="messages")
    contact = TenantForeignKey(Contact, on_delete=models.CASCADE, related_name="messages")
    channel = models.CharField(_("channel"), max_length=12, choices=Channel)
    direction = models.CharField(_("direction"), max_length=8, choices=Direction)
    subject = models.CharField(_("subject"), max_length=LONGEST_SUBJECT, blank=True)
    body = models.TextField(_("text"), blank=True)
    meta = models.JSONField(_("details"), default=dict, blank=True)
    at = models.DateTimeField(_("at"))
    author = models.CharField(_("by"), max_length=320, blank=True)
    author_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    status = models.CharField(_("state"), max_length=10, choices=MessageStatus)
    # Why it was not sent, or not yet, in words for people.
    error = models.CharField(_("error"), max_length=500, blank=True)
    # What an e-mail is threaded by.
    message_id = models.CharField(_("message id"), max_length=400, blank=True)
    in_reply_to = models.CharField(_("in reply to"), max_length=400, blank=True)
    references = models.TextField(_("references"), blank=True)
    reply_token = models.CharField(max_length=40, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # When it is to be tried (queued), or taken from whoever holds it (sending).
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__in=[channel.value for channel in Channel]),
                name="message_channel_known",
            ),
            models.CheckConstraint(
                condition=Q(direction__in=["inbound", "outbound"]), name="message_direction_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in MessageStatus]),
                name="message_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["queued", "sending"]) | Q(next_attempt_at__isnull=False),
                name="message_waiting_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "lead", "-at", "-id"], name="message_of_lead"),
            models.Index(fields=["workspace", "contact"], name="message_of_contact"),
            models.Index(fields=["workspace", "-at", "-id"], name="message_newest"),
            models.Index(
                fields=["workspace", "message_id"],
                condition=~Q(message_id=""),
                name="message_by_message_id",
            ),
            models.Index(
                fields=["workspace", "reply_token"],
                condition=~Q(reply_token=""),
                name="message_by_reply_token",
            ),
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(status__in=["queued", "sending"]),
                name="message_due",
            ),
            models.Index(
                fields=["workspace", "-at", "-id"],
                condition=Q(status__in=["failed", "bounced"]),
                name="message_failed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.at:%Y-%m-%d %H:%M}"

    @property
    def is_waiting(self) -> bool:
        return self.status in (MessageStatus.QUEUED, MessageStatus.SENDING)

    @property
    def can_be_retried(self) -> bool:
        return self.status in (MessageStatus.FAILED, MessageStatus.BOUNCED)


class EmailSender(TenantModel):
    """In whose name a workspace sends e-mail; without a row, in its own from the deployment's.

    Changed through `leads.messaging.email_sender`.
    """

    history = Tracked(("sender_name", "sender_address"))

    sender_name = models.CharField(_("sender's name"), max_length=200, blank=True)
    sender_address = models.CharField(_("sender's address"), max_length=320, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager()

    class Meta:
        verbose_name = _("e-mail sender")
        verbose_name_plural = _("e-mail senders")
        constraints = [
            models.UniqueConstraint(fields=["workspace"], name="email_sender_once"),
        ]

    def __str__(self) -> str:
        return self.sender_address or self.sender_name or "–"
