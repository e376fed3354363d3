"""Making, changing, deleting and trying out connections.

Who works with connections further up (uploads, rules) hears of a change through the outbox:
`connection.changed` and `connection.deleted`.
"""

from collections.abc import Iterable, Mapping
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import Permission
from accounts.problems import ProblemError
from integrations import outbox, rendering
from integrations.contracts import ConfigurationError, ConnectionData, TestResult
from integrations.models import Connection
from integrations.providers.base import FieldSpec, Provider
from integrations.providers.email.provider import EmailProvider
from integrations.registry import CONNECTABLE, SOURCES, connectable

PAYLOAD_VERSION = 1
Kind = type[Provider] | type[EmailProvider]
LONGEST_VALUE = 20_000


class ConnectionNotFound(ProblemError):
    status = 404
    code = "not_found"

    def __init__(self) -> None:
        super().__init__(_("There is no such connection."))


def create(
    *,
    actor: Actor,
    provider: str,
    name: str = "",
    settings: Mapping[str, Any] | None = None,
    secrets: Mapping[str, Any] | None = None,
    is_active: bool = True,
) -> Connection:
    """A new connection; without secrets it is a dry run. Raises `ProblemError` (422) by field."""
    actor.require(Permission.CONNECTION_MANAGE)
    kind = _known_provider(provider)
    row = Connection(
        workspace=actor.own_workspace,
        provider=provider,
        name=name.strip() or kind.label,
        is_active=is_active,
        inbound_token=token_urlsafe(24) if provider in SOURCES else "",
    )
    _set_settings(row, kind, settings or {})
    _set_secrets(row, kind, secrets or {})
    with transaction.atomic():
        row.save(force_insert=True)
        _tell(row, "connection.changed", sorted(["settings", "secrets", "is_active"]))
    return row


def update(connection_id: UUID, *, actor: Actor, changes: Mapping[str, Any]) -> Connection:
    """Set what `changes` names: `name`, `is_active`, and of `settings` and `secrets` the entries.

    An entry of null takes a setting or secret away; what is not named stays. With new settings or
    secrets the circuit breaker closes: they deserve a try.
    """
    with transaction.atomic():
        row = _held(connection_id, actor)
        kind = _known_provider(row.provider)
        row.name = (changes.get("name") or "").strip() or row.name
        row.is_active = changes.get("is_active", row.is_active)
        if "settings" in changes:
            _set_settings(row, kind, row.settings | changes["settings"])
        if "secrets" in changes:
            _set_secrets(row, kind, row.secrets | changes["secrets"])
        if {"settings", "secrets"} & changes.keys():
            row.consecutive_failures = 0
            row.paused_until = None
        row.save()
        _tell(row, "connection.changed", sorted(changes))
        return row


def delete(connection_id: UUID, *, actor: Actor) -> None:
    """Take a connection out of use and forget its secrets; its uploads stay to be seen."""
    with transaction.atomic():
        row = _held(connection_id, actor)
        row.deleted_at = timezone.now()
        row.is_active = False
        row.secrets = {}
        row.save()
        _tell(row, "connection.deleted", [])


def try_out(connection: Connection, *, actor: Actor) -> TestResult:
    """A harmless live call. Call it with no transaction open: it waits for another company."""
    actor.require(Permission.CONNECTION_MANAGE)
    data = ConnectionData(
        id=str(connection.pk),
        provider=connection.provider,
        settings=connection.settings,
        secrets=connection.secrets,
    )
    try:
        return connectable(data.provider)(data).test()
    except ConfigurationError as error:
        return TestResult(ok=False, explanation=str(error))


def _held(connection_id: UUID, actor: Actor) -> Connection:
    rows = Connection.objects.in_workspace(actor.own_workspace.pk).filter(deleted_at__isnull=True)
    found: Connection | None = rows.select_for_update(no_key=True).filter(pk=connection_id).first()
    if found is None:
        raise ConnectionNotFound
    actor.require(Permission.CONNECTION_MANAGE)
    return found


def _known_provider(name: str) -> Kind:
    try:
        return connectable(name)
    except ConfigurationError as error:
        message = _("Use one of: %(names)s.") % {"names": ", ".join(CONNECTABLE)}
        raise ProblemError(message, errors=[("provider", "unknown_provider", message)]) from error


def _set_settings(row: Connection, kind: Kind, given: Mapping[str, Any]) -> None:
    values = _checked("settings", kind.settings_fields, given)
    missing = [spec for spec in kind.settings_fields if spec.required and not values.get(spec.name)]
    if missing:
        raise ProblemError(
            _("The connection lacks: %(names)s.") % {"names": ", ".join(s.label for s in missing)},
            errors=[(f"settings.{s.name}", "required", s.help_text or s.label) for s in missing],
        )
    row.settings = values


def _set_secrets(row: Connection, kind: Kind, given: Mapping[str, Any]) -> None:
    row.secrets = _checked("secrets", kind.secret_fields, given)


def _checked(group: str, specs: Iterable[FieldSpec], given: Mapping[str, Any]) -> dict[str, Any]:
    """The entries a provider knows, blank ones left out; raises `ProblemError` that names each."""
    known = {spec.name: spec for spec in specs}
    values: dict[str, Any] = {}
    errors: list[tuple[str, str, str]] = []
    for name, value in given.items():
        if name not in known:
            message = _("Use one of: %(names)s.") % {"names": ", ".join(known)}
            errors.append((f"{group}.{name}", "unknown_field", message))
        elif value in (None, ""):
            continue
        elif known[name].kind == "checkbox":
            if isinstance(value, bool):
                values[name] = value
            else:
                errors.append((f"{group}.{name}", "invalid", _("Use true or false.")))
        elif known[name].choices and value not in known[name].choices:
            message = _("Use one of: %(names)s.") % {"names": ", ".join(known[name].choices)}
            errors.append((f"{group}.{name}", "invalid_choice", message))
        elif (text := _text(value)) and len(text) <= LONGEST_VALUE:
            values[name] = text
        else:
            errors.append((f"{group}.{name}", "invalid", _("Give a text.")))
    if errors:
        names = ", ".join(field for field, _code, _message in errors)
        codes = {code for _field, code, _message in errors}
        raise ProblemError(
            _("Please correct: %(names)s.") % {"names": names},
            code="unknown_field" if "unknown_field" in codes else "invalid",
            errors=errors,
        )
    return values


def _text(value: Any) -> str:
    """A setting as text: ids may come as numbers, a service account's key as the JSON it is."""
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    return str(value).strip()


def _tell(row: Connection, event: str, changed: list[str]) -> None:
    shown = rendering.connection(row)
    payload = {"version": PAYLOAD_VERSION, "connection": shown, "changed": changed}
    outbox.emit(
        workspace_id=row.workspace_id,
        type=event,
        subject_id=row.pk,
        payload=orjson.loads(orjson.dumps(payload, default=str, option=orjson.OPT_UTC_Z)),
    )
