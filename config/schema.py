"""How the OpenAPI schema is made from the views."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_parameter_type
from drf_spectacular.utils import OpenApiParameter
from rest_framework.serializers import DecimalField

from accounts.api_input import StrictSerializer

_PATH_PARAMETERS: dict[str, tuple[str, dict[str, Any]]] = {
    "lead": ("The lead's UUID or number.", {"type": "string"}),
    "contact": ("The contact's UUID or number.", {"type": "string"}),
    "workspace": ("The workspace's slug or UUID.", {"type": "string"}),
    "appointment": ("The appointment's UUID.", {"type": "string", "format": "uuid"}),
    "connection": ("The connection's UUID.", {"type": "string", "format": "uuid"}),
    "rule": ("The rule's UUID.", {"type": "string", "format": "uuid"}),
    "upload": ("The upload's UUID.", {"type": "string", "format": "uuid"}),
    "company": ("The company's UUID.", {"type": "string", "format": "uuid"}),
    "saved_view": ("The view's UUID.", {"type": "string", "format": "uuid"}),
    "job": ("The job's UUID.", {"type": "string", "format": "uuid"}),
    "custom_field": ("The field's UUID.", {"type": "string", "format": "uuid"}),
    "message": ("The message's id.", {"type": "string", "format": "uuid"}),
    "merge": ("The merge's UUID.", {"type": "string", "format": "uuid"}),
    "duplicate": ("The suggestion's UUID.", {"type": "string", "format": "uuid"}),
    "task": ("The task's UUID.", {"type": "string", "format": "uuid"}),
    "spend": ("The ad spend's UUID.", {"type": "string", "format": "uuid"}),
    "import_id": ("The import's UUID.", {"type": "string", "format": "uuid"}),
    "export": ("The export's UUID.", {"type": "string", "format": "uuid"}),
    "lead_list": ("The list's UUID.", {"type": "string", "format": "uuid"}),
    "call_outcome": ("The outcome's UUID.", {"type": "string", "format": "uuid"}),
    "campaign_lead": ("The campaign lead's UUID.", {"type": "string", "format": "uuid"}),
    "campaign": ("The campaign's UUID.", {"type": "string", "format": "uuid"}),
}

_WORKSPACE_HEADER = OpenApiParameter(
    "X-Workspace-ID",
    str,
    OpenApiParameter.HEADER,
    description=(
        "The workspace's slug or UUID. An organization's key and a session must say it; a"
        " workspace's key need not."
    ),
)

_IDEMPOTENCY_HEADER = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description=(
        "Any text of your own, once per intent. The same key and body within 24 hours replay the"
        " stored answer, with `Idempotent-Replayed: true`, and do nothing again."
    ),
)

_TAGS = {
    "Sign-in": "Tokens for people; outside systems use an API key and need none of this.",
    "Leads": "Inquiries: sending them in, finding, reading and changing them.",
    "Saved views": "Filters, order and columns of the Leads page, kept by name.",
    "Bulk actions": "The same done to many leads, in the background, as a job.",
    "Lifecycle": (
        "The moves: new → enriched → contacted → conversing → qualified → scheduled → completed →"
        " converted, and lost from any open state. The same move twice changes nothing; an illegal"
        " one is 409 `illegal_transition`, with the moves that are `allowed`."
    ),
    "Timeline": "What happened with leads: interactions and appointments.",
    "Messages": "The conversation of a lead across channels; e-mail is truly sent.",
    "Tasks": "Follow-ups: what is to be done with a lead, by when and by whom.",
    "Contacts": "The people behind the leads, known once per workspace.",
    "Merging": "Contacts that may be one person, making one of two, and taking it back.",
    "Companies": "The firms that contacts work for.",
    "Custom fields": "What a workspace wants to know beyond the usual, of contacts and leads.",
    "Lists": "Leads in groups, by hand or by a rule, to be used again and again.",
    "Campaigns": "Lists of leads worked through by callers, and how far that is.",
    "Calling": "Working through a campaign: the next lead, the call made, what it led to.",
    "Conversions": "Business results, worth money.",
    "Conversion rules": "Which result goes to which ad platform, as what, with which value.",
    "Metrics": "How leads do, how fast, and what they cost; what advertising cost by day.",
    "Uploads": "Each result on its way to one ad platform.",
    "Connections": "Credentials and settings for the ad platforms.",
    "Imports": "Files of leads: sent, mapped, tried out, taken in, undone.",
    "Exports": "Leads, lists and results of campaigns as files for spreadsheets.",
    "Workspaces": "Workspaces, their members and their lists of reasons.",
}


def describe_tags(result: dict[str, Any], **_context: object) -> dict[str, Any]:
    """Say what each group of operations is about, in the order people need them."""
    tags = [{"name": name, "description": text} for name, text in _TAGS.items()]
    return result | {"tags": tags}


class ScopeAuthenticationScheme(OpenApiAuthenticationExtension):
    """An API key, a token, or the session of somebody signed in."""

    target_class = "accounts.authentication.ScopeAuthentication"
    name = ["apiKey", "token", "session"]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        return [
            {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            {
                "type": "apiKey",
                "in": "cookie",
                "name": "sessionid",
                "description": "With the header X-CSRFToken for anything but GET.",
            },
        ]


class LeadloopSchema(AutoSchema):
    """Takes a view's own word for its parameters, and names operations by method and address."""

    def get_operation_id(self) -> str:
        parts = self.path.removeprefix("/api/v1/").strip("/").split("/")
        words = [f"by_{part.strip('{}')}" if part[:1] == "{" else part for part in parts]
        return "_".join([self.method.lower(), *words]).replace("-", "_")

    def get_override_parameters(self) -> list[Any]:
        documented = getattr(self.view, "parameters", None)
        own = documented(self.method) if documented is not None else ()
        if documented is None:
            return []
        once = [_IDEMPOTENCY_HEADER] if self.method == "POST" else []
        return [*own, _WORKSPACE_HEADER, *once]

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        return [
            build_parameter_type(
                name=name,
                location=OpenApiParameter.PATH,
                description=_PATH_PARAMETERS[name][0],
                schema=_PATH_PARAMETERS[name][1],
            )
            for name in variables
        ]

    def _map_serializer_field(
        self, field: Any, direction: str, bypass_extensions: bool = False
    ) -> dict[str, Any] | None:
        """Money is a text in answers; a request may write it as a number too."""
        schema: dict[str, Any] | None = super()._map_serializer_field(
            field, direction, bypass_extensions
        )
        if schema is None or direction != "request" or not isinstance(field, DecimalField):
            return schema
        number: dict[str, Any] = {"type": "number"}
        for bound, value in (("minimum", field.min_value), ("maximum", field.max_value)):
            if value is not None:
                number[bound] = value
        return {"anyOf": [schema, number]}

    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:
        """A strict body says that it takes no other fields, and which have a second name."""
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        if not isinstance(serializer, StrictSerializer):
            return schema
        properties = schema.setdefault("properties", {})
        for alias, name in serializer.aliases.items():
            properties[alias] = properties[name]
            if name in schema.get("required", ()):
                schema["required"].remove(name)
                schema.setdefault("anyOf", []).append({"required": [name]})
                schema["anyOf"].append({"required": [alias]})
        return schema | {"additionalProperties": False}
