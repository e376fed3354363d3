"""A form on the web through which visitors become leads."""

import secrets
from typing import Any

from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantManager, TenantModel

from .lead_words import Source


def new_token() -> str:
    """The part of a form's public address nobody guesses: 128 random bits."""
    return secrets.token_urlsafe(16)


class FormField(models.TextChoices):
    """What a form may ask for, with the words it starts with."""

    FIRST_NAME = "first_name", _("First name")
    LAST_NAME = "last_name", _("Last name")
    EMAIL = "email", _("E-mail")
    PHONE = "phone", _("Phone")
    COMPANY = "company", _("Company")
    JOB_TITLE = "job_title", _("Job title")
    MESSAGE = "message", _("Message")


class ConsentKind(models.TextChoices):
    """What a form may ask permission for."""

    AD_USER_DATA = "ad_user_data", _("Measuring ads")
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    CALL = "call", _("Calls")


class LeadForm(TenantModel):
    """What a visitor is asked, and what is said to them.

    Changed through `leads.capture.lead_forms`. `fields` is the ordered list of `{"name", "label",
    "required"}`; `consent_texts` has the workspace's own wording of each permission it asks for.
    """

    token = models.CharField(
        _("token"), max_length=43, unique=True, default=new_token, editable=False
    )
    name = models.CharField(_("name"), max_length=120)
    title = models.CharField(_("title"), max_length=200)
    intro = models.TextField(_("introduction"), max_length=2000, blank=True)
    button_text = models.CharField(_("button"), max_length=60)
    thanks_text = models.TextField(_("thanks"), max_length=2000)
    redirect_url = models.CharField(
        _("page after sending"),
        max_length=2000,
        blank=True,
        validators=[URLValidator(schemes=["http", "https"])],
    )
    fields = models.JSONField(_("fields"), default=list)
    consent_texts = models.JSONField(_("permissions asked for"), default=dict, blank=True)
    allowed_origins = models.JSONField(_("sites that may embed it"), default=list, blank=True)
    source = models.CharField(_("source"), max_length=20, choices=Source, default=Source.WEBSITE)
    is_active = models.BooleanField(_("open"), default=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager()

    class Meta:
        verbose_name = _("form")
        verbose_name_plural = _("forms")
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["workspace", "name", "id"], name="lead_form_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def consents(self) -> list[dict[str, Any]]:
        """The permissions asked for, always in the same order."""
        texts = self.consent_texts
        return [{"kind": k.value, "text": texts[k]} for k in ConsentKind if texts.get(k)]
