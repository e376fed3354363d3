"""The published schema is kept: whatever is sent, the API answers as documented.

Schemathesis makes requests that the schema allows and requests that it forbids. The same ones each
time; `FUZZ_EXAMPLES=50` makes others, so many of each sort for each operation.
"""

import os
from dataclasses import dataclass

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts import tokens
from tests.api import one_of_everything

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "8"))
# What the schema says as text the API may still refuse: a date, a cursor, a provider's settings.
CHECKED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Each row of a batch is judged by itself: the request is fine, the answer names the bad rows.
TOLERANT = {"POST /api/v1/conversions/batch/"}

published = schemathesis.openapi.from_dict(
    SchemaGenerator().get_schema(public=True),
    config=SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}}),
)
published.app = WSGIHandler()
OPERATIONS = [found.ok() for found in published.get_all_operations()]
TAGS = sorted({operation.tags[0] for operation in OPERATIONS})


@dataclass(frozen=True)
class Seeded:
    """Ids that exist, as they stand in addresses and in bodies, and headers of several callers."""

    in_path: dict[str, str]
    in_body: dict[str, str]
    callers: list[dict[str, str]]


@pytest.fixture
def seeded(world, monkeypatch):
    monkeypatch.setattr(tokens, "ATTEMPTS", 1_000_000)
    world.home.rate_limit_per_hour = 10_000_000
    world.home.save()
    ids = {name: str(pk) for name, pk in one_of_everything(world).ids().items()}
    in_body = {
        "contact_id": ids["contact"],
        "lead_id": ids["lead"],
        "appointment_id": ids["appointment"],
        "connection": ids["connection"],
        "user_id": str(world.rep.pk),
        "userId": str(world.rep.pk),
        "workspace_id": "home",
        "workspaceId": "home",
        "sent_from_workspace": "home",
        "converted_from_workspace": "home",
        "loss_reason": "no_contact",
    }
    access = tokens._tokens(tokens.RefreshToken.for_user(world.owner)).access
    callers = [
        {"X-API-Key": world.key()},
        {"X-API-Key": world.key(of_organization=True)},
        {"Authorization": f"Bearer {access}"},
    ]
    return Seeded(ids, in_body, [caller | {"X-Workspace-ID": "home"} for caller in callers])


@pytest.fixture
def kept_connection():
    """Requests through WSGI would close the connection, and the test's transaction with it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def requests_to(operation, mode, seeded):
    """Requests of this sort: two of three about rows that are there."""
    anything = operation.as_strategy(generation_mode=mode)
    names = [parameter.name for parameter in operation.path_parameters]
    if not names:
        return anything
    known = {name: seeded.in_path[name] for name in names}
    about_rows = operation.as_strategy(generation_mode=mode, path_parameters=known)
    return st.one_of(about_rows, about_rows, anything)


def name_what_exists(case, seeded):
    for given_values in (case.body, case.query):
        if isinstance(given_values, dict):
            for name in given_values.keys() & seeded.in_body.keys():
                if isinstance(given_values[name], str):
                    given_values[name] = seeded.in_body[name]
    if case.query:
        case.query.pop("cursor", None)


def relaxed(schema):
    """The schema with what the API makes of JSON: a number is as good as its text."""
    if isinstance(schema, list):
        return [relaxed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: relaxed(part) for name, part in schema.items()}
    kinds = found.get("type")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    is_text = isinstance(kinds, list) and "string" in kinds
    if is_text and not found.keys() & {"enum", "format", "pattern"}:
        found["type"] = sorted({*kinds, "number"})
    return found


def trimmed(value):
    """The value as the API reads it: space around a text is left out."""
    if isinstance(value, dict):
        return {name: trimmed(part) for name, part in value.items()}
    if isinstance(value, list):
        return [trimmed(part) for part in value]
    return value.strip() if isinstance(value, str) else value


def is_taken_kindly(case):
    """Whether the request is wrong by the letter of the schema only."""
    # An empty parameter is as good as none, and of several the last one counts.
    for value in (case.query or {}).values():
        last = value[-1] if isinstance(value, list) and value else value
        if last in ("", None, []):
            return True
    if not isinstance(case.body, dict):
        return False
    kind = case.operation.get_body_for_media_type(case.media_type)
    validator = case.operation.schema.adapter.jsonschema_validator_cls
    return validator(relaxed(kind.optimized_schema)).is_valid(trimmed(case.body))


def can_be_wrong(operation):
    """Whether there is anything but an address: every text is a possible id."""
    return bool(list(operation.body) or list(operation.query))


def hold(operation, mode, seeded):
    """Send requests of this sort; raises where an answer is not as documented."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize="FUZZ_EXAMPLES" not in os.environ,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(case=requests_to(operation, mode, seeded), caller=st.sampled_from(seeded.callers))
    def send(case, caller):
        if mode is GenerationMode.POSITIVE:
            name_what_exists(case, seeded)
        kindly = operation.label in TOLERANT or is_taken_kindly(case)
        # Undone after each, so that the next one finds the rows where they were.
        with transaction.atomic():
            answer = case.call(headers=caller, environ_overrides={"REMOTE_ADDR": "198.51.100.7"})
            transaction.set_rollback(True)
        checks = [*CHECKED] if kindly else [*CHECKED, negative_data_rejection]
        case.validate_response(answer, checks=checks, headers=caller)

    send()


@pytest.mark.slow
@pytest.mark.timeout(120 + 30 * EXAMPLES)
@pytest.mark.parametrize("tag", TAGS)
def test_every_answer_is_as_documented(tag, seeded, kept_connection, subtests):
    for operation in OPERATIONS:
        if operation.tags[0] != tag:
            continue
        with subtests.test(f"{operation.label}, allowed"):
            hold(operation, GenerationMode.POSITIVE, seeded)
        if can_be_wrong(operation):
            with subtests.test(f"{operation.label}, forbidden"):
                hold(operation, GenerationMode.NEGATIVE, seeded)
