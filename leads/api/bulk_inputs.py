"""What the API takes for something done to many leads: the selection, and each action's own."""

from typing import Any

from rest_framework import serializers

from accounts.api_input import JsonObject, Ref, StrictSerializer, Text
from leads.api.inputs import MAX_NOTES
from leads.bulk.bulk_actions import known_actions
from leads.bulk.selection import MOST_NAMED
from leads.models import ContactTag

LONGEST_TAG = ContactTag._meta.get_field("name").max_length


class BulkSelection(StrictSerializer):
    """Which leads, and what is done to them. Either `ids` or a `filter`."""

    aliases = {"userId": "user_id"}

    ids = serializers.ListField(
        child=Ref(),
        required=False,
        max_length=MOST_NAMED,
        help_text="UUIDs or numbers. What names no lead of yours is among the result's errors.",
    )
    filter = JsonObject(
        help_text=(
            "The filters of GET /leads/ by name, each with a value or a list of them. An unknown"
            " one is 422. Leads that come in later are left out."
        )
    )
    all = serializers.BooleanField(
        required=False, help_text="Say `true` with an empty `filter`, or with none: every lead."
    )
    action = serializers.CharField(max_length=40)


class AssignBulk(BulkSelection):
    user_id = serializers.UUIDField(
        allow_null=True, help_text="For assign: from GET /users/; null unassigns."
    )


class TagBulk(BulkSelection):
    tags = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_TAG),
        min_length=1,
        max_length=100,
        help_text="For tag and untag.",
    )


class LoseBulk(BulkSelection):
    loss_reason = serializers.CharField(
        max_length=60, help_text="For lose: a code from GET /reasons/."
    )
    unqualified_reason = Text(
        max_length=60, help_text="For lose: that of the leads that were never qualified."
    )
    notes = Text(max_length=MAX_NOTES, help_text="For lose: on each lead's timeline.")


class BulkInput(BulkSelection):
    """All of it, for the documentation; a body has what its action takes."""

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        actions = known_actions()
        for action in actions:
            for name, field in action.input().get_fields().items():
                if name not in fields:
                    field.required = False
                    fields[name] = field
        names = ", ".join(action.name for action in actions)
        fields["action"].help_text = f"{names}; anything else is 422 `unknown_action`."
        return fields
