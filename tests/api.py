"""Calling the API in tests, every address it has, and one row of everything to call it about."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection as database
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.api_base import ApiView
from accounts.ids import new_id
from accounts.tenancy import scope, system_scope
from accounts.tenancy_schema import tenant_models
from campaigns import outcomes
from campaigns.exports import exports
from campaigns.imports import imports
from conversions import ad_spend
from conversions.ad_spend import Spend
from conversions.models import ConversionRule, Upload, UploadAttempt
from conversions.recording import ConversionInput, log_conversion
from integrations.models import Connection
from leads.bulk import jobs
from leads.bulk.selection import filtered
from leads.diary import appointments, followups
from leads.fields import custom_fields
from leads.intake import LeadInput, receive
from leads.listing import saved_views
from leads.merges import duplicates
from leads.merges.merging import merge
from leads.messaging import messages
from leads.models import Contact, DuplicateSuggestion
from leads.people import companies
from tests.campaigns.calls import in_a_campaign
from tests.world import World

METHODS = ("get", "head", "options", "post", "put", "patch", "delete")


@dataclass
class Caller:
    """Somebody with credentials: a key, or a person's session in a workspace."""

    headers: dict[str, str] = field(default_factory=dict)
    client: Client = field(default_factory=Client)

    def call(self, method: str, path: str, body: Any = None, **params: Any):
        extra: dict[str, Any] = {}
        if method in ("post", "put", "patch", "delete"):
            is_text = isinstance(body, (str, bytes))
            text = "" if body is None else body if is_text else json.dumps(body, default=str)
            extra = {"data": text, "content_type": "application/json"}
        if params:
            extra["query_params"] = params
        if not path.startswith(("/", "http")):
            path = f"/api/v1/{path}"
        return getattr(self.client, method)(path, headers=self.headers, **extra)

    def get(self, path: str, **params: Any):
        return self.call("get", path, **params)

    def post(self, path: str, body: Any = None, **params: Any):
        return self.call("post", path, body, **params)

    def patch(self, path: str, body: Any = None, **params: Any):
        return self.call("patch", path, body, **params)

    def put(self, path: str, body: Any = None, **params: Any):
        return self.call("put", path, body, **params)

    def delete(self, path: str, **params: Any):
        return self.call("delete", path, **params)


def with_key(key: str, **headers: str) -> Caller:
    return Caller({"X-API-Key": key} | {k.replace("_", "-"): v for k, v in headers.items()})


def signed_in(user: Any, workspace: str = "home") -> Caller:
    client = Client()
    client.force_login(user)
    return Caller({"X-Workspace-ID": workspace}, client)


@dataclass(frozen=True)
class Address:
    """One address of the API: its pattern with <names>, and its view."""

    pattern: str
    view: Any

    @property
    def names(self) -> list[str]:
        return re.findall(r"<(\w+)>", self.pattern)

    def path(self, ids: dict[str, Any]) -> str:
        return "/api/v1/" + re.sub(r"<(\w+)>", lambda m: str(ids[m[1]]), self.pattern) + "/"

    def __str__(self) -> str:
        return self.pattern


def _routes(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for entry in patterns:
        text = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _routes(entry.url_patterns, text)
        elif isinstance(entry, URLPattern) and text.startswith("api/v1/^"):
            yield text, entry.callback


def addresses() -> list[Address]:
    """Every address beneath /api/v1/, from the resolver: a new one is tested by being there.

    But for signing in, which needs no credentials and names no object.
    """
    found = []
    for text, callback in _routes(get_resolver().url_patterns):
        if not issubclass(callback.cls, ApiView):
            continue
        pattern = re.sub(r"\(\?P<(\w+)>\[\^/\]\+\)", r"<\1>", text.removeprefix("api/v1/^"))
        found.append(Address(pattern.removesuffix(r"/?\Z"), callback.cls))
    return found


@dataclass(frozen=True)
class Rows:
    """One of everything in a workspace."""

    lead: Any
    contact: Any
    appointment: Any
    conversion: Any
    connection: Any
    rule: Any
    upload: Any
    workspace: Any
    custom_field: Any
    task: Any
    spend: Any
    saved_view: Any
    company: Any
    duplicate: Any
    merge: Any
    message: Any
    job: Any
    campaign: Any
    campaign_lead: Any
    lead_list: Any
    call_outcome: Any
    export: Any
    import_id: Any

    def ids(self) -> dict[str, Any]:
        return {name: getattr(self, name).pk for name in self.__dataclass_fields__}


def one_of_everything(world: World, email: str = "ann@example.com") -> Rows:
    actor = world.actor()
    with scope(world.home.pk):
        lead = receive(
            LeadInput(first_name="Ann", email=email, phone="+1 800 555 0100", tags=["vip"]),
            actor=actor,
        ).lead
        visit, _is_new = appointments.add(lead, actor=actor, scheduled_for=timezone.now())
        conversion = log_conversion(
            ConversionInput(contact_ref=str(lead.contact_id), type="demo", converted_by="x"),
            actor=actor,
        ).conversion
        connection = Connection(workspace=world.home, provider="meta", name="Meta")
        connection.settings = {"dataset_id": "1"}
        connection.secrets = {"access_token": "t0p-s3cret"}
        connection.save()
        rule = ConversionRule.objects.create(
            workspace=world.home, trigger="completed", connection=connection, external_action="Done"
        )
        upload = make_upload(world, rule, lead)
        field = custom_fields.define(actor=actor, label="Budget", kind="number")
        task = followups.add(lead, actor=actor, facts={"title": "Call back"})
        cost = Spend(timezone.now().date(), "meta", Decimal(12))
        (spend,) = ad_spend.record([cost], actor=actor).rows
        view = saved_views.create(actor=actor, values={"name": "Hot", "is_shared": True})
        lead.refresh_from_db()
        return Rows(
            *(lead, lead.contact, visit, conversion, connection, rule, upload, world.home),
            *(field, task, spend, view),
            message=messages.add(
                lead, actor=actor, channel="sms", direction="inbound", body="Hello"
            ),
            job=jobs.request(
                "tag",
                actor=actor,
                selection=filtered({}, actor=actor, everything=True),
                given={"tags": ["vip"]},
            ),
            company=companies.add(actor=actor, facts={"name": "Moss Kitchens"}),
            export=exports.ask(exports.question(actor=actor), actor=actor, file_format="csv"),
            import_id=_sent_file(actor),
            **_merged(lead, actor),
            **_called(world, lead, actor),
        )


def _merged(lead: Any, actor: Any) -> dict[str, Any]:
    """Somebody who was suggested, and merged into the lead's person."""
    twin = Contact.objects.create(workspace=lead.workspace, first_name="Anna")
    found = duplicates.raise_pair(lead.workspace_id, lead.contact_id, twin.pk, ["phone"])
    row = merge(lead.contact_id, twin.pk, actor=actor)
    return {"duplicate": DuplicateSuggestion.objects.get(pk=found), "merge": row}


def _sent_file(actor: Any) -> Any:
    content = b"email,name\nann@example.com,Ann\n"
    return imports.receive([content], actor=actor, file_name="leads.csv", size=len(content))


def _called(world: World, lead: Any, actor: Any) -> dict[str, Any]:
    """A campaign, its list and the lead in it, and an outcome of the workspace's own."""
    row = in_a_campaign(world, lead)
    values = {"code": "brochure", "label": "Wants the brochure", "status": "contacted"}
    return {
        "campaign": row.campaign,
        "campaign_lead": row,
        "lead_list": row.source.lead_list,
        "call_outcome": outcomes.add(actor=actor, values=values),
    }


def make_upload(world: World, rule: ConversionRule, lead: Any, **fields: Any) -> Upload:
    upload_id = new_id()
    given = {
        "status": "failed",
        "error_kind": "permanent",
        "error_code": "x",
        "explanation": "Refused.",
        "attempts": 1,
    }
    row = Upload.objects.create(
        id=upload_id,
        workspace=world.home,
        rule=rule,
        connection=rule.connection,
        contact_id=lead.contact_id,
        lead=lead,
        trigger=rule.trigger,
        event_id=f"ll-{upload_id}",
        external_action=rule.external_action,
        occurred_at=timezone.now(),
        **given | fields,
    )
    UploadAttempt.objects.create(
        workspace=world.home,
        upload=row,
        number=1,
        started_at=timezone.now(),
        finished_at=timezone.now(),
        outcome="permanent",
    )
    return row


def everything_stored() -> dict[str, list[Any]]:
    """Every row of every tenant table and of the workspaces, to hold that nothing changed."""
    tables = [model._meta.db_table for model in tenant_models()]
    tables += ["accounts_workspace", "accounts_membership"]
    with system_scope(), database.cursor() as cursor:
        stored = {}
        for table in tables:
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t ORDER BY id")
            stored[table] = [row[0] for row in cursor.fetchall()]
        return stored
