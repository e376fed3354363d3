"""A contact as a form: every detail, each saved only where it was changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import Actor
from leads import editing
from leads.errors import LeadError
from leads.fields.custom_forms import CustomFieldsForm
from leads.forms import PersonForm
from leads.models import Contact, CustomField
from leads.people.contact_state import state_of
from leads.people.identity import is_web_address

CONSENTS = (
    ("ad_user_data", gettext_lazy("Measuring ads")),
    ("ad_personalization", gettext_lazy("Personal ads")),
    ("email", gettext_lazy("E-mail")),
    ("sms", gettext_lazy("SMS")),
    ("call", gettext_lazy("Calls")),
)
CHANNELS = (
    ("email", gettext_lazy("E-mail")),
    ("sms", gettext_lazy("SMS")),
    ("call", gettext_lazy("Calls")),
)
ADDRESS = (
    ("street", gettext_lazy("Street")),
    ("postal_code", gettext_lazy("Postal code")),
    ("city", gettext_lazy("City")),
    ("region", gettext_lazy("Region")),
    ("country", gettext_lazy("Country")),
)
PROFILE_PARTS = (
    ("platform", gettext_lazy("Platform"), 50),
    ("handle", gettext_lazy("Name there"), 200),
    ("url", gettext_lazy("Address"), 500),
)
PLATFORMS = ("Facebook", "Instagram", "LinkedIn", "TikTok", "X", "YouTube")
MOST_PROFILES = 50
# Rows to fill in, below those that are there.
_BLANK_PROFILES = 2
_ANSWERS = (
    ("", gettext_lazy("Not asked")),
    ("yes", gettext_lazy("Agreed")),
    ("no", gettext_lazy("Refused")),
)
_GROUPS = {
    "address": gettext_lazy("Address"),
    "consent": gettext_lazy("Consent"),
    "do_not_contact": gettext_lazy("Do not contact"),
    "social_profiles": gettext_lazy("Social profiles"),
}
_SALT = "leads.contact_forms"
SEEN_FIELD = "seen"


class ContactForm(PersonForm):
    """What is known of a person, but for the workspace's own fields."""

    display_name = forms.CharField(
        label=gettext_lazy("Display name"),
        max_length=400,
        required=False,
        help_text=gettext_lazy("Shown instead of first and last name."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    time_zone = forms.CharField(
        label=gettext_lazy("Time zone"),
        max_length=64,
        required=False,
        help_text=gettext_lazy("Such as Europe/Berlin. Empty: that of the phone's country."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, seen: Mapping[str, Any]) -> None:
        self.seen = seen
        self._profiles = _profile_count(seen, data)
        super().__init__(data, initial=self._initial())
        for part, label in ADDRESS:
            self.fields[f"address_{part}"] = forms.CharField(
                label=label,
                max_length=300,
                required=False,
                widget=forms.TextInput({"autocomplete": "off"}),
            )
        for kind, label in CONSENTS:
            self.fields[f"consent_{kind}"] = forms.ChoiceField(
                label=label, choices=_ANSWERS, required=False
            )
        for channel, label in CHANNELS:
            self.fields[f"closed_{channel}"] = forms.BooleanField(label=label, required=False)
        for number in range(self._profiles):
            for part, label, longest in PROFILE_PARTS:
                text = f"{label} ({number + 1})"
                self.fields[f"profile_{number}_{part}"] = forms.CharField(
                    label=text,
                    max_length=longest,
                    required=False,
                    widget=_profile_input(part),
                )

    def _initial(self) -> dict[str, Any]:
        seen = self.seen
        initial = {
            name: seen[name] for name in (*PersonForm.base_fields, "time_zone") if name in seen
        }
        initial |= {"display_name": seen["display_name"], "tags": ", ".join(seen["tags"])}
        address, consent, closed = seen["address"], seen["consent"], seen["do_not_contact"]
        initial |= {f"address_{part}": address.get(part) or "" for part, _label in ADDRESS}
        answers = {True: "yes", False: "no"}
        initial |= {f"consent_{kind}": answers.get(consent.get(kind), "") for kind, _l in CONSENTS}
        initial |= {f"closed_{channel}": bool(closed.get(channel)) for channel, _l in CHANNELS}
        for number, profile in enumerate(seen["social_profiles"]):
            initial |= {
                f"profile_{number}_{p}": profile.get(p) or "" for p, _l, _m in PROFILE_PARTS
            }
        return initial

    @property
    def address(self) -> list[forms.BoundField]:
        return [self[f"address_{part}"] for part, _label in ADDRESS]

    @property
    def consents(self) -> list[forms.BoundField]:
        return [self[f"consent_{kind}"] for kind, _label in CONSENTS]

    @property
    def channels(self) -> list[forms.BoundField]:
        return [self[f"closed_{channel}"] for channel, _label in CHANNELS]

    @property
    def profiles(self) -> list[list[forms.BoundField]]:
        return [
            [self[f"profile_{number}_{part}"] for part, _label, _longest in PROFILE_PARTS]
            for number in range(self._profiles)
        ]

    def clean_time_zone(self) -> str:
        name = str(self.cleaned_data["time_zone"])
        if name and "time_zone" in self.changed_data and name not in available_timezones():
            raise ValidationError(_("There is no time zone of this name; use Europe/Berlin."))
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for number in range(self._profiles):
            name = f"profile_{number}_url"
            if not is_web_address(cleaned.get(name, "")):
                self.add_error(name, _("Enter a web address (https://…)."))
        return cleaned

    def changes(self) -> dict[str, Any]:
        """What differs from what was seen, as `editing.update_contact` takes it."""
        entered, changed = self.cleaned_data, set(self.changed_data)
        changes = {name: entered[name] for name in changed & {*self.seen, "tags"}}
        if changed & {f"address_{part}" for part, _label in ADDRESS}:
            parts = {part: entered[f"address_{part}"] for part, _label in ADDRESS}
            changes["address"] = _filled({**self.seen["address"], **parts})
        if changed & {f"consent_{kind}" for kind, _label in CONSENTS}:
            answers = {kind: entered[f"consent_{kind}"] for kind, _label in CONSENTS}
            kept = {k: given for k, given in self.seen["consent"].items() if k not in answers}
            given = {kind: answer == "yes" for kind, answer in answers.items() if answer}
            changes["consent"] = kept | given
        if changed & {f"closed_{channel}" for channel, _label in CHANNELS}:
            closed = {channel: entered[f"closed_{channel}"] for channel, _label in CHANNELS}
            known = self.seen["do_not_contact"]
            changes["do_not_contact"] = known | {
                channel: is_closed
                for channel, is_closed in closed.items()
                if is_closed or channel in known
            }
        if any(name.startswith("profile_") for name in changed):
            changes["social_profiles"] = list(self._entered_profiles())
        return changes

    def _entered_profiles(self) -> Iterator[dict[str, Any]]:
        known = self.seen["social_profiles"]
        for number in range(self._profiles):
            parts = {p: self.cleaned_data[f"profile_{number}_{p}"] for p, _l, _m in PROFILE_PARTS}
            if any(parts.values()):
                yield {**(known[number] if number < len(known) else {}), **parts}

    def refuse(self, error: LeadError) -> None:
        super().refuse(error)
        for name, _code, message in error.errors:
            if name in _GROUPS:
                self.add_error(None, f"{_GROUPS[name]}: {message}")


def _profile_count(seen: Mapping[str, Any], data: Any) -> int:
    """Rows for what is there and a few more, and never fewer than a page has sent."""
    count = len(seen["social_profiles"]) + _BLANK_PROFILES
    while data and f"profile_{count}_platform" in data and count < MOST_PROFILES:
        count += 1
    return min(count, MOST_PROFILES)


def _profile_input(part: str) -> forms.TextInput:
    attributes = {"class": "input", "autocomplete": "off"}
    if part == "platform":
        attributes["list"] = "platforms"
    if part == "url":
        attributes["inputmode"] = "url"
    return forms.TextInput(attributes)


def _filled(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parts.items() if value}


@dataclass
class ContactEditor:
    """The page's two forms, and the state of the contact that its visitor had before them."""

    contact: Contact
    seen: Mapping[str, Any]
    fields: Sequence[CustomField]
    form: ContactForm
    custom_form: CustomFieldsForm
    entries: QueryDict

    @classmethod
    def of(
        cls, contact: Contact, *, fields: Sequence[CustomField], data: QueryDict | None = None
    ) -> "ContactEditor":
        seen = (_read(data.get(SEEN_FIELD, "")) if data else None) or state_of(contact)
        own = CustomFieldsForm(data, fields=fields, values=seen["custom_fields"])
        return cls(contact, seen, fields, ContactForm(data, seen=seen), own, data or QueryDict())

    @property
    def token(self) -> str:
        """What was seen, for the page to bring back."""
        return signing.dumps(dict(self.seen), salt=_SALT, compress=True)

    def is_valid(self) -> bool:
        return all([self.form.is_valid(), self.custom_form.is_valid()])

    def save(self, *, actor: Actor) -> Contact:
        """Raises `LeadError`; `refuse` shows it."""
        changes = self.form.changes()
        own = self.custom_form.changes()
        if own:
            changes["custom_fields"] = own
        return editing.update_contact(self.contact, actor=actor, changes=changes, seen=self.seen)

    def refuse(self, error: LeadError) -> None:
        self.form.refuse(error)
        self.custom_form.refuse(error)

    @property
    def has_errors(self) -> bool:
        return bool(self.form.errors or self.custom_form.errors)

    def on_top_of(self, contact: Contact) -> "ContactEditor":
        """The same entries over the contact as it is by now: what was left alone shows that."""
        entered = QueryDict(mutable=True)
        fresh = ContactEditor.of(contact, fields=self.fields)
        for old, new in ((self.form, fresh.form), (self.custom_form, fresh.custom_form)):
            _fill(entered, new)
            for name in old.changed_data:
                sent_as = old.add_prefix(name)
                entered.setlist(sent_as, self.entries.getlist(sent_as))
        entered[SEEN_FIELD] = fresh.token
        again = ContactEditor.of(contact, fields=self.fields, data=entered)
        again.is_valid()
        return again


def _fill(entered: QueryDict, form: forms.Form) -> None:
    """What a browser would send of the form as it is shown."""
    for name, field in form.fields.items():
        value = form.get_initial_for_field(field, name)
        if isinstance(value, (list, tuple)):
            entered.setlist(form.add_prefix(name), [str(one) for one in value])
        elif value not in (None, "", False):
            entered[form.add_prefix(name)] = "on" if value is True else str(value)


def _read(token: str) -> dict[str, Any] | None:
    """The state a page was made with; None for one that is not ours."""
    try:
        state: dict[str, Any] = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        return None
    return state
