"""Anything that happened with a lead, on one timeline."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantForeignKey, TenantModel

from .lead import Lead
from .of_lead import OfLeadQuerySet


class InteractionType(models.TextChoices):
    CALL_INBOUND = "call_inbound", _("Inbound call")
    CALL_OUTBOUND = "call_outbound", _("Outbound call")
    SMS = "sms", _("SMS")
    EMAIL = "email", _("E-mail")
    FB_MSG = "fb_msg", _("Messenger message")
    IG_MSG = "ig_msg", _("Instagram message")
    LINKEDIN_MSG = "linkedin_msg", _("LinkedIn message")
    NOTE = "note", _("Note")
    SOCIAL_FOLLOW = "social_follow", _("Social follow")
    SOCIAL_LIKE = "social_like", _("Social like")
    SOCIAL_COMMENT = "social_comment", _("Social comment")
    SOCIAL_MENTION = "social_mention", _("Social mention")
    STORY_VIEW = "story_view", _("Story view")
    CONNECTION_REQUEST = "connection_request", _("Connection request")
    WEBSITE_VISIT = "website_visit", _("Website visit")
    INFO_REQUEST = "info_request", _("Info request")
    PRICE_QUOTE = "price_quote", _("Price quote")
    SITE_VISIT = "site_visit", _("Site visit")
    FORM_SUBMISSION = "form_submission", _("Form submission")
    CONTACT_OTHER = "contact_other", _("Other contact")
    STATUS_CHANGE = "status_change", _("Status change")
    SYSTEM_AUTO = "system_auto", _("Automatic step")


# Written by Leadloop only; nobody records these by hand.
AUTOMATIC_TYPES = (
    InteractionType.STATUS_CHANGE,
    InteractionType.SYSTEM_AUTO,
    InteractionType.CONTACT_OTHER,
)
MANUAL_TYPES = tuple(kind for kind in InteractionType if kind not in AUTOMATIC_TYPES)

# What people did; a note is only written down.
ENGAGEMENT_TYPES = tuple(kind for kind in MANUAL_TYPES if kind != InteractionType.NOTE)
# What people do to each other on social platforms.
SOCIAL_TYPES = (
    InteractionType.FB_MSG,
    InteractionType.IG_MSG,
    InteractionType.LINKEDIN_MSG,
    InteractionType.SOCIAL_FOLLOW,
    InteractionType.SOCIAL_LIKE,
    InteractionType.SOCIAL_COMMENT,
    InteractionType.SOCIAL_MENTION,
    InteractionType.STORY_VIEW,
    InteractionType.CONNECTION_REQUEST,
)


class Platform(models.TextChoices):
    WEBSITE = "website", _("Website")
    FACEBOOK = "facebook", _("Facebook")
    INSTAGRAM = "instagram", _("Instagram")
    LINKEDIN = "linkedin", _("LinkedIn")
    EMAIL = "email", _("E-mail")
    PHONE = "phone", _("Phone")
    SMS = "sms", _("SMS")
    OTHER = "other", _("Other")


class Direction(models.TextChoices):
    INBOUND = "inbound", _("Inbound")
    OUTBOUND = "outbound", _("Outbound")


class Interaction(TenantModel):
    """One entry of the timeline. Rows are added, never changed."""

    lead = TenantForeignKey(Lead, on_delete=models.CASCADE, related_name="interactions")
    type = models.CharField(_("type"), max_length=20, choices=InteractionType)
    platform = models.CharField(_("platform"), max_length=10, choices=Platform, blank=True)
    direction = models.CharField(_("direction"), max_length=8, choices=Direction, blank=True)
    at = models.DateTimeField(_("at"))
    actor_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    actor_label = models.CharField(_("by"), max_length=200, blank=True)
    via = models.CharField(_("through"), max_length=20, blank=True)
    payload = models.JSONField(_("details"), default=dict, blank=True)

    objects = OfLeadQuerySet.as_manager()

    class Meta:
        verbose_name = _("interaction")
        verbose_name_plural = _("interactions")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(type__in=[kind.value for kind in InteractionType]),
                name="interaction_type_known",
            )
        ]
        indexes = [
            models.Index(fields=["workspace", "lead", "-at", "-id"], name="interaction_of_lead"),
            models.Index(fields=["workspace", "-at", "-id"], name="interaction_feed"),
            # Counting what happened, by platform, type or lead, without reading a row.
            models.Index(
                fields=["workspace", "at"],
                include=["type", "platform", "lead"],
                condition=models.Q(type__in=[kind.value for kind in ENGAGEMENT_TYPES]),
                name="interaction_engagement",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()} {self.at:%Y-%m-%d %H:%M}"

    @property
    def text(self) -> str:
        """What a person wrote: the note, or the notes of a contact or move."""
        return str(self.payload.get("text") or self.payload.get("notes") or "")
