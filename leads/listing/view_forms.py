"""The form that keeps a view under a name."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leads.errors import LeadError
from leads.models import LONGEST_VIEW_NAME, SavedView


class ViewForm(forms.Form):
    """Name and whose it is; filters, order and columns are those of the page it stands on."""

    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_VIEW_NAME,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    is_shared = forms.BooleanField(label=_("Share it with the workspace"), required=False)

    def __init__(self, data: Any = None, *, may_share: bool, view: SavedView | None = None) -> None:
        known = {"name": view.name, "is_shared": view.is_shared} if view else {}
        super().__init__(data, initial=known, prefix="view")
        if not may_share:
            del self.fields["is_shared"]

    def refuse(self, error: LeadError) -> None:
        """Show what the verb refused beside the field it is about."""
        for name, _code, message in error.errors or [("", error.code, error.detail)]:
            self.add_error(name if name in self.fields else None, message)
