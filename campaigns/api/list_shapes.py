"""How lists read, what they take, and how they are narrowed; with an example of each."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers

from accounts.api_input import JsonObject, Ref, StrictSerializer, Text
from accounts.api_lists import OWN_WORKSPACE, Listing
from campaigns.lists import LONGEST_DESCRIPTION, LONGEST_TAG, MOST_TAGS
from campaigns.membership import LONGEST_NOTES
from campaigns.models import LeadList, LeadListMember
from campaigns.models.lead_list import LONGEST_LIST_NAME
from leads.api import examples
from leads.api.listings import any_of, parameter
from leads.bulk.selection import MOST_NAMED
from leads.listing.filter_fields import CommaListFilter
from leads.listing.filters import ActorFilterSet

NEW_LIST: dict[str, Any] = {
    "name": "Hot and quiet",
    "description": "For the spring calls.",
    "list_type": "smart",
    "criteria": {"heat": ["HOT"], "last_contacted_before": "30d"},
    "tags": ["spring"],
}
LIST: dict[str, Any] = {
    "id": "0198f3d0-1a2b-7c3d-8e4f-5a6b7c8d9e10",
    "name": "Hot and quiet",
    "description": "For the spring calls.",
    "list_type": "smart",
    "criteria": {"heat": ["HOT"], "last_contacted_before": ["30d"]},
    "rule": "Heat is Hot; last contacted before 30 days ago",
    "rule_error": "",
    "tags": ["spring"],
    "metadata": {},
    "is_archived": False,
    "lead_count": 212,
    "campaigns_used_in": 3,
    "counted_at": None,
    "rebuilt_at": "2026-03-02T10:15:00Z",
    "created_by": "Mona Manager",
    "created_at": "2026-03-01T09:00:00Z",
    "updated_at": "2026-03-01T09:00:00Z",
}
LIST_CHANGES = {"name": "Hot and very quiet", "criteria": {"last_contacted_before": "60d"}}
LIST_STATS = {
    "list_id": LIST["id"],
    "name": LIST["name"],
    "list_type": "smart",
    "lead_count": 212,
    "campaigns_used_in": 3,
    "total_leads": 540,
    "contacted_leads": 320,
    "total_conversions": 48,
    "conversion_rate": "15.00",
}
MEMBER = {
    "lead_id": examples.LEAD["id"],
    "lead_number": 1042,
    "lead_name": "Ann Moss",
    "by": "hand",
    "added_at": "2026-03-02T10:15:00Z",
    "added_by": "Mona Manager",
    "added_by_user_id": examples.MEMBER["id"],
    "notes": "Met at the fair",
}
ADD = {"lead_ids": [examples.LEAD["id"], "1043"], "notes": "Met at the fair"}
ADDED = {"added": 1, "already_in": 1, "missing": []}
REMOVE = {"lead_ids": [examples.LEAD["id"]]}
REMOVED = {"removed": 1, "not_in": 0, "missing": []}

_TAGS = serializers.CharField(max_length=LONGEST_TAG)


class _ListInput(StrictSerializer):
    description = Text(max_length=LONGEST_DESCRIPTION)
    list_type = serializers.ChoiceField(
        choices=LeadList.Type.choices,
        required=False,
        help_text=(
            "`static`: by hand. `dynamic`: the criteria are asked whenever it is read. `smart`:"
            " they are asked and who is in is kept; by hand more come in or stay out."
        ),
    )
    criteria = JsonObject(help_text="What `GET /leads/` takes, each with a value or several.")
    tags = serializers.ListField(child=_TAGS, required=False, max_length=MOST_TAGS)
    metadata = JsonObject(help_text="Your own; nothing reads it.")
    is_archived = serializers.BooleanField(required=False)


class NewListInput(_ListInput):
    name = serializers.CharField(max_length=LONGEST_LIST_NAME)


class ListChangesInput(_ListInput):
    name = Text(max_length=LONGEST_LIST_NAME)


class MembersInput(StrictSerializer):
    lead_ids = serializers.ListField(
        child=Ref(), max_length=MOST_NAMED, min_length=1, help_text="UUIDs or numbers."
    )


class NewMembersInput(MembersInput):
    notes = Text(max_length=LONGEST_NOTES, help_text="Why they are in; on each of them.")


class LeadListSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    list_type = serializers.ChoiceField(choices=LeadList.Type.choices)
    criteria = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    rule = serializers.CharField(allow_blank=True, help_text="The criteria as a sentence.")
    rule_error = serializers.CharField(
        allow_blank=True, help_text="Why the criteria cannot be asked any more."
    )
    tags = serializers.ListField(child=serializers.CharField())
    metadata = JsonObject()
    is_archived = serializers.BooleanField()
    lead_count = serializers.IntegerField()
    campaigns_used_in = serializers.IntegerField()
    counted_at = serializers.DateTimeField(
        allow_null=True, help_text="When a dynamic list was last counted; others always are."
    )
    rebuilt_at = serializers.DateTimeField(
        allow_null=True, help_text="When a smart list was last gone through in full."
    )
    created_by = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ListStatsSerializer(serializers.Serializer):
    list_id = serializers.UUIDField()
    name = serializers.CharField()
    list_type = serializers.ChoiceField(choices=LeadList.Type.choices)
    lead_count = serializers.IntegerField()
    campaigns_used_in = serializers.IntegerField()
    total_leads = serializers.IntegerField(help_text="Enrolled from it, in all campaigns.")
    contacted_leads = serializers.IntegerField()
    total_conversions = serializers.IntegerField(
        help_text="Converted, pledged, donated or with an appointment."
    )
    conversion_rate = serializers.DecimalField(
        max_digits=5,
        decimal_places=2,
        allow_null=True,
        help_text="Percent of the contacted; null before the first.",
    )


class ListMemberSerializer(serializers.Serializer):
    lead_id = serializers.UUIDField()
    lead_number = serializers.IntegerField()
    lead_name = serializers.CharField(allow_blank=True)
    by = serializers.ChoiceField(choices=LeadListMember.By.choices)
    added_at = serializers.DateTimeField(allow_null=True, help_text="null in a dynamic list.")
    added_by = serializers.CharField(allow_blank=True)
    added_by_user_id = serializers.UUIDField(allow_null=True)
    notes = serializers.CharField(allow_blank=True)


_MISSING = "Which name no lead of yours."


class AddedSerializer(serializers.Serializer):
    added = serializers.IntegerField()
    already_in = serializers.IntegerField()
    missing = serializers.ListField(child=serializers.CharField(), help_text=_MISSING)


class RemovedSerializer(serializers.Serializer):
    removed = serializers.IntegerField()
    not_in = serializers.IntegerField()
    missing = serializers.ListField(child=serializers.CharField(), help_text=_MISSING)


LISTS = Listing(
    orderings=("name", "created_at"),
    default="-created_at",
    filters=(
        parameter("q", "Part of the name."),
        any_of("list_type", LeadList.Type.values, "Which kinds."),
        parameter("tag", "Carrying this tag."),
        parameter("archived", "`true` shows those that are archived, instead.", bool),
        *OWN_WORKSPACE,
    ),
)
MEMBERS = Listing(orderings=("added_at",), default="-added_at")
# A dynamic list has no members of its own: its leads, newest first.
FOUND = Listing(orderings=("created_at",), default="-created_at")


class ListFilterSet(ActorFilterSet):
    """How lists are narrowed, on page and API."""

    q = django_filters.CharFilter(field_name="name", lookup_expr="icontains", max_length=200)
    list_type = CommaListFilter(field_name="list_type", choices=LeadList.Type.choices)
    tag = django_filters.CharFilter(method="filter_tag", max_length=LONGEST_TAG)

    class Meta:
        model = LeadList
        fields: list[str] = []

    def filter_tag(self, qs: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return qs.filter(tags__contains=[value]) if value else qs
