"""A local server that speaks Meta's Graph API: `POST /<version>/<dataset>/events` and reading it.

Bodies are form-encoded, `data` a JSON array of JSON texts, the token travels in the query string,
all as Meta's client sends them. One bad event fails the whole request, and no row is named.
Source: https://developers.facebook.com/docs/marketing-api/conversions-api/using-the-api
"""

from __future__ import annotations

import json
import re
import time
import uuid
from typing import Any

from tests.servers.scripted import Answer, Behaviour, Call, ScriptedServer
from tests.servers.standalone import main

_EVENTS = re.compile(r"/v\d+\.\d+/(\d+)/events")
_DATASET = re.compile(r"/v\d+\.\d+/(\d+)/?")  # the client ends it with a slash
_SEVEN_DAYS = 7 * 24 * 3600
_TRACE = "AbCdEfGhIjKlMnOp"


class MetaServer(ScriptedServer):
    """Meta's Conversions API, locally. Deduplicates by event name and event id."""

    default_port = 9102

    def is_upload(self, call: Call) -> bool:
        return call.method == "POST" and bool(_EVENTS.fullmatch(call.path))

    def other(self, call: Call) -> Answer:
        dataset = _DATASET.fullmatch(call.path)
        if call.method != "GET" or dataset is None:
            return _error(404, 2500, "Unknown path components")
        if not call.query.get("access_token"):
            return _expired()
        return Answer(200, {"id": dataset[1], "name": "Local dataset"})

    def examine(self, call: Call) -> Answer | None:
        if not call.query.get("access_token"):
            return _expired()
        for event in events_of(call):
            if event["event_time"] < time.time() - _SEVEN_DAYS:
                return _error(400, 100, "Invalid parameter", subcode=2804003)
            if event["event_id"] in self.bad or not event.get("user_data"):
                return _error(400, 100, "Invalid parameter", subcode=2804019)
        return None

    def effects_of(self, call: Call) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
        return [((event["event_name"], event["event_id"]), event) for event in events_of(call)]

    def accepted(self, call: Call) -> Answer:
        count = len(events_of(call))
        trace = uuid.uuid4().hex
        return Answer(200, {"events_received": count, "messages": [], "fbtrace_id": trace})

    def refused(self, behaviour: Behaviour) -> Answer:
        if behaviour.do == "throttle":
            return _error(429, 4, "Application request limit reached")
        if behaviour.do == "expire":
            return _expired()
        if behaviour.do == "reject":
            return _error(400, 100, "Invalid parameter")
        return _error(behaviour.status, 2, "Service temporarily unavailable", transient=True)


def events_of(call: Call) -> list[dict[str, Any]]:
    """The events of an upload, decoded."""
    return [json.loads(text) for text in json.loads(call.form["data"])]


def _expired() -> Answer:
    return _error(400, 190, "Error validating access token: Session has expired", subcode=463)


def _error(
    status: int, code: int, message: str, *, subcode: int | None = None, transient: bool = False
) -> Answer:
    error: dict[str, Any] = {
        "message": message,
        "type": "OAuthException",
        "code": code,
        "is_transient": transient,
        "fbtrace_id": _TRACE,
    }
    if subcode is not None:
        error["error_subcode"] = subcode
    return Answer(status, {"error": error})


if __name__ == "__main__":
    main(MetaServer)
