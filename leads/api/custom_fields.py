"""The fields a workspace defines for itself; their values are part of leads and contacts."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import ApiView, one_by_id
from accounts.api_input import StrictSerializer, Text
from accounts.api_lists import narrowed
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from leads import rendering
from leads.api import examples
from leads.api.listings import FIELDS, FieldFilter
from leads.fields import custom_fields
from leads.models import CustomField

TAG = "Custom fields"
RULES = (
    "Kinds: text, number, date, choice, multi_choice, boolean, url. `choices` are texts or"
    ' `{"value", "label"}`; without any, every value is taken.'
)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string"},
            {
                "type": "object",
                "properties": {"value": {"type": "string"}, "label": {"type": "string"}},
                "required": ["value"],
                "additionalProperties": False,
            },
        ]
    }
)
class ChoiceInput(serializers.Field):
    """A text, or an object with a value and a label; the verb says what is wrong with one."""

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class _FieldInput(StrictSerializer):
    kind = serializers.ChoiceField(choices=CustomField.Kind.choices, required=False)
    choices = serializers.ListField(child=ChoiceInput(), required=False)
    position = serializers.IntegerField(
        min_value=0, max_value=custom_fields.MOST_POSITION, required=False
    )


class NewFieldInput(_FieldInput):
    label = serializers.CharField(max_length=custom_fields.LONGEST_LABEL)  # type: ignore[assignment]
    key = Text(
        max_length=custom_fields.LONGEST_LABEL,
        help_text="Made of the label when left out; `Budget Range` becomes `budget_range`.",
    )
    subject = serializers.ChoiceField(choices=CustomField.Subject.choices, required=False)


class FieldChangesInput(_FieldInput):
    label = serializers.CharField(  # type: ignore[assignment]
        max_length=custom_fields.LONGEST_LABEL, required=False
    )
    is_archived = serializers.BooleanField(required=False)


class CustomFieldChoiceSerializer(serializers.Serializer):
    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class CustomFieldSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    key = serializers.CharField(help_text="Its name in `custom_fields`, and in `attr.<key>`.")
    label = serializers.CharField()  # type: ignore[assignment]
    subject = serializers.ChoiceField(choices=CustomField.Subject.choices)
    kind = serializers.ChoiceField(choices=CustomField.Kind.choices)
    choices = CustomFieldChoiceSerializer(many=True)
    position = serializers.IntegerField()
    is_archived = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class FieldsView(ApiView):
    needs = {"GET": Permission.VIEW, "POST": Permission.RULE_EDIT}
    listing = FIELDS

    @documented(
        tag=TAG,
        summary="List custom fields",
        response=page_of(CustomFieldSerializer),
        answer=page_answer(examples.FIELD),
    )
    def get(self, request: Request) -> Response:
        rows = CustomField.objects.in_workspace(self.workspace.pk)
        if not request.query_params.get("archived"):
            rows = rows.active()
        found = narrowed(FieldFilter(request.query_params, queryset=rows, actor=self.actor))
        return FIELDS.answer(request, found, rendering.custom_field)

    @documented(
        tag=TAG,
        summary="Define a custom field",
        description=f"A key in use is 409 `key_exists`. {RULES}",
        request=NewFieldInput,
        example=examples.NEW_FIELD,
        response=CustomFieldSerializer,
        answer=examples.FIELD,
        status=201,
    )
    def post(self, request: Request) -> Response:
        row = custom_fields.define(actor=self.actor, **self.parsed(NewFieldInput))
        return Response(rendering.custom_field(row), status=201)


class FieldView(ApiView):
    needs = {
        "GET": Permission.VIEW,
        "PUT": Permission.RULE_EDIT,
        "PATCH": Permission.RULE_EDIT,
        "DELETE": Permission.RULE_EDIT,
    }
    field: CustomField

    def look_up(self, **kwargs: str) -> None:
        rows = CustomField.objects.in_workspace(self.workspace.pk)
        self.field = one_by_id(rows, kwargs["custom_field"])

    @documented(
        tag=TAG,
        summary="Read a custom field",
        response=CustomFieldSerializer,
        answer=examples.FIELD,
    )
    def get(self, request: Request, custom_field: str) -> Response:
        return Response(rendering.custom_field(self.field))

    @documented(
        tag=TAG,
        summary="Change a custom field",
        description=(
            "The kind changes only while there is no value, and a choice in use cannot be taken"
            ' away: 422 `in_use`. `{"is_archived": false}` brings an archived field back. ' + RULES
        ),
        request=FieldChangesInput,
        example=examples.FIELD_CHANGES,
        response=CustomFieldSerializer,
        answer=examples.FIELD,
    )
    def patch(self, request: Request, custom_field: str) -> Response:
        changes = self.parsed(FieldChangesInput, current=rendering.custom_field(self.field))
        row = custom_fields.redefine(self.field, actor=self.actor, changes=changes)
        return Response(rendering.custom_field(row))

    put = patch

    @documented(
        tag=TAG,
        summary="Archive a custom field",
        description="Takes it out of forms and filters; its values stay, and PATCH restores it.",
        status=204,
    )
    def delete(self, request: Request, custom_field: str) -> Response:
        custom_fields.archive(self.field, actor=self.actor)
        return Response(status=204)
