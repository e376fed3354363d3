"""The public form of leads and what hangs on them: the API's answers and the outbox's payloads."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import JSONField, OuterRef

from accounts.models import Membership
from leads.models import (
    ATTRIBUTION_FIELDS,
    Appointment,
    Contact,
    ContactTag,
    CustomField,
    Interaction,
    Lead,
    Reason,
)

PAYLOAD_VERSION = 1


# The public form of a person: each field and where it stands, seen from the contact.
_PERSON = {
    **{
        name: name
        for name in (
            "first_name",
            "last_name",
            "display_name",
            "email",
            "phone",
            "phone_e164",
            "job_title",
            "linkedin_url",
            "social_profiles",
            "address",
            "consent",
            "do_not_contact",
            "custom_fields",
        )
    },
    "company": "company__name",
}
# The same of a lead, which shows its person flat.
_LEAD = {
    **{
        name: name
        for name in (
            "id",
            "number",
            "contact_id",
            "status",
            "assigned_at",
            "source",
            "source_workflow",
            "external_id",
            "enrichment_data",
            "attributes",
            "platform_ref",
            "notes",
            "heat",
            "heat_score",
            "quality_rating",
            "first_contacted_at",
            "last_contacted_at",
            "last_contact_method",
            "contact_count",
            "last_response_at",
            "response_count",
            "status_changed_at",
            "enriched_at",
            "qualified_at",
            "scheduled_at",
            "completed_at",
            "converted_at",
            "lost_at",
            "loss_reason",
            "unqualified_reason",
            "last_activity_at",
            "auto_close_alarm_at",
            "conversion_id",
            "conversion_metadata",
            "created_by",
            "created_at",
            "updated_at",
        )
    },
    **{name: f"contact__{path}" for name, path in _PERSON.items()},
    "assigned_to_user_id": "assigned_to_id",
    # Names the seeds use for the same.
    "source_id": "external_id",
    "score": "heat_score",
    "lead_score": "heat_score",
    "contacted_at": "first_contacted_at",
}
_OWNER = ("assigned_to__name", "assigned_to__email")
# A lead's own; among `_LEAD` are its contact's.
_OWN_FIELDS = "custom_fields"
_LEAD_COLUMNS = tuple(dict.fromkeys((*_LEAD.values(), _OWN_FIELDS, *_OWNER, *ATTRIBUTION_FIELDS)))
_TAGS = "tag_names"


def leads(ids: Sequence[UUID], *, workspace_id: UUID) -> list[dict[str, Any]]:
    """The public form of these leads of a workspace, in this order; runs in its scope.

    Read as plain columns by a statement that is put together once: to build it anew, and instances
    with their relations, took three quarters of the time of a page of 50.
    """
    statement, json_columns = _statement()
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(ids), workspace_id])
        for row in cursor.fetchall():
            values = dict(zip((*_LEAD_COLUMNS, _TAGS), row, strict=True))
            for name in json_columns:
                values[name] = orjson.loads(values[name])
            found[values["id"]] = lead_of(values)
    return [found[pk] for pk in ids if pk in found]


@cache
def _statement() -> tuple[str, list[str]]:
    """The SQL, with placeholders for ids and workspace, and which columns hold JSON."""
    tags = ContactTag.objects.filter(
        contact_id=OuterRef("contact_id"), workspace_id=OuterRef("workspace_id")
    )
    names = ArraySubquery(tags.order_by("name").values("name"))
    nobody = UUID(int=0)
    rows = Lead.objects.filter(pk=nobody).filter(workspace_id=nobody)
    query = rows.order_by().values(*_LEAD_COLUMNS, **{_TAGS: names}).query
    sql, parameters = query.sql_with_params()
    one, many = '"leads_lead"."id" = %s', '"leads_lead"."id" = ANY(%s)'
    if sql.count(one) != 1 or parameters != (nobody, nobody):
        raise RuntimeError("Django writes this statement in another way now.")
    kinds = zip(_LEAD_COLUMNS, query.select, strict=True)
    json_columns = [
        path for path, column in kinds if isinstance(getattr(column, "target", None), JSONField)
    ]
    return sql.replace(one, many), json_columns


def lead_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """A lead, flat: its own fields and its contact's. Times are aware datetimes."""
    form = {name: values[path] for name, path in _LEAD.items()}
    form["company"] = form["company"] or ""
    form["custom_fields"] = {**form["custom_fields"], **values[_OWN_FIELDS]}
    form["assigned_to_name"] = next(filter(None, (values[path] for path in _OWNER)), "")
    form["attribution"] = {name: values[name] for name in ATTRIBUTION_FIELDS}
    form["tags"] = values[_TAGS]
    return form


def lead(row: Lead) -> dict[str, Any]:
    """`lead_of` of a model instance."""
    tags = [tag.name for tag in row.contact.tags.all()]
    return lead_of({path: _value(row, path) for path in _LEAD_COLUMNS} | {_TAGS: tags})


def _value(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name) if row is not None else None
    return row


def contact(row: Contact) -> dict[str, Any]:
    """A contact with its totals."""
    person = {name: _value(row, path) for name, path in _PERSON.items()}
    return {
        "id": row.id,
        "number": row.number,
        **person,
        "company": person["company"] or "",
        "tags": [tag.name for tag in row.tags.all()],
        "time_zone": row.time_zone,
        "custom_metadata": row.custom_metadata,
        "lifetime_value": row.lifetime_value,
        "conversion_count": row.conversion_count,
        "conversion_status": row.conversion_status,
        "converted_at": row.converted_at,
        "converted_by": row.converted_by,
        "sent_from_workspace": row.sent_from_workspace,
        "converted_from_workspace": row.converted_from_workspace,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def interaction(row: Interaction) -> dict[str, Any]:
    return {
        "id": row.id,
        "lead_id": row.lead_id,
        "type": row.type,
        "platform": row.platform,
        "direction": row.direction,
        "at": row.at,
        "by": row.actor_label,
        "user_id": row.actor_user_id,
        "via": row.via,
        "payload": row.payload,
        "created_at": row.created_at,
    }


def appointment(row: Appointment) -> dict[str, Any]:
    return {
        "id": row.id,
        "lead_id": row.lead_id,
        "scheduled_for": row.scheduled_for,
        "status": row.status,
        "matched_via": row.matched_via,
        "external_ref": row.external_ref,
        "location": row.location,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def assignment(row: Lead) -> dict[str, Any]:
    """Who a lead belongs to, and since when."""
    return {
        "id": row.id,
        "assigned_to_user_id": row.assigned_to_id,
        "assigned_at": row.assigned_at,
    }


def member(row: Membership, *, load: int) -> dict[str, Any]:
    """Somebody who may be given leads; `load` is how many open ones they have."""
    return {
        "id": row.user_id,
        "name": row.user.get_full_name(),
        "email": row.user.email,
        "role": row.role,
        "on_duty": row.on_duty,
        "load": load,
    }


def reason(row: Reason) -> dict[str, Any]:
    return {"kind": row.kind, "code": row.code, "label": row.label}


def custom_field(row: CustomField) -> dict[str, Any]:
    return {
        "id": row.id,
        "key": row.key,
        "label": row.label,
        "subject": row.subject,
        "kind": row.kind,
        "choices": row.choices,
        "position": row.position,
        "is_archived": row.is_archived,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
