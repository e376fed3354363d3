"""How a job reads, and how the list of jobs is narrowed."""

from typing import Any

import django_filters
from rest_framework import serializers

from accounts.api_input import JsonObject
from accounts.api_lists import OWN_WORKSPACE, Listing
from leads.api import examples
from leads.api.listings import any_of, parameter
from leads.listing.filter_fields import AnyOfFilter, CommaListFilter, TextListField
from leads.listing.filters import ActorFilterSet
from leads.models import Job

BULK = {
    "filter": {"status": ["new", "enriched"], "source": "website", "unassigned": True},
    "action": "assign",
    "user_id": examples.MEMBER["id"],
}
JOB: dict[str, Any] = {
    "id": "0198f3d0-1a2b-7c3d-8e4f-5a6b7c8d9e0f",
    "action": "assign",
    "parameters": {"user_id": examples.MEMBER["id"], "name": "Rita Rep"},
    "filter": {"status": ["new", "enriched"], "source": ["website"], "unassigned": ["true"]},
    "status": "running",
    "progress": 57,
    "total": 348,
    "total_is_estimate": False,
    "done": 200,
    "result": {
        "changed": 199,
        "unchanged": 0,
        "failed": 1,
        "errors": [
            {
                "lead_id": examples.LEAD["id"],
                "code": "not_found",
                "message": "There is no such lead, or it is not yours to see.",
            }
        ],
    },
    "error": "",
    "undoes": None,
    "created_by": "Rita Rep",
    "created_at": "2026-03-02T10:15:00Z",
    "started_at": "2026-03-02T10:15:01Z",
    "finished_at": None,
}


class JobErrorSerializer(serializers.Serializer):
    lead_id = serializers.CharField(help_text="As it was named, where no lead was found.")
    code = serializers.CharField(help_text="For programs: `not_found`, `illegal_transition`, …")
    message = serializers.CharField(help_text="For people.")


class JobResultSerializer(serializers.Serializer):
    """So far; it is final once the job has ended."""

    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField(help_text="They were like that already.")
    failed = serializers.IntegerField(help_text="Refused, and left as they are.")
    errors = JobErrorSerializer(many=True, help_text="The first 100 of those.")  # type: ignore[assignment]


class JobSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    action = serializers.CharField()
    parameters = JsonObject(help_text="What the action was given.")
    filter = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        allow_null=True,
        help_text="null where leads were named.",
    )
    status = serializers.ChoiceField(choices=Job.Status.choices)
    progress = serializers.IntegerField(help_text="Percent; 100 when it is completed.")
    total = serializers.IntegerField()
    total_is_estimate = serializers.BooleanField(help_text="Beyond 10,000, until it is completed.")
    done = serializers.IntegerField(help_text="Leads that were dealt with.")
    result = JobResultSerializer()
    error = serializers.CharField(allow_blank=True, help_text="Why the job itself stopped.")
    undoes = serializers.UUIDField(allow_null=True, help_text="The deletion it takes back.")
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


def job_form(row: Job) -> dict[str, Any]:
    """A job with its progress and its result so far."""
    return {
        "id": row.pk,
        "action": row.action,
        "parameters": row.parameters,
        "filter": row.filter,
        "status": row.status,
        "progress": row.progress,
        "total": row.total,
        "total_is_estimate": row.total_is_estimate,
        "done": row.done,
        "result": {
            "changed": row.changed,
            "unchanged": row.unchanged,
            "failed": row.failed,
            "errors": row.errors,
        },
        "error": row.error,
        "undoes": row.undoes_id,
        "created_by": row.created_by,
        "created_at": row.created_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }


JOBS = Listing(
    filters=(
        any_of("status", Job.Status.values, "How it stands."),
        parameter("action", "What is done. Several: repeated or comma-separated."),
        *OWN_WORKSPACE,
    ),
)


class _ActionFilter(AnyOfFilter):
    field_class = TextListField


class JobFilter(ActorFilterSet):
    status: django_filters.Filter = CommaListFilter(field_name="status", choices=Job.Status.choices)
    action: django_filters.Filter = _ActionFilter(field_name="action")

    class Meta:
        model = Job
        fields: list[str] = []
