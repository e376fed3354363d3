"""What a person is asked before something is done to many leads."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from leads.assigning.assignment import assignable_members
from leads.forms import ReasonsForm, VerbForm
from leads.models import Reason


class BulkForm(VerbForm):
    """An action that needs nothing but the wish."""

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "id_bulk_%s", **kwargs})
        self.actor = actor
        self.prepare()

    def prepare(self) -> None:
        """Fill in what depends on the workspace."""

    def given(self) -> dict[str, Any]:
        """What the action is given."""
        return dict(self.cleaned_data)


class AssignForm(BulkForm):
    NOBODY = "nobody"

    user_id = forms.ChoiceField(label=_("New owner"))

    def prepare(self) -> None:
        members = assignable_members(self.actor.own_workspace.pk)
        people = [(str(m.user_id), m.user.get_full_name()) for m in members]
        choices = [("", _("Choose…")), *people, (self.NOBODY, _("Nobody"))]
        self.fields["user_id"].choices = choices  # type: ignore[attr-defined]

    def given(self) -> dict[str, Any]:
        chosen = self.cleaned_data["user_id"]
        return {"user_id": None if chosen == self.NOBODY else chosen}


class TagForm(BulkForm):
    tags = forms.CharField(
        label=_("Tags"),
        help_text=_("Separate several by commas."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def given(self) -> dict[str, Any]:
        return {"tags": [tag for tag in self.cleaned_data["tags"].split(",") if tag.strip()]}


class LoseForm(BulkForm, ReasonsForm):
    def prepare(self) -> None:
        self.offer(Reason.objects.offered(self.actor.own_workspace.pk))
        self.fields["loss_reason"].label = _("Why are they lost?")
        never = self.fields["unqualified_reason"]
        never.label = _("Why were they never qualified?")
        never.help_text = _("For those that never were. Left open, they are not marked lost.")
