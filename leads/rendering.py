"""The public form of leads and what hangs on them: the API's answers and the outbox's payloads."""

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any

from accounts.models import Membership
from leads.models import (
    ATTRIBUTION_FIELDS,
    Appointment,
    Contact,
    CustomField,
    Interaction,
    Lead,
    Message,
    Reason,
    SavedView,
    Task,
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
LEAD_FORM = {
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
            "next_task_at",
            "first_response_due_at",
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
OWNER = ("assigned_to__name", "assigned_to__email")
# What stands on the lead and on its contact, read at once: imports render thousands.
_OWN = {name: path for name, path in LEAD_FORM.items() if "__" not in path}
_PERSONS = {name: path for name, path in _PERSON.items() if "__" not in path}
_read_own = attrgetter(*_OWN.values())
_read_persons = attrgetter(*_PERSONS.values())


def lead(row: Lead) -> dict[str, Any]:
    """A lead, flat: its own fields and its contact's. Times are aware datetimes."""
    person = row.contact
    form: dict[str, Any] = dict.fromkeys(LEAD_FORM)
    form.update(zip(_OWN, _read_own(row), strict=True))
    form.update(zip(_PERSONS, _read_persons(person), strict=True))
    form["company"] = person.company.name if person.company else ""
    form["custom_fields"] = {**form["custom_fields"], **row.custom_fields}
    form["tags"] = [tag.name for tag in row.contact.tags.all()]
    return put_together(
        form,
        owner=(_value(row, path) for path in OWNER),
        attribution=(getattr(row, name) for name in ATTRIBUTION_FIELDS),
    )


def refreshed(form: Mapping[str, Any], row: Lead) -> dict[str, Any]:
    """A lead's form as read before, with the row's own fields, as far as loaded, as they are."""
    own = vars(row)
    return {**form, **{name: own[path] for name, path in LEAD_FORM.items() if path in own}}


def lead_in_brief(row: Lead) -> dict[str, Any]:
    """Which lead it is and where it stands, for news that changes nothing but links."""
    return {
        name: _value(row, LEAD_FORM[name])
        for name in ("id", "number", "contact_id", "status", "conversion_id", "updated_at")
    }


def put_together(
    form: dict[str, Any], *, owner: Iterable[str | None], attribution: Iterable[str]
) -> dict[str, Any]:
    """Complete a lead's form by what is made of several values: those of `OWNER` and the clicks."""
    form["company"] = form["company"] or ""
    form["assigned_to_name"] = next(filter(None, owner), "")
    form["attribution"] = dict(zip(ATTRIBUTION_FIELDS, attribution, strict=True))
    return form


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


def company(row: Any) -> dict[str, Any]:
    """A company with what `companies.with_counts` counted of it."""
    return {
        "id": row.id,
        "name": row.name,
        "website": row.website,
        "contacts": row.people,
        "open_leads": row.open_leads,
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


def message(row: Message) -> dict[str, Any]:
    return {
        "id": row.id,
        "lead_id": row.lead_id,
        "contact_id": row.contact_id,
        "channel": row.channel,
        "direction": row.direction,
        "subject": row.subject,
        "body": row.body,
        "meta": row.meta,
        "at": row.at,
        "by": row.author,
        "user_id": row.author_user_id,
        "status": row.status,
        "error": row.error,
        "attempts": row.attempts,
        "next_attempt_at": row.next_attempt_at,
        "sent_at": row.sent_at,
        "message_id": row.message_id,
        "in_reply_to": row.in_reply_to,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
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


def task(row: Task) -> dict[str, Any]:
    return {
        "id": row.id,
        "lead_id": row.lead_id,
        "title": row.title,
        "notes": row.notes,
        "due_at": row.due_at,
        "reminder_at": row.reminder_at,
        "owner_user_id": row.owner_id,
        "owner_name": row.owner.get_full_name() if row.owner else "",
        "done": row.is_done,
        "done_at": row.done_at,
        "done_by": row.done_by,
        "closed_with_lead": row.closed_with_lead,
        "created_by": row.created_by,
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


def member(row: Membership, *, load: int, cap: int | None) -> dict[str, Any]:
    """Somebody who may be given leads; `load` is how many open ones they have, `cap` the most."""
    return {
        "id": row.user_id,
        "name": row.user.get_full_name(),
        "email": row.user.email,
        "role": row.role,
        "on_duty": row.on_duty,
        "load": load,
        "cap": cap,
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


def saved_view(row: SavedView, *, is_pinned: bool) -> dict[str, Any]:
    """`query` is what to put behind `GET /leads/?`."""
    query = row.state
    query.pop("columns", None)
    return {
        "id": row.id,
        "name": row.name,
        "is_shared": row.is_shared,
        "is_pinned": is_pinned,
        "owner_user_id": row.owner_id,
        "filters": row.filters,
        "ordering": row.ordering,
        "columns": row.columns,
        "query": query.urlencode(),
        "created_by": row.created_by,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
