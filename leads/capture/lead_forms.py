"""Making, changing and deleting the forms of a workspace."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import Actor
from accounts.permissions import Permission
from leads.capture import form_questions
from leads.errors import LeadError, LeadNotFound
from leads.models import ConsentKind, CustomField, FormField, LeadForm

TEXT_FIELDS = ("name", "title", "intro", "button_text", "thanks_text", "redirect_url", "source")
CHANGEABLE = (*TEXT_FIELDS, "fields", "consent_texts", "allowed_origins", "is_active")
LONGEST_LABEL = 120
LONGEST_CONSENT = 1000
MOST_ORIGINS = 30

_ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?")

_FIRST_TEXTS = {
    "name": gettext_lazy("Contact form"),
    "title": gettext_lazy("How can we help?"),
    "intro": gettext_lazy("Leave your details and we will get back to you."),
    "button_text": gettext_lazy("Send"),
    "thanks_text": gettext_lazy("Thank you. We have your message and will be in touch soon."),
}
_FIRST_FIELDS = (
    (FormField.FIRST_NAME, True),
    (FormField.LAST_NAME, False),
    (FormField.EMAIL, True),
    (FormField.PHONE, False),
    (FormField.MESSAGE, False),
)


class InvalidForm(LeadError):
    """The form cannot be like that; `errors` names each setting."""


def first_values() -> dict[str, Any]:
    """What a new form says and asks until somebody changes it; no permission is asked for."""
    return {
        **{name: str(text) for name, text in _FIRST_TEXTS.items()},
        "fields": [
            {"name": name.value, "label": str(name.label), "required": required}
            for name, required in _FIRST_FIELDS
        ],
    }


def seed_form(workspace_id: UUID) -> None:
    """Give a workspace its first form; running it again adds none."""
    if not LeadForm.objects.in_workspace(workspace_id).exists():
        LeadForm.objects.create(workspace_id=workspace_id, **first_values())


def create(*, actor: Actor, values: Mapping[str, Any] | None = None) -> LeadForm:
    """A new form, with the usual texts where `values` has none; a name in use gets a number."""
    actor.require(Permission.RULE_EDIT)
    form = LeadForm(workspace=actor.own_workspace, **first_values())
    form.name = _free_name(form)
    _apply(form, values or {})
    form.save(force_insert=True)
    return form


def update(form: LeadForm | UUID, *, actor: Actor, changes: Mapping[str, Any]) -> LeadForm:
    """Set what `changes` names. Raises `InvalidForm` with its errors."""
    actor.require(Permission.RULE_EDIT)
    with transaction.atomic():
        row = _held(form, actor)
        _apply(row, changes)
        row.save()
        return row


def delete(form: LeadForm | UUID, *, actor: Actor) -> None:
    """Take the form off the web for good; the leads it brought stay."""
    actor.require(Permission.RULE_EDIT)
    with transaction.atomic():
        _held(form, actor).delete()


def _held(form: LeadForm | UUID, actor: Actor) -> LeadForm:
    form_id = form if isinstance(form, UUID) else form.pk
    rows = LeadForm.objects.in_workspace(actor.own_workspace.pk).select_for_update(no_key=True)
    row: LeadForm | None = rows.filter(pk=form_id).first()
    if row is None:
        raise LeadNotFound
    return row


def _free_name(form: LeadForm) -> str:
    others = LeadForm.objects.in_workspace(form.workspace_id).values_list("name", flat=True)
    taken = set(others)
    name, number = form.name, 1
    while name in taken:
        number += 1
        name = f"{form.name} {number}"
    return name


def _apply(form: LeadForm, changes: Mapping[str, Any]) -> None:
    errors: list[tuple[str, str, str]] = []
    cleaners: dict[str, Callable[[Any], Any]] = {
        "fields": partial(clean_fields, own_fields=form_questions.askable(form)),
        "consent_texts": clean_consents,
        "allowed_origins": clean_origins,
    }
    for name in CHANGEABLE:
        if name not in changes:
            continue
        value = changes[name]
        try:
            if name in cleaners:
                value = cleaners[name](value)
            elif name in TEXT_FIELDS:
                value = str(value).strip()
                if name == "redirect_url" and value:
                    origin_of(value)
        except ValidationError as error:
            errors += [(name, "invalid", message) for message in error.messages]
        else:
            setattr(form, name, value)
    known = {name for name, _code, _message in errors}
    try:
        form.full_clean(exclude={"workspace", *known})
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            errors += [(name, "invalid", message) for message in messages]
    if errors:
        raise InvalidForm(errors[0][2], errors=errors)


def clean_fields(
    given: Any, *, own_fields: Mapping[str, CustomField] = MappingProxyType({})
) -> list[dict[str, Any]]:
    """Each known field at most once, with a label; one of them must make an answer possible.

    `own_fields` are the workspace's custom fields that may be asked, by their names in a form.
    """
    if not isinstance(given, list) or not all(isinstance(row, Mapping) for row in given):
        raise ValidationError(_("Give a list of fields."))
    rows, seen = [], set()
    for row in given:
        name = row.get("name")
        own = own_fields.get(name) if isinstance(name, str) else None
        if (own is None and name not in FormField.values) or name in seen:
            raise ValidationError(_("“%(name)s” is unknown or there twice.") % {"name": name})
        seen.add(name)
        usual = own.label if own else str(FormField(name).label)
        label = str(row.get("label") or "").strip() or usual[:LONGEST_LABEL]
        if len(label) > LONGEST_LABEL:
            raise ValidationError(_("A label has at most %(n)d characters.") % {"n": LONGEST_LABEL})
        rows.append({"name": name, "label": label, "required": bool(row.get("required"))})
    if not seen & {FormField.EMAIL, FormField.PHONE}:
        raise ValidationError(
            _("Ask for an e-mail address or a phone number, else nobody can answer.")
        )
    return rows


def clean_consents(given: Any) -> dict[str, str]:
    """The wording of each permission asked for; blank ones are not asked."""
    if not isinstance(given, Mapping) or set(given) - set(ConsentKind.values):
        raise ValidationError(_("Give a text for each permission."))
    texts = {kind: str(text or "").strip() for kind, text in given.items()}
    if any(len(text) > LONGEST_CONSENT for text in texts.values()):
        raise ValidationError(
            _("A permission has at most %(n)d characters.") % {"n": LONGEST_CONSENT}
        )
    return {kind: text for kind, text in texts.items() if text}


def clean_origins(given: Any) -> list[str]:
    """Each site once, as browsers and content policies write it."""
    if not isinstance(given, Iterable) or isinstance(given, (str, Mapping)):
        raise ValidationError(_("Give a list of sites."))
    origins = list(dict.fromkeys(origin_of(str(site)) for site in given if str(site).strip()))
    if len(origins) > MOST_ORIGINS:
        raise ValidationError(_("At most %(n)d sites.") % {"n": MOST_ORIGINS})
    return origins


def origin_of(site: str) -> str:
    """Scheme, host and port of an address; https where it names none."""
    text = site.strip()
    refused = ValidationError(
        _("“%(site)s” is not a site. Use an address such as https://www.example.com.")
        % {"site": text}
    )
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = (parts.hostname or "").encode("idna").decode()
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:  # an unreadable port or host; UnicodeError is one too
        raise refused from error
    origin = f"{parts.scheme}://{host}{port}"
    # It becomes a part of a header: nothing but what a host is made of may pass.
    if parts.username is not None or not _ORIGIN.fullmatch(origin):
        raise refused
    return origin
