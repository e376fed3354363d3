"""The public form of conversions, activities, rules and uploads."""

from typing import Any

from conversions.models import Activity, Conversion, ConversionRule, Upload, UploadAttempt


def conversion(row: Conversion) -> dict[str, Any]:
    return {
        "id": row.id,
        "contact_id": row.contact_id,
        "lead_id": row.lead_id,
        "workspace_id": row.workspace.slug,
        "conversion_type": row.type,
        "conversion_value": row.value,
        "currency": row.currency,
        "converted_by": row.converted_by,
        "converted_at": row.converted_at,
        "external_ref": row.external_ref,
        "conversion_source": row.conversion_source,
        "custom_data": row.custom_data,
        "created_at": row.created_at,
    }


def conversion_summary(row: Conversion) -> dict[str, Any]:
    """What the lead and its timeline keep of a conversion."""
    return {
        "conversion_id": str(row.id),
        "conversion_type": row.type,
        "conversion_value": str(row.value) if row.value is not None else None,
        "currency": row.currency,
        "converted_by": row.converted_by,
    }


def activity_metadata(row: Conversion) -> dict[str, Any]:
    """What the audit row of a logged conversion keeps of it."""
    value = str(row.value) if row.value is not None else None
    return {"conversion_id": str(row.id), "type": row.type, "value": value}


def activity(row: Activity) -> dict[str, Any]:
    return {
        "id": row.id,
        "contact_id": row.contact_id,
        "lead_id": row.lead_id,
        "action": row.action,
        "at": row.at,
        "by": row.actor_label,
        "metadata": row.metadata,
    }


def rule(row: ConversionRule) -> dict[str, Any]:
    return {
        "id": row.id,
        "trigger": row.trigger,
        "connection": row.connection_id,
        "external_action": row.external_action,
        "value": {
            "strategy": row.value_strategy,
            "amount": row.amount,
            "share": row.share,
            "currency": row.currency,
        },
        "is_active": row.is_active,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def upload(row: Upload) -> dict[str, Any]:
    error = None
    if row.error_kind:
        error = {
            "kind": row.error_kind,
            "code": row.error_code,
            "explanation": row.explanation,
        }
    return {
        "id": row.id,
        "lead_id": row.lead_id,
        "contact_id": row.contact_id,
        "conversion_id": row.conversion_id,
        "connection": row.connection_id,
        "provider": row.connection.provider,
        "event": row.trigger,
        "external_action": row.external_action,
        "status": row.status,
        "attempts": row.attempts,
        "next_attempt_at": row.next_attempt_at,
        "event_id": row.event_id,
        "error": error,
        "value": row.value,
        "currency": row.currency,
        "occurred_at": row.occurred_at,
        "accepted_at": row.accepted_at,
        "platform_ref": row.platform_ref,
        "created_at": row.created_at,
    }


def upload_detail(row: Upload) -> dict[str, Any]:
    """An upload with its attempt log, the first attempt first."""
    log = UploadAttempt.objects.in_workspace(row.workspace_id).filter(upload=row)
    return {
        **upload(row),
        "attempt_log": [attempt(one) for one in log.order_by("started_at", "id")],
    }


def attempt(row: UploadAttempt) -> dict[str, Any]:
    return {
        "number": row.number,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "outcome": row.outcome,
        "code": row.code,
        "explanation": row.explanation,
    }
