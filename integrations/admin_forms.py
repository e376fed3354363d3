"""What is filled in for a connection: fields as its provider declares them."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.admin_base import VerbForm
from integrations.models import Connection
from integrations.providers.base import FieldSpec
from integrations.registry import CONNECTABLE

SETTING, SECRET = "setting_", "secret_"
FORGET = "forget_secrets"


class ProviderForm(forms.Form):
    """To whom; the next page asks what that provider needs."""

    provider = forms.ChoiceField(
        label=gettext_lazy("Provider"),
        choices=[(name, provider.label) for name, provider in CONNECTABLE.items()],
        widget=UnfoldAdminSelectWidget,
    )


class ConnectionForm(VerbForm):
    """Settings are shown; secrets are only typed in, and an empty field keeps what is stored."""

    settings_fields: ClassVar[Sequence[FieldSpec]] = ()
    secret_fields: ClassVar[Sequence[FieldSpec]] = ()

    class Meta:
        model = Connection
        fields = ("workspace", "name", "is_active")

    @classmethod
    def for_provider(cls, name: str) -> type["ConnectionForm"]:
        """The form with that provider's fields; one that is gone has none."""
        provider = CONNECTABLE.get(name)
        specs = (provider.settings_fields, provider.secret_fields) if provider else ((), ())
        declared: dict[str, Any] = {"settings_fields": specs[0], "secret_fields": specs[1]}
        declared["verb_fields"] = {
            **{f"settings.{spec.name}": SETTING + spec.name for spec in specs[0]},
            **{f"secrets.{spec.name}": SECRET + spec.name for spec in specs[1]},
        }
        declared |= {SETTING + spec.name: _field(spec) for spec in specs[0]}
        declared |= {SECRET + spec.name: _secret_field(spec) for spec in specs[1]}
        declared[FORGET] = forms.BooleanField(
            label=gettext_lazy("Remove all stored secrets"),
            required=False,
            widget=UnfoldBooleanSwitchWidget,
            help_text=gettext_lazy("The connection is a dry run then: everything but the call."),
        )
        return type("ConnectionForm", (cls,), declared | {"Meta": cls.Meta})

    @classmethod
    def setting_names(cls) -> tuple[str, ...]:
        return tuple(SETTING + spec.name for spec in cls.settings_fields)

    @classmethod
    def secret_names(cls) -> tuple[str, ...]:
        return (*(SECRET + spec.name for spec in cls.secret_fields), FORGET)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance.secrets
        for spec in self.settings_fields:
            self.initial[SETTING + spec.name] = self.instance.settings.get(spec.name)
        for spec in self.secret_fields:
            known = _("Stored.") if stored.get(spec.name) else _("Not set.")
            if SECRET + spec.name in self.fields:
                self.fields[SECRET + spec.name].help_text = f"{known} {spec.help_text}"

    def changes(self) -> dict[str, Any]:
        """What was filled in, as `integrations.connections` takes it."""
        given = self.cleaned_data
        changes: dict[str, Any] = {"name": given["name"], "is_active": given["is_active"]}
        if any(name.startswith(SETTING) for name in self.changed_data):
            changes["settings"] = {s.name: given[SETTING + s.name] for s in self.settings_fields}
        forgotten = {spec.name: None for spec in self.secret_fields if given[FORGET]}
        typed = {spec.name: given[SECRET + spec.name] for spec in self.secret_fields}
        secrets = forgotten | {name: text for name, text in typed.items() if text}
        return changes | ({"secrets": secrets} if secrets else {})


def _field(spec: FieldSpec) -> forms.Field:
    if spec.kind == "checkbox":
        return forms.BooleanField(
            label=spec.label,
            required=False,
            help_text=spec.help_text,
            widget=UnfoldBooleanSwitchWidget,
        )
    widgets: dict[str, Callable[[], forms.Widget]] = {
        "text": UnfoldAdminTextInputWidget,
        "multiline": UnfoldAdminTextareaWidget,
    }
    return forms.CharField(
        label=spec.label,
        required=spec.required,
        help_text=spec.help_text,
        widget=widgets[spec.kind](),
    )


class _SecretTextarea(UnfoldAdminTextareaWidget):  # type: ignore[misc]
    """Several lines that are never shown again, not even after an error."""

    def format_value(self, value: Any) -> str:
        return ""


def _secret_field(spec: FieldSpec) -> forms.Field:
    # Required secrets may come later: until then the connection is a dry run.
    return forms.CharField(
        label=spec.label,
        required=False,
        strip=True,
        widget=_SecretTextarea(attrs={"autocomplete": "off"})
        if spec.kind == "multiline"
        else UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}, render_value=False),
    )
