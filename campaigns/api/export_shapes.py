"""How an export reads over REST, and what the calls about it take."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from accounts.api_input import JsonObject, StrictSerializer
from accounts.api_lists import OWN_WORKSPACE, Listing
from campaigns.exports.files import CsvWriter, XlsxWriter
from campaigns.models import Export
from leads.api.listings import LEADS, any_of
from leads.listing.columns import MOST_COLUMNS

FILE = {
    CsvWriter.media_type.partition(";")[0]: OpenApiTypes.STR,
    XlsxWriter.media_type: OpenApiTypes.BINARY,
}
FILE_PARAMETERS = (
    OpenApiParameter(
        "format", str, enum=Export.Format.values, default="csv", description="Of the file."
    ),
    OpenApiParameter(
        "columns",
        str,
        many=True,
        description=(
            "What the file shows of each lead beside its number and name, as the Leads page calls"
            " it: `status`, `owner`, `created`, `attr.<key>`, …; repeated or comma-separated."
            " Left out: the usual ones."
        ),
    ),
    *LEADS.filters,
)
EXPORTS = Listing(
    filters=(
        any_of("status", Export.Status.values, "How it stands."),
        any_of("kind", Export.Kind.values, "What is exported."),
        *OWN_WORKSPACE,
    )
)
NEW_EXPORT: dict[str, Any] = {
    "kind": "leads",
    "format": "xlsx",
    "filter": {"status": ["new", "enriched"], "source": "website"},
    "columns": ["status", "owner", "created", "attr.budget"],
}
EXPORT: dict[str, Any] = {
    "id": "0198f3d0-1a2b-7c3d-8e4f-5a6b7c8d9f20",
    "kind": "leads",
    "list_id": None,
    "campaign_id": None,
    "format": "xlsx",
    "filter": {"status": ["new", "enriched"], "source": ["website"]},
    "columns": ["status", "owner", "created", "attr.budget"],
    "status": "running",
    "progress": 41,
    "total": 60000,
    "done": 24600,
    "file_name": "leads-acme-2026-03-02.xlsx",
    "file_size": 1843200,
    "error": "",
    "expires_at": None,
    "created_by": "Mona Manager",
    "created_at": "2026-03-02T10:15:00Z",
    "started_at": "2026-03-02T10:15:01Z",
    "finished_at": None,
}


class ExportInput(StrictSerializer):
    kind = serializers.ChoiceField(
        choices=Export.Kind.choices,
        required=False,
        help_text="`leads` (the default), a `list` or a `campaign`.",
    )
    list_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="With kind `list`: which."
    )
    campaign_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="With kind `campaign`: which."
    )
    format = serializers.ChoiceField(
        choices=Export.Format.choices, required=False, help_text="`csv` (the default) or `xlsx`."
    )
    filter = JsonObject(
        required=False, help_text="Of these leads those that are like that: as GET /leads/ takes."
    )
    columns = serializers.ListField(
        child=serializers.CharField(max_length=100),
        max_length=MOST_COLUMNS,
        required=False,
        help_text="Beside the lead's number and name; left out: the usual ones.",
    )


class ExportSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Export.Kind.choices)
    list_id = serializers.UUIDField(allow_null=True)
    campaign_id = serializers.UUIDField(allow_null=True)
    format = serializers.ChoiceField(choices=Export.Format.choices)
    filter = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    columns = serializers.ListField(child=serializers.CharField())
    status = serializers.ChoiceField(choices=Export.Status.choices)
    progress = serializers.IntegerField(help_text="Percent; 100 when it is completed.")
    total = serializers.IntegerField(help_text="Beyond 10,000 an estimate, until it is completed.")
    done = serializers.IntegerField(help_text="Rows that stand in the file.")
    file_name = serializers.CharField()
    file_size = serializers.IntegerField(help_text="Bytes so far.")
    error = serializers.CharField(allow_blank=True, help_text="Why it stopped.")
    expires_at = serializers.DateTimeField(
        allow_null=True, help_text="Until when the file is kept, once it is completed."
    )
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


def export_form(row: Export) -> dict[str, Any]:
    """An export, and how far it is."""
    return {
        "id": row.pk,
        "kind": row.kind,
        "list_id": row.lead_list_id,
        "campaign_id": row.campaign_id,
        "format": row.file_format,
        "filter": row.filter,
        "columns": row.columns,
        "status": row.status,
        "progress": row.progress,
        "total": row.total,
        "done": row.done,
        "file_name": row.file_name,
        "file_size": row.file_size,
        "error": row.error,
        "expires_at": row.expires_at,
        "created_by": row.created_by,
        "created_at": row.created_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }
