"""In whose name a workspace writes, as a manager fills it in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from leads.errors import LeadError
from leads.forms import VerbForm
from leads.messaging import email_sender
from leads.models import EmailSender


class EmailSenderForm(VerbForm):
    sender_name = forms.CharField(
        label=_("Name"),
        max_length=200,
        required=False,
        help_text=_("Empty: the workspace's name."),
    )
    sender_address = forms.CharField(
        label=_("Address"),
        max_length=320,
        required=False,
        help_text=_("Empty: the address of this installation."),
        widget=forms.TextInput({"inputmode": "email", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, row: EmailSender, **kwargs: Any) -> None:
        kwargs["initial"] = {name: getattr(row, name) for name in email_sender.CHANGEABLE}
        super().__init__(*args, **kwargs)

    def save(self, *, actor: Actor) -> None:
        """Raises `InvalidSender` with its errors on the fields."""
        try:
            email_sender.save(actor=actor, changes=self.cleaned_data)
        except LeadError as error:
            self.refuse(error)
            raise
