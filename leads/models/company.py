"""The firm a contact works for."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantManager, TenantModel


class Company(TenantModel):
    """Known once per workspace by its name, whatever the case and spacing."""

    name = models.CharField(_("name"), max_length=200)
    name_normalized = models.CharField(max_length=200, editable=False)
    website = models.URLField(_("website"), blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager()

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name_normalized"], name="company_once_per_workspace"
            )
        ]

    def __str__(self) -> str:
        return self.name
