"""How an import reads over REST, and what the calls about it take."""

from typing import Any

from rest_framework import serializers

from accounts.api_input import JsonObject, StrictSerializer, Text
from accounts.api_lists import OWN_WORKSPACE, Listing
from campaigns.models import LONGEST_LIST_NAME, Import
from leads.api.listings import any_of
from leads.models import Source

MOST_JSON_ROWS = 5_000

IMPORTS = Listing(
    filters=(any_of("status", Import.Status.values, "How it stands."), *OWN_WORKSPACE)
)


class MatchOn(serializers.ListField):
    """A list, or in a form one text with commas."""

    child = serializers.ChoiceField(choices=["email", "phone", "external_id"])

    def to_internal_value(self, data: Any) -> list[str]:
        if isinstance(data, str):
            data = data.split(",")
        if isinstance(data, list):
            data = [part.strip() for one in data for part in str(one).split(",") if part.strip()]
        return list(super().to_internal_value(data))


class ImportSettings(StrictSerializer):
    """Where the leads go, and what is done about those who are known."""

    list_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="The list that everybody joins."
    )
    new_list_name = Text(max_length=LONGEST_LIST_NAME, help_text="Or a new list of this name.")
    campaign_id = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="The campaign that calls them; without a list, one is made.",
    )
    priority = serializers.IntegerField(
        required=False, min_value=1, max_value=1000, help_text="Of the list in the campaign."
    )
    duplicates = serializers.ChoiceField(
        choices=Import.Duplicates.choices,
        required=False,
        help_text=(
            "What a row of a known person does: `skip` it (the default), `fill` what is blank, or"
            " `overwrite`. Blank cells never overwrite."
        ),
    )
    match_on = MatchOn(
        required=False,
        help_text=(
            "What makes a person known, the first that finds somebody decides: email, phone,"
            " external_id (asked of everybody only where it stands first)."
        ),
    )


class UploadInput(ImportSettings):
    file = serializers.FileField(help_text="CSV in any usual encoding, or an Excel workbook.")


class FromCsvFileInput(StrictSerializer):
    name = serializers.CharField(max_length=LONGEST_LIST_NAME, help_text="Of the new list.")
    file = serializers.FileField(help_text="CSV in any usual encoding, or an Excel workbook.")


class FromCsvInput(StrictSerializer):
    name = serializers.CharField(max_length=LONGEST_LIST_NAME, help_text="Of the new list.")
    leads = serializers.ListField(
        child=JsonObject(),
        min_length=1,
        max_length=MOST_JSON_ROWS,
        help_text="Objects whose keys are read as the headers of a file are.",
    )


class MappingOptions(StrictSerializer):
    day_first = serializers.BooleanField(
        required=False, help_text="Whether 03/04/2026 is in April; guessed from the file."
    )
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=Source.choices, required=False, help_text="Of the leads; `import` unless said."
    )


class MappingInput(ImportSettings):
    mapping = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=80),
        required=False,
        help_text=(
            "Field by header: first_name, email, phone, company, tags, notes, address.city,"
            " external_id, `attr.<key>` of a custom field (a new one is made), campaign.name for"
            " the old shape. What is not named is left out. An empty body accepts the guess."
        ),
    )
    options = MappingOptions(required=False)


class CountsSerializer(serializers.Serializer):
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    skipped = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]


class ColumnSerializer(serializers.Serializer):
    header = serializers.CharField(allow_blank=True)
    field = serializers.CharField(allow_blank=True)
    samples = serializers.ListField(child=serializers.CharField())


class ImportSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Import.Status.choices)
    work = serializers.ChoiceField(
        choices=Import.Work.choices, help_text="What is under way; empty: nothing."
    )
    file_name = serializers.CharField()
    file = JsonObject(help_text="How it was read: format, encoding, delimiter, sheet.")
    kind = serializers.ChoiceField(choices=Import.Kind.choices)
    headers = serializers.ListField(child=serializers.CharField(allow_blank=True))
    mapping = serializers.DictField(
        child=serializers.CharField(allow_blank=True), help_text="Field by header."
    )
    columns = ColumnSerializer(many=True, help_text="By place, with values of the file.")
    options = JsonObject()
    duplicates = serializers.ChoiceField(choices=Import.Duplicates.choices)
    match_on = serializers.ListField(child=serializers.CharField())
    list_id = serializers.UUIDField(allow_null=True)
    new_list_name = serializers.CharField(allow_blank=True)
    campaign_id = serializers.UUIDField(allow_null=True)
    priority = serializers.IntegerField()
    total = serializers.IntegerField(help_text="Rows.")
    progress = serializers.IntegerField(help_text="Percent of what is under way.")
    foreseen = CountsSerializer(allow_null=True, help_text="By the dry run.")
    counts = CountsSerializer()
    undone = JsonObject(help_text="What undoing did: deleted, restored, kept.")
    error = serializers.CharField(allow_blank=True, help_text="Why it stopped.")
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class FromCsvSerializer(serializers.Serializer):
    list_id = serializers.UUIDField()
    import_id = serializers.UUIDField()


def import_form(row: Import) -> dict[str, Any]:
    """An import, with how far it is."""
    mapping: dict[str, str] = {}
    for header, name in zip(row.headers, row.mapping, strict=False):
        if name or header not in mapping:
            mapping.setdefault(header, name)
    return {
        "id": row.pk,
        "status": row.status,
        "work": row.work,
        "file_name": row.file_name,
        "file": row.file_facts,
        "kind": row.kind,
        "headers": row.headers,
        "mapping": mapping,
        "columns": [
            {"header": header, "field": name, "samples": samples}
            for header, name, samples in zip(row.headers, row.mapping, row.samples, strict=False)
        ],
        "options": {key: value for key, value in row.options.items() if key != "auto"},
        "duplicates": row.duplicates,
        "match_on": row.match_on,
        "list_id": row.lead_list_id,
        "new_list_name": row.new_list_name,
        "campaign_id": row.campaign_id,
        "priority": row.priority,
        "total": row.total,
        "progress": row.progress,
        "foreseen": row.foreseen or None,
        "counts": row.counts,
        "undone": row.undone,
        "error": row.error,
        "created_by": row.created_by,
        "created_at": row.created_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }


IMPORT: dict[str, Any] = {
    "id": "0198f3d0-1a2b-7c3d-8e4f-5a6b7c8d9e11",
    "status": "ready",
    "work": "",
    "file_name": "october-event.csv",
    "file": {"format": "csv", "encoding": "utf-8", "delimiter": ",", "mixed_lines": 0},
    "kind": "leads",
    "headers": ["First Name", "E-mail", "T-shirt"],
    "mapping": {"First Name": "first_name", "E-mail": "email", "T-shirt": "attr.t_shirt"},
    "columns": [
        {"header": "First Name", "field": "first_name", "samples": ["Ann", "Bob"]},
        {"header": "E-mail", "field": "email", "samples": ["ann@example.com"]},
        {"header": "T-shirt", "field": "attr.t_shirt", "samples": ["M", "XL"]},
    ],
    "options": {"day_first": False},
    "duplicates": "fill",
    "match_on": ["email", "phone", "external_id"],
    "list_id": None,
    "new_list_name": "Q4 2025 Prospects",
    "campaign_id": None,
    "priority": 1,
    "total": 212,
    "progress": 100,
    "foreseen": {"created": 204, "updated": 3, "skipped": 0, "errors": 5},
    "counts": {"created": 0, "updated": 0, "skipped": 0, "errors": 0},
    "undone": {},
    "error": "",
    "created_by": "Mia Manager",
    "created_at": "2026-03-02T10:15:00Z",
    "started_at": None,
    "finished_at": None,
}
# A file stands for its bytes.
UPLOAD = {
    "file": "prospects.csv",
    "new_list_name": "Q4 2025 Prospects",
    "duplicates": "fill",
    "match_on": "email,phone",
}
MAPPING = {
    "mapping": {"First Name": "first_name", "E-mail": "email", "T-shirt": "attr.t_shirt"},
    "duplicates": "fill",
}
ERROR_FILE = (
    "Row,Reason,First Name,E-mail\r\n3,E-mail: This is no e-mail address.,Cleo,not an address\r\n"
)
FROM_CSV_FILE = {"name": "Holiday Campaign Import - Oct 18", "file": "holiday.csv"}
FROM_CSV = {
    "name": "Holiday Campaign Import - Oct 18",
    "leads": [
        {"first_name": "Alice", "last_name": "Johnson", "email": "alice@example.com"},
        {"first_name": "Bob", "last_name": "Wilson", "email": "bob@example.com"},
    ],
}
LIST_MADE = {
    "list_id": "0198f3d0-1a2b-7c3d-8e4f-5a6b7c8d9e12",
    "import_id": "0198f3d0-1a2b-7c3d-8e4f-5a6b7c8d9e11",
}
