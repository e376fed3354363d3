"""A person, known once per workspace."""

from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Lower
from django.utils.translation import gettext_lazy as _

from accounts.encryption import SealedDict
from accounts.models import TenantForeignKey, TenantManager, TenantModel, Tracked
from accounts.permissions import Role

from .company import Company
from .numbers import NumberedQuerySet, NumberField

if TYPE_CHECKING:
    from accounts.actors import Actor


class ContactQuerySet(NumberedQuerySet):
    def alive(self) -> Self:
        return self.filter(deleted_at__isnull=True)

    def visible_to(self, actor: "Actor") -> Self:
        """The contacts of the leads the actor may see, and those without a lead."""
        rows = self.alive()
        if actor.workspace is None:
            return rows
        rows = rows.in_workspace(actor.workspace.pk)
        own_only = actor.workspace.rep_lead_access == actor.workspace.RepAccess.OWN
        if actor.role == Role.REP and own_only and actor.user is not None:
            foreign = Q(leads__assigned_to__isnull=False) & ~Q(leads__assigned_to=actor.user)
            rows = rows.exclude(foreign)
        return rows


class Contact(TenantModel):
    """A person. What was typed stays beside what it was normalised to."""

    # What `name` is made of.
    NAME_COLUMNS = ("display_name", "first_name", "last_name", "email", "phone", "number")

    history = Tracked(
        (
            "company",
            "conversion_status",
            "consent",
            "do_not_contact",
            "time_zone",
            "sent_from_workspace",
            "converted_from_workspace",
            "deleted_at",
        ),
        names=(
            "first_name",
            "last_name",
            "display_name",
            "email",
            "phone",
            "job_title",
            "linkedin_url",
            "social_profiles",
            "address",
        ),
        labels={"deleted_at": _("deleted")},
    )

    class ConversionStatus(models.TextChoices):
        PENDING = "pending", _("Pending")
        QUALIFIED = "qualified", _("Qualified")
        APPOINTMENT = "appointment", _("Appointment")
        CONVERTED = "converted", _("Converted")
        LOST = "lost", _("Lost")

    number = NumberField(_("number"))
    first_name = models.CharField(_("first name"), max_length=200, blank=True)
    last_name = models.CharField(_("last name"), max_length=200, blank=True)
    display_name = models.CharField(_("display name"), max_length=400, blank=True)
    email = models.CharField(_("e-mail"), max_length=320, blank=True)
    email_normalized = models.CharField(max_length=320, blank=True, editable=False)
    phone = models.CharField(_("phone"), max_length=64, blank=True)
    phone_e164 = models.CharField(max_length=16, blank=True, editable=False)
    job_title = models.CharField(_("job title"), max_length=200, blank=True)
    linkedin_url = models.CharField(_("LinkedIn"), max_length=500, blank=True)
    company = TenantForeignKey(
        Company,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name=_("company"),
    )
    social_profiles = models.JSONField(_("social profiles"), default=list, blank=True)
    address = models.JSONField(_("address"), default=dict, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    # The rendered copy of `ContactFieldValue`, for lists.
    custom_fields = models.JSONField(_("custom fields"), default=dict, blank=True)
    custom_metadata_sealed = models.TextField(blank=True, editable=False)
    custom_metadata = SealedDict("custom_metadata_sealed")
    consent = models.JSONField(_("consent"), default=dict, blank=True)
    do_not_contact = models.JSONField(_("do not contact"), default=dict, blank=True)
    lifetime_value = models.DecimalField(
        _("lifetime value"), max_digits=14, decimal_places=2, default=Decimal(0)
    )
    conversion_count = models.PositiveIntegerField(_("conversions"), default=0)
    conversion_status = models.CharField(
        _("conversion status"),
        max_length=12,
        choices=ConversionStatus,
        default=ConversionStatus.PENDING,
    )
    converted_at = models.DateTimeField(_("converted"), null=True, blank=True)
    converted_by = models.CharField(_("converted by"), max_length=200, blank=True)
    sent_from_workspace = models.CharField(max_length=63, blank=True)
    converted_from_workspace = models.CharField(max_length=63, blank=True)
    # What `leads.listing.search` looks through.
    search_text = models.GeneratedField(
        expression=Lower(
            Concat(
                F("first_name"),
                Value(" "),
                F("last_name"),
                Value(" "),
                F("display_name"),
                Value(" "),
                F("email_normalized"),
                Value(" "),
                F("phone_e164"),
                output_field=models.TextField(),
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
    )
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "email_normalized"],
                condition=Q(deleted_at__isnull=True) & ~Q(email_normalized=""),
                name="contact_email_once_per_workspace",
            ),
            models.UniqueConstraint(fields=["workspace", "number"], name="contact_number"),
            models.CheckConstraint(
                condition=Q(
                    conversion_status__in=[
                        "pending",
                        "qualified",
                        "appointment",
                        "converted",
                        "lost",
                    ]
                ),
                name="contact_conversion_status_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "phone_e164"],
                condition=Q(deleted_at__isnull=True) & ~Q(phone_e164=""),
                name="contact_phone",
            ),
            models.Index(fields=["workspace", "-created_at", "-id"], name="contact_newest"),
            # With what leaves a person out: a large company is counted without reading a row.
            models.Index(
                fields=["workspace", "company", "-created_at", "-id"],
                include=["deleted_at"],
                condition=Q(company__isnull=False),
                name="contact_of_company",
            ),
            # People of the same name; see `leads.merges.duplicates`.
            models.Index(
                F("workspace_id"),
                Lower("last_name"),
                Lower("first_name"),
                condition=Q(deleted_at__isnull=True) & ~Q(first_name="") & ~Q(last_name=""),
                name="contact_full_name",
            ),
            GinIndex(
                F("workspace_id"),
                OpClass(F("search_text"), name="gin_trgm_ops"),
                name="contact_search",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The best there is to call this person."""
        return self.called(*(getattr(self, column) for column in self.NAME_COLUMNS))

    @staticmethod
    def called(
        display_name: str, first_name: str, last_name: str, email: str, phone: str, number: int
    ) -> str:
        """The same of `NAME_COLUMNS` alone, for who reads many people."""
        full = " ".join(part for part in (first_name, last_name) if part)
        return display_name or full or email or phone or f"#{number}"


class ContactTag(TenantModel):
    """A tag on a contact, in a table of its own: arrays lose their index under policies."""

    contact = TenantForeignKey(Contact, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(_("tag"), max_length=60)

    objects = TenantManager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "contact", "name"], name="contact_tag_once"
            )
        ]
        indexes = [models.Index(fields=["workspace", "name", "contact"], name="contact_tag_name")]

    def __str__(self) -> str:
        return self.name
