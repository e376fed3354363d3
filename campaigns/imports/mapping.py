"""Which column becomes which field: suggested, checked, and remembered for the next file."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from campaigns.errors import CampaignError
from campaigns.imports.fields import TARGETS, fields_of, is_target, plain_header
from campaigns.imports.guessing import day_first, guess
from campaigns.imports.values import Columns
from campaigns.models import Import, ImportMapping
from leads.models import Source

_IDENTIFYING = {"first_name", "last_name", "display_name", "email", "phone"}


def digest_of(headers: Sequence[str]) -> str:
    """What tells one set of headers from another, whatever their case and spacing."""
    plain = "\n".join(plain_header(header) for header in headers)
    return hashlib.sha256(plain.encode()).hexdigest()


def suggest(row: Import) -> None:
    """Set, unsaved, the mapping these headers had last time, else a guess."""
    own = fields_of(row.workspace_id)
    country = row.workspace.country
    known: ImportMapping | None = (
        ImportMapping.objects.in_workspace(row.workspace_id)
        .filter(headers_digest=digest_of(row.headers))
        .first()
    )
    row.options = {
        "day_first": day_first(row.samples, country=country),
        **({} if known is None else known.options),
        **row.options,
    }
    if known is not None and all(not name or is_target(name, own) for name in known.mapping):
        row.mapping = known.mapping
        row.file_facts = {**row.file_facts, "remembered": True}
    else:
        row.mapping = guess(row.headers, row.samples, own, country=country)
    row.kind = _kind(row.mapping)


def _kind(mapping: Sequence[str]) -> str:
    return Import.Kind.LEGACY if "campaign.name" in mapping else Import.Kind.LEADS


def save(
    row: Import,
    given: Mapping[str, str] | Sequence[str] | None,
    options: Mapping[str, Any],
    *,
    actor: Actor,
) -> None:
    """Set the mapping, unsaved, and remember it; raises `CampaignError` that names the column."""
    targets = _by_place(row, given)
    _check(row, targets)
    row.mapping = targets
    row.kind = _kind(targets)
    row.options = {**row.options, **_options(options)}
    ImportMapping.objects.update_or_create(
        workspace_id=row.workspace_id,
        headers_digest=digest_of(row.headers),
        defaults={
            "headers": row.headers,
            "mapping": targets,
            "options": {k: v for k, v in row.options.items() if k != "auto"},
            "duplicates": row.duplicates,
            "match_on": row.match_on,
            "created_by": actor.label[:200],
            "used_at": timezone.now(),
        },
    )


def _by_place(row: Import, given: Mapping[str, str] | Sequence[str] | None) -> list[str]:
    if given is None or (isinstance(given, Mapping) and not given):
        return list(row.mapping)
    if not isinstance(given, Mapping):
        if len(given) != len(row.headers):
            message = _("Give a field for each of the %(count)d columns.")
            message %= {"count": len(row.headers)}
            raise CampaignError(message, errors=[("mapping", "invalid", message)])
        return [name or "" for name in given]
    unknown = [header for header in given if header not in row.headers]
    if unknown:
        message = _("The file has no column “%(name)s”.") % {"name": unknown[0][:60]}
        raise CampaignError(message, errors=[(f"mapping.{unknown[0]}", "unknown", message)])
    targets, used = [], set()
    for header in row.headers:
        # A header that is there twice stands for its first column.
        targets.append((given.get(header) or "") if header not in used else "")
        used.add(header)
    return targets


def _check(row: Import, targets: Sequence[str]) -> None:
    own = fields_of(row.workspace_id)
    errors = []
    used: dict[str, str] = {}
    for header, name in zip(row.headers, targets, strict=True):
        place = f"mapping.{header}"
        if not name:
            continue
        if not is_target(name, own):
            message = _("“%(name)s” is no field of ours.") % {"name": name[:60]}
            errors.append((place, "invalid_choice", message))
        elif name in used and not (name in TARGETS and TARGETS[name].is_many):
            message = _("“%(one)s” and “%(other)s” cannot both be the same field.")
            message %= {"one": used[name], "other": header}
            errors.append((place, "mapped_twice", message))
        used.setdefault(name, header)
    if not errors and not (set(targets) & _IDENTIFYING or _knows_by_id(row, targets)):
        message = _("Map at least an e-mail address, a phone number or a name.")
        errors.append(("mapping", "required", message))
    if errors:
        raise CampaignError(errors[0][2], errors=errors)


def _knows_by_id(row: Import, targets: Sequence[str]) -> bool:
    return "external_id" in targets and row.match_on[:1] == ["external_id"]


def _options(given: Mapping[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if given.get("day_first") is not None:
        options["day_first"] = bool(given["day_first"])
    if given.get("source"):
        options["source"] = given["source"]
        if options["source"] not in Source.values:
            message = _("Use one of: %(known)s.") % {"known": ", ".join(Source.values)}
            raise CampaignError(message, errors=[("options.source", "invalid_choice", message)])
    return options


def columns_of(row: Import) -> Columns:
    """The mapping, made ready for the rows."""
    return Columns(
        targets=row.mapping,
        own=fields_of(row.workspace_id),
        day_first=bool(row.options.get("day_first", True)),
        source=row.options.get("source", Source.IMPORT),
    )
