"""What a visitor sends through a public form, and taking it in."""

import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from django import forms
from django.core import signing
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.locks import wait_for_others
from accounts.permissions import Permission
from leads import timeline
from leads.capture import form_questions
from leads.errors import LeadError
from leads.intake import LeadInput, receive
from leads.models import ATTRIBUTION_FIELDS, Attribution, CustomField, FormField, Lead, LeadForm
from leads.people.identity import normalize_email, phone_e164

# Everything a page's address can bring; Meta's own lead id comes from its lead forms only.
CAPTURED = tuple(name for name in ATTRIBUTION_FIELDS if name != "meta_lead_id")
_LONGEST_CAPTURED = {field.name: field.max_length for field in Attribution._meta.local_fields}
# Nobody reads and fills in a form faster than this; programs do.
FASTEST = timedelta(seconds=2)
LONGEST_OPEN = timedelta(days=2)
# For how long the same answers from the same page are one sending.
SAME_SENDING_SECONDS = 3600
_SALT = "leads.form_entries"
_WIDGETS: dict[str, tuple[type[forms.Widget], dict[str, str]]] = {
    FormField.FIRST_NAME: (forms.TextInput, {"autocomplete": "given-name"}),
    FormField.LAST_NAME: (forms.TextInput, {"autocomplete": "family-name"}),
    FormField.EMAIL: (forms.EmailInput, {"autocomplete": "email"}),
    FormField.PHONE: (forms.TextInput, {"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
    FormField.COMPANY: (forms.TextInput, {"autocomplete": "organization"}),
    FormField.JOB_TITLE: (forms.TextInput, {"autocomplete": "organization-title"}),
    FormField.MESSAGE: (forms.Textarea, {"rows": "4"}),
}
_LONGEST = {FormField.EMAIL: 320, FormField.PHONE: 64, FormField.MESSAGE: 5000}


def new_ticket(form: LeadForm) -> str:
    """A signed proof of when this page was shown, unlike any other."""
    return signing.dumps([form.token, time.time(), secrets.token_urlsafe(9)], salt=_SALT)


def _ticket_age(ticket: str, form: LeadForm) -> float | None:
    """Seconds since the page was shown; None for a ticket that is not this form's."""
    try:
        token, shown_at, _unique = signing.loads(ticket, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return time.time() - float(shown_at) if token == form.token else None


class EntryForm(forms.Form):
    """A public form as the visitor gets it: what the workspace asks, and what is kept unseen.

    The field `homepage` is a trap: people do not see it, programs that fill in everything do.
    """

    ticket = forms.CharField(max_length=500, required=False, widget=forms.HiddenInput())
    homepage = forms.CharField(max_length=500, required=False)
    page = forms.CharField(required=False, widget=forms.HiddenInput())

    def __init__(
        self,
        *args: Any,
        lead_form: LeadForm,
        own_fields: Mapping[str, CustomField] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lead_form = lead_form
        # The workspace's custom fields that the form asks, by their names in it.
        self.own_fields = own_fields or {}
        for asked in lead_form.fields:
            if form_questions.is_custom(asked["name"]):
                self._ask_own(asked)
                continue
            widget, attributes = _WIDGETS[asked["name"]]
            self.fields[asked["name"]] = forms.CharField(
                label=asked["label"],
                required=asked["required"],
                max_length=_LONGEST.get(asked["name"], 200),
                widget=widget(attributes),
            )
        for consent in lead_form.consents:
            self.fields[f"consent_{consent['kind']}"] = forms.BooleanField(
                label=consent["text"], required=False
            )
        for name in CAPTURED:
            self.fields[name] = forms.CharField(required=False, widget=forms.HiddenInput())

    def _ask_own(self, asked: Mapping[str, Any]) -> None:
        field = self.own_fields.get(asked["name"])
        if field is not None:
            self.fields[asked["name"]] = form_questions.question(
                field, label=asked["label"], required=asked["required"]
            )

    @property
    def questions(self) -> list[forms.BoundField]:
        names = (asked["name"] for asked in self.lead_form.fields)
        return [self[name] for name in names if name in self.fields]

    @property
    def permissions(self) -> list[forms.BoundField]:
        return [self[f"consent_{consent['kind']}"] for consent in self.lead_form.consents]

    def _show_instead(self, name: str, value: str) -> None:
        """Have the page shown again carry another value of an unseen field."""
        self.data = {**dict(self.data.items()), name: value}

    def clean_email(self) -> str:
        typed = str(self.cleaned_data["email"]).strip()
        try:
            normalize_email(typed)
        except ValidationError as error:
            raise ValidationError(_("Enter an e-mail address such as ann@example.com.")) from error
        return typed

    def clean_phone(self) -> str:
        typed = str(self.cleaned_data["phone"]).strip()
        if typed and not phone_e164(typed, self.lead_form.workspace.country):
            raise ValidationError(
                _("Enter a phone number with all its digits, from abroad with its country code.")
            )
        return typed

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, message in form_questions.refusals(self.own_fields, cleaned).items():
            self.add_error(name, message)
        self._check_reachable(cleaned)
        self._check_human(cleaned)
        return cleaned

    def _check_reachable(self, cleaned: dict[str, Any]) -> None:
        """Without e-mail and phone nobody can answer, and sending twice would make two people."""
        ways = [name for name in (FormField.EMAIL, FormField.PHONE) if name in self.fields]
        if not any(cleaned.get(name) or name in self.errors for name in ways):
            self.add_error(ways[0], _("How can we reach you? Fill in this field."))

    def _check_human(self, cleaned: dict[str, Any]) -> None:
        """Whatever looks like a program is shown its answers again: a person just sends them."""
        age = _ticket_age(cleaned.get("ticket", ""), self.lead_form)
        if age is None or age > LONGEST_OPEN.total_seconds():
            self._show_instead("ticket", new_ticket(self.lead_form))
            self.add_error(None, _("This page was open for very long. Please send it once more."))
        elif age < FASTEST.total_seconds():
            self.add_error(
                None, _("That was very quick. Please check your answers and send again.")
            )
        if cleaned.get("homepage"):
            self._show_instead("homepage", "")
            self.add_error(
                None, _("A field that people do not see was filled in. Please send again.")
            )


def from_address(query: Mapping[str, str], *, here: str, came_from: str) -> dict[str, str]:
    """What the address of the page says about where the visitor comes from."""
    captured = {name: query.get(name, "") for name in CAPTURED}
    captured["landing_page"] = captured["landing_page"] or here
    captured["referrer"] = captured["referrer"] or came_from
    return captured


@dataclass(frozen=True)
class _Sending:
    """One press of the button: the page's ticket and what was answered."""

    ticket: str
    answers: Mapping[str, Any]

    @property
    def key(self) -> str:
        content = orjson.dumps([self.ticket, self.answers], option=orjson.OPT_SORT_KEYS)
        return f"lead-form-sent:{hashlib.sha256(content).hexdigest()}"


def take(entry: EntryForm) -> Lead | None:
    """Take in what a valid `entry` says. None when the very same was sent a moment ago.

    Runs in the form's workspace's scope. Raises `LeadError` when intake refuses.
    """
    form, answers = entry.lead_form, entry.cleaned_data
    # The form itself acts: it may make leads in its own workspace, and nothing else.
    actor = Actor(
        via="form", permissions=frozenset({Permission.LEAD_EDIT}), workspace=form.workspace
    )
    sending = _Sending(answers["ticket"], answers)
    with transaction.atomic():
        # The second click of a double click waits until the first is done.
        wait_for_others([sending.ticket])
        if cache.get(sending.key) is not None:
            return None
        try:
            own = form_questions.given(entry.own_fields, answers)
            lead = receive(_lead_input(form, answers, own), actor=actor).lead
        except LeadError as error:
            for name, _code, message in error.errors:
                entry.add_error(name if name in entry.fields else None, message)
            raise
        agreed = [c["text"] for c in form.consents if answers[f"consent_{c['kind']}"]]
        if agreed:
            # What somebody agreed to is worth nothing later without its wording.
            text = _("Agreed on the form “%(form)s”:") % {"form": form.name}
            timeline.add_note(lead, actor=actor, text="\n".join([text, *agreed]))
        # Redis gone: intake still finds the person and the open lead, the timeline has two entries.
        transaction.on_commit(
            lambda: cache.set(sending.key, 1, timeout=SAME_SENDING_SECONDS), robust=True
        )
    return lead


def _lead_input(
    form: LeadForm, answers: Mapping[str, Any], own_fields: Mapping[str, Any]
) -> LeadInput:
    names = (row["name"] for row in form.fields)
    asked = {name: answers[name] for name in names if not form_questions.is_custom(name)}
    message = asked.pop(FormField.MESSAGE, "")
    # A box that was shown is answered either way: left unticked, it says no.
    consent = {c["kind"]: bool(answers[f"consent_{c['kind']}"]) for c in form.consents}
    attributes = {"form": form.name, "form_page": answers["page"][:2000]}
    return LeadInput(
        **asked,
        notes=message,
        source=form.source,
        source_workflow=form.name,
        attributes={name: text for name, text in attributes.items() if text},
        attribution={name: _fitting(name, answers[name]) for name in CAPTURED},
        consent=consent,
        custom_fields=own_fields,
    )


def _fitting(name: str, value: str) -> str:
    """As much of it as the column takes: a long address must not cost a lead."""
    return value[: _LONGEST_CAPTURED[name]]
