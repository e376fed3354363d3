"""The lists of reasons why leads are lost, in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.admin_base import ScopedAdmin, ScopedRelatedFilter
from accounts.permissions import Permission
from leads.models import Reason
from leads.reasons import LOST_CONTACT, NO_CONTACT

# The timers close leads with these.
ALWAYS_THERE = (NO_CONTACT, LOST_CONTACT)


class ReasonForm(forms.ModelForm):
    class Meta:
        model = Reason
        fields = ("workspace", "kind", "code", "label", "position", "is_active")

    def clean_is_active(self) -> bool:
        is_active = bool(self.cleaned_data["is_active"])
        if not is_active and self.instance.code in ALWAYS_THERE:
            raise forms.ValidationError(_("The timers need this reason: it stays."))
        return is_active


@admin.register(Reason)
class ReasonAdmin(ScopedAdmin):
    """A reason that is not wanted any more is switched off: leads that have it keep it."""

    add_permission = Permission.WORKSPACE_MANAGE
    change_permission = Permission.WORKSPACE_MANAGE
    form = ReasonForm
    list_display = ("label", "kind", "code", "position", "is_active", "workspace")
    list_filter = ("kind", "is_active", ("workspace", ScopedRelatedFilter))
    list_select_related = ("workspace",)
    search_fields = ("label", "code")
    ordering = ("kind", "position", "label", "id")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # Leads name their reason by its code.
        return ("workspace", "kind", "code") if obj else ()
