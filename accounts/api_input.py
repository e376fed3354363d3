"""What the API takes: strict bodies, in which nothing unknown passes silently."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

import orjson
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import SkipField, empty

# orjson writes no deeper and no larger than this, and what is taken in must come out again.
MAX_DEPTH = 50
MAX_NUMBER = 2**63 - 1
MAX_JSON_BYTES = 100_000
MAX_REF = 64


class StrictSerializer(serializers.Serializer):
    """A body, or an object inside one: an unknown field is an error.

    A change (PUT, PATCH) gets the present representation as `context["current"]`; a field that is
    only read may be sent back as it is, with another value it is an error. `aliases` are other
    names of a field: ``{"source_id": "external_id"}``.
    """

    aliases: ClassVar[Mapping[str, str]] = {}
    read_only_messages: ClassVar[Mapping[str, Any]] = {}

    @cached_property
    def _taken(self) -> list[tuple[str, Any, bool]]:
        """Each field, and whether it has to be asked when it is not given.

        Found once, for a batch asks a thousand times. No field takes its value from elsewhere
        (`source`) or is checked by a method of the serializer.
        """
        return [
            (str(field.field_name), field, field.required or field.default is not empty)
            for field in self._writable_fields
        ]

    @cached_property
    def _known(self) -> dict[tuple[str, str], Any]:
        return {}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError(
                {"non_field_errors": [ErrorDetail(_("Send a JSON object."), "not_an_object")]}
            )
        given = self._by_their_names(data)
        errors: dict[str, Any] = {}
        for name in [name for name in given if name not in self.fields]:
            refusal = self._refusal(name, given.pop(name))
            if refusal is not None:
                errors[name] = [refusal]
        value: dict[str, Any] = {}
        for name, field in self._fields_about(given):
            try:
                value[name] = self._read(field, given.get(name, empty))
            except serializers.ValidationError as error:
                errors[name] = error.detail
            except SkipField:
                continue
        if errors:
            raise serializers.ValidationError(errors)
        return value

    def _fields_about(self, given: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """The fields that are given, and those that have to say something when they are not."""
        return [(name, field) for name, field, asks in self._taken if asks or name in given]

    def _read(self, field: Any, given: Any) -> Any:
        """What a field makes of a value. The rows of a batch have many a text in common."""
        if type(given) is not str:
            return field.run_validation(given)
        key = (field.field_name, given)
        if key not in self._known:
            self._known[key] = field.run_validation(given)
        return self._known[key]

    @property
    def current(self) -> Mapping[str, Any] | None:
        """How the changed thing reads now; None when something new is made."""
        return self.context.get("current") if self.parent is None else None

    def _by_their_names(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """`data` with aliases replaced; an alias that only repeats what is there says nothing."""
        given = dict(data)
        for alias, name in self.aliases.items():
            if alias not in given:
                continue
            value = given.pop(alias)
            unchanged = self.current is not None and _same(value, self.current.get(name))
            if name not in given:
                given[name] = value
            elif unchanged or given[name] == value:
                continue
            elif self.current is not None and _same(given[name], self.current.get(name)):
                given[name] = value
            else:
                message = _("This is another name of “%(name)s”: give one of them.") % {
                    "name": name
                }
                raise serializers.ValidationError({alias: [ErrorDetail(message, "conflict")]})
        return given

    def _refusal(self, name: str, value: Any) -> ErrorDetail | None:
        if self.current is None or name not in self.current:
            return ErrorDetail(_("There is no field of this name here."), "unknown_field")
        if _same(value, self.current[name]):
            return None
        message = self.read_only_messages.get(name) or _("This cannot be set; leave it as it is.")
        return ErrorDetail(str(message), "read_only")


def _same(given: Any, rendered: Any) -> bool:
    """Whether what came is what the API shows."""
    shown = orjson.loads(orjson.dumps(rendered, default=str, option=orjson.OPT_UTC_Z))
    return bool(given == shown)


class Text(serializers.CharField):
    """Optional text; null means the same as empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_blank": True, "allow_null": True} | kwargs)

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        is_empty, value = super().validate_empty_values(data)
        return is_empty, "" if value is None else value


@extend_schema_field(OpenApiTypes.OBJECT)
class JsonObject(serializers.Field):
    """Any JSON object that can be stored and shown again."""

    default_error_messages = {
        "not_an_object": "Send a JSON object.",
        "too_deep": f"Nest at most {MAX_DEPTH} levels.",
        "number_too_large": "A number here is too large; send it as text.",
        "too_large": f"Send at most {MAX_JSON_BYTES} bytes of JSON.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False} | kwargs)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("not_an_object")
        self._check(data, MAX_DEPTH)
        if len(orjson.dumps(data)) > MAX_JSON_BYTES:
            self.fail("too_large")
        return data

    def to_representation(self, value: Any) -> Any:
        return value

    def _check(self, value: Any, levels: int) -> None:
        if isinstance(value, (dict, list)):
            if levels == 0:
                self.fail("too_deep")
            for part in value.values() if isinstance(value, dict) else value:
                self._check(part, levels - 1)
        elif isinstance(value, (int, float)) and abs(value) > MAX_NUMBER:
            self.fail("number_too_large")


@extend_schema_field(
    {
        "anyOf": [
            {"type": "string", "minLength": 1},
            {"type": "integer", "minimum": 1},
        ],
        "description": "The UUID, or the short number.",
    }
)
class Ref(serializers.Field):
    """A contact or lead by UUID or number; the text of it."""

    default_error_messages = {"invalid": "Give the UUID or the number."}

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, bool) or not isinstance(data, (str, int)):
            self.fail("invalid")
        text = str(data).strip()
        if len(text) > MAX_REF:
            self.fail("invalid")
        if not (text.isascii() and text.isdigit()):
            try:
                UUID(text)
            except ValueError:
                self.fail("invalid")
        return text

    def to_representation(self, value: Any) -> Any:
        return value


class Currency(Text):
    """A three-letter ISO 4217 code, in any case; kept in capitals."""

    default_error_messages = {"not_iso": "Use the three-letter ISO code, such as USD."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 3} | kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data).upper()
        if text and not (len(text) == 3 and text.isascii() and text.isalpha()):
            self.fail("not_iso")
        return text
