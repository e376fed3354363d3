"""What a workspace wants to know beyond the usual: its own fields, and their values as rows.

The value tables are the truth, and what filters look through: a policy takes the index from JSON
operators, and from numeric comparisons too. The `custom_fields` of a contact and of a lead are a
rendered copy, so that lists show the values without a join. `leads.fields.custom_values` writes
both.
"""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet

from .contact import Contact
from .lead import Lead

LONGEST_KEY = 60
LONGEST_TEXT = 10_000
# What a btree takes comfortably, in the longest letters of UTF-8; see `custom_kinds.match_text`.
LONGEST_MATCH = 200


class CustomFieldQuerySet(TenantQuerySet):
    def active(self) -> "CustomFieldQuerySet":
        return self.filter(archived_at__isnull=True)


class CustomField(TenantModel):
    """One field, by key; changed through `leads.fields.custom_fields`.

    `choices` is the ordered list of `{"value", "label"}` of the choice kinds; without any, every
    value is taken. An archived field is offered and filtered by no more; its values stay.
    """

    class Subject(models.TextChoices):
        CONTACT = "contact", _("Contact")
        LEAD = "lead", _("Lead")

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        CHOICE = "choice", _("Choice")
        MULTI_CHOICE = "multi_choice", _("Several choices")
        BOOLEAN = "boolean", _("Yes or no")
        URL = "url", _("Web address")

    subject = models.CharField(
        _("belongs to"), max_length=8, choices=Subject, default=Subject.CONTACT
    )
    # Once per workspace over both subjects: a lead shows its contact's fields beside its own.
    key = models.CharField(_("key"), max_length=LONGEST_KEY)
    label = models.CharField(_("label"), max_length=200)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.TEXT)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CustomFieldQuerySet.as_manager()

    class Meta:
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        ordering = ["position", "label", "id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="custom_field_once"),
            models.CheckConstraint(
                condition=Q(subject__in=["contact", "lead"]), name="custom_field_subject_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "text",
                        "number",
                        "date",
                        "choice",
                        "multi_choice",
                        "boolean",
                        "url",
                    ]
                ),
                name="custom_field_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(key__regex=r"^[a-z][a-z0-9_]*$"), name="custom_field_key_plain"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "position", "id"], name="custom_field_position")
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None

    @property
    def has_choices(self) -> bool:
        return self.kind in (self.Kind.CHOICE, self.Kind.MULTI_CHOICE)

    @property
    def choice_labels(self) -> dict[str, str]:
        return {choice["value"]: choice["label"] for choice in self.choices}


class FieldValue(TenantModel):
    """One value of one field; several choices are several rows.

    `match_text` is what equality compares. Numbers are double precision, whose comparisons are
    leakproof: under a policy, those of `numeric` would lose the index.
    """

    field = TenantForeignKey(
        CustomField, on_delete=models.CASCADE, related_name="+", verbose_name=_("field")
    )
    text_value = models.CharField(_("value"), max_length=LONGEST_TEXT)
    match_text = models.CharField(max_length=LONGEST_MATCH, editable=False)
    number_value = models.FloatField(null=True, editable=False)
    date_value = models.DateField(null=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.text_value


def _constraints(subject: str) -> list[Any]:
    """Each value once; this is the index of equality, too."""
    return [
        models.UniqueConstraint(
            fields=["workspace", "field", "match_text", subject], name=f"{subject}_field_value_once"
        )
    ]


def _indexes(subject: str) -> list[models.Index]:
    return [
        models.Index(fields=["workspace", subject], name=f"{subject}_field_values"),
        models.Index(
            fields=["workspace", "field", "number_value", subject],
            condition=Q(number_value__isnull=False),
            name=f"{subject}_field_number",
        ),
        models.Index(
            fields=["workspace", "field", "date_value", subject],
            condition=Q(date_value__isnull=False),
            name=f"{subject}_field_date",
        ),
    ]


class ContactFieldValue(FieldValue):
    contact = TenantForeignKey(Contact, on_delete=models.CASCADE, related_name="field_values")

    objects = TenantManager()

    class Meta:
        verbose_name = _("contact's field value")
        verbose_name_plural = _("contacts' field values")
        ordering = ["field", "match_text"]
        constraints = _constraints("contact")
        indexes = _indexes("contact")


class LeadFieldValue(FieldValue):
    lead = TenantForeignKey(Lead, on_delete=models.CASCADE, related_name="field_values")

    objects = TenantManager()

    class Meta:
        verbose_name = _("lead's field value")
        verbose_name_plural = _("leads' field values")
        ordering = ["field", "match_text"]
        constraints = _constraints("lead")
        indexes = _indexes("lead")
