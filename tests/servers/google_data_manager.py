"""A local server that speaks Google's Data Manager API: `POST /v1/events:ingest`.

It words its errors as Google documents them (google.rpc details as JSON) and keeps the rules that
cost a whole batch. Enumerations arrive as integers, as Google's client sends them.
Source: https://developers.google.com/data-manager/api/devguides/concepts/understand-errors
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

from tests.servers.scripted import Answer, Behaviour, Call, ScriptedServer
from tests.servers.standalone import main

_HEX_SHA256 = re.compile(r"[0-9a-f]{64}")
_DOMAIN = "datamanager.googleapis.com"

Violation = dict[str, str]


class GoogleDataManagerServer(ScriptedServer):
    """Google's Data Manager API, locally. Deduplicates by transaction id and conversion action."""

    default_port = 9101

    names_rows = True
    """Whether a rejection names the bad rows; False makes the client search for them."""

    row_prefix = "events.events"
    """How a violation names a row: Google's answers show this form and plain "events"."""

    def is_upload(self, call: Call) -> bool:
        return call.method == "POST" and call.path == "/v1/events:ingest"

    def other(self, call: Call) -> Answer:
        return _error(404, "NOT_FOUND", "NOT_FOUND", "There is nothing here.")

    def examine(self, call: Call) -> Answer | None:
        violations = list(self._violations(call.json()))
        return _bad_request(violations if self.names_rows else []) if violations else None

    def effects_of(self, call: Call) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
        request = call.json()
        if request.get("validateOnly"):
            return []
        actions = {d["reference"]: d["productDestinationId"] for d in request["destinations"]}
        return [
            ((event["transactionId"], actions[reference]), event)
            for event in request["events"]
            for reference in event.get("destinationReferences") or actions
        ]

    def accepted(self, call: Call) -> Answer:
        return Answer(200, {"requestId": f"request-{uuid.uuid4().hex}"})

    def refused(self, behaviour: Behaviour) -> Answer:
        if behaviour.do == "throttle":
            return _error(429, "RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED", "Too many requests.")
        if behaviour.do == "expire":
            return _error(
                401,
                "UNAUTHENTICATED",
                "ACCESS_TOKEN_EXPIRED",
                "Invalid authentication credentials.",
            )
        if behaviour.do == "reject":
            return _bad_request([])
        return _error(behaviour.status, "UNAVAILABLE", "INTERNAL_ERROR", "Try again later.")

    def _violations(self, request: dict[str, Any]) -> Iterator[Violation]:
        for index, destination in enumerate(request.get("destinations", [])):
            if not destination.get("productDestinationId"):
                field = f"destinations[{index}].product_destination_id"
                yield _violation(field, "REQUIRED_FIELD_MISSING")
        for index, event in enumerate(request.get("events", [])):
            where = f"{self.row_prefix}[{index}]"
            if event["transactionId"] in self.bad:
                yield _violation(f"{where}.event_timestamp", "EVENT_TIME_INVALID")
            elif event["transactionId"].isdigit():
                yield _violation(f"{where}.transaction_id", "INVALID_FORMAT")
            elif not ("userData" in event or "adIdentifiers" in event):
                yield _violation(where, "NO_IDENTIFIERS_PROVIDED")
            for identifier in event.get("userData", {}).get("userIdentifiers", []):
                hashed = identifier.get("emailAddress") or identifier.get("phoneNumber")
                if hashed is not None and not _HEX_SHA256.fullmatch(hashed):
                    yield _violation(f"{where}.user_data", "INVALID_SHA256_FORMAT")


def _violation(field: str, reason: str) -> Violation:
    return {"field": field, "description": f"{reason} in {field}", "reason": reason}


def _bad_request(violations: list[Violation]) -> Answer:
    answer = _error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "There was a problem.")
    if violations:
        answer.body["error"]["details"].append(
            {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}
        )
    return answer


def _error(code: int, status: str, reason: str, message: str) -> Answer:
    details: list[dict[str, Any]] = [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": _DOMAIN},
        {"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": "request-error"},
    ]
    body = {"error": {"code": code, "message": message, "status": status, "details": details}}
    return Answer(code, body)


if __name__ == "__main__":
    main(GoogleDataManagerServer)
