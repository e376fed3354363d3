"""A local server that speaks the Google Ads API: `UploadClickConversions`, over gRPC.

One address serves both gRPC and the instructions over HTTP (`/_behaviour`, `/_effects`): what a
connection starts with tells them apart. gRPC connections are carried through to a gRPC server, so
that they can be broken on the wire like any other.

Bad rows fail alone (partial failure) and come back as empty results; a known order id is an error
of its own, as with Google.
Source: https://developers.google.com/google-ads/api/docs/conversions/upload-clicks
"""

from __future__ import annotations

import re
import select
import socket
import struct
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any, Self

import grpc
from google.ads.googleads.v26.errors.types.errors import GoogleAdsError, GoogleAdsFailure
from google.ads.googleads.v26.services.types.conversion_upload_service import (
    UploadClickConversionsRequest,
    UploadClickConversionsResponse,
)
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.json_format import MessageToJson
from google.rpc.status_pb2 import Status

from tests.servers.scripted import ACCEPTS_NOTHING, Answer, Behaviour, Call, ScriptedServer
from tests.servers.standalone import main

SERVICE = "google.ads.googleads.v26.services.ConversionUploadService"
FAILURE_KEY = "google.ads.googleads.v26.errors.googleadsfailure-bin"
MOST_CONVERSIONS = 2000

_ACTION = re.compile(r"customers/\d+/conversionActions/\d+")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d")
_HEX_SHA256 = re.compile(r"[0-9a-f]{64}")
_GRPC_PREFACE = b"PRI"  # how HTTP/2 begins; no HTTP/1 method is called so
_CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    500: grpc.StatusCode.INTERNAL,
    504: grpc.StatusCode.DEADLINE_EXCEEDED,
}
_OTHER_CODE = grpc.StatusCode.UNAVAILABLE
_KNOWN = "ORDER_ID_ALREADY_IN_USE"
# A frame of the first answer that promises 256 bytes and brings four.
_HALF_A_FRAME = b"\x00\x01\x00" + b"\x00\x00" + struct.pack(">I", 1) + b"\x00\x00\x00\x00"
_PAGE = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n\r\n<html>Proxy error</html>"


class GoogleAdsServer(ScriptedServer):
    """The Google Ads API, locally. Deduplicates by conversion action and order id."""

    default_port = 9103

    names_rows = True
    """Whether an error says which row it is about; the empty results tell in any case."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._grpc = grpc.server(ThreadPoolExecutor(max_workers=16))
        method = grpc.unary_unary_rpc_method_handler(self._serve)  # bytes in, bytes out
        handlers = {"UploadClickConversions": method}
        self._grpc.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler(SERVICE, handlers)]
        )
        self._inner_port = self._grpc.add_insecure_port("127.0.0.1:0")
        self.headers: list[dict[str, Any]] = []  # of each call, developer token and all
        self._carried: dict[int, socket.socket] = {}  # by the port the inner server sees
        self._http.RequestHandlerClass = _carrying(self._http.RequestHandlerClass, self)

    def start(self) -> Self:
        self._grpc.start()
        return super().start()

    def stop(self) -> None:
        self._stopping.set()
        self._grpc.stop(grace=None).wait()
        super().stop()

    # -- what Google says -----------------------------------------------------------------------

    def is_upload(self, call: Call) -> bool:
        return False  # not over HTTP

    def other(self, call: Call) -> Answer:
        return Answer(404, {"error": "Conversions are uploaded over gRPC."})

    def examine(self, call: Call) -> Answer | None:
        request = call.json()
        if not request.get("partialFailure"):
            error = _error("partial_failure_error", "PARTIAL_FAILURE_MODE_REQUIRED")
        elif len(request["conversions"]) > MOST_CONVERSIONS:
            error = _error("conversion_upload_error", "TOO_MANY_CONVERSIONS_IN_REQUEST")
        else:
            return None
        return Answer(400, GoogleAdsFailure(errors=[error]))

    def effects_of(self, call: Call) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
        request = call.json()
        if request.get("validateOnly"):
            return []
        refused = {row for row, _family, code in self._refusals(call) if code != _KNOWN}
        conversions = enumerate(request["conversions"])
        return [(_key(event), event) for row, event in conversions if row not in refused]

    def accepted(self, call: Call) -> Answer:
        request = call.json()
        refusals = list(self._refusals(call))
        refused = {row for row, _family, _code in refusals}
        response = UploadClickConversionsResponse(job_id=uuid.uuid4().int >> 65)
        if not request.get("validateOnly"):
            for row, event in enumerate(request["conversions"]):
                done = {} if row in refused else {"conversion_action": event["conversionAction"]}
                response.results.append(done)
        if refusals:
            errors = [
                _error(family, code, row=row if self.names_rows else None)
                for row, family, code in refusals
            ]
            detail = AnyMessage(
                type_url=f"type.googleapis.com/{GoogleAdsFailure.pb().DESCRIPTOR.full_name}",
                value=GoogleAdsFailure.serialize(GoogleAdsFailure(errors=errors)),
            )
            response.partial_failure_error = Status(
                code=3, message="Some conversions failed.", details=[detail]
            )
        return Answer(200, response)

    def refused(self, behaviour: Behaviour) -> Answer:
        if behaviour.do == "throttle":
            error = _error("quota_error", "RESOURCE_EXHAUSTED")
            if behaviour.retry_after is not None:
                delay = timedelta(seconds=float(behaviour.retry_after))
                error.details.quota_error_details.retry_delay = delay
            return Answer(429, GoogleAdsFailure(errors=[error]))
        if behaviour.do == "expire":
            error = _error("authentication_error", "OAUTH_TOKEN_EXPIRED")
            return Answer(401, GoogleAdsFailure(errors=[error]))
        if behaviour.do == "reject":
            error = _error("request_error", "INVALID_ENUM_VALUE")
            return Answer(400, GoogleAdsFailure(errors=[error]))
        return Answer(behaviour.status, None)

    def _refusals(self, call: Call) -> Iterator[tuple[int, str, str]]:
        """(row, enumeration, member) of each row Google would refuse."""
        conversions = call.json()["conversions"]
        times = Counter(_key(event) for event in conversions)
        for row, event in enumerate(conversions):
            if times[_key(event)] > 1:
                yield row, "conversion_upload_error", "DUPLICATE_ORDER_ID"
            elif event["orderId"] in self.bad:
                yield row, "conversion_upload_error", "EVENT_NOT_FOUND"
            elif error := _complaint(event):
                yield row, *error
            elif _key(event) in self.effects:
                yield row, "conversion_upload_error", _KNOWN

    # -- serving --------------------------------------------------------------------------------

    def _serve(self, raw: bytes, context: grpc.ServicerContext) -> bytes:
        request = UploadClickConversionsRequest.deserialize(raw)
        call = Call(
            method="POST",
            path=f"/{SERVICE}/UploadClickConversions",
            query={},
            headers=dict(context.invocation_metadata()),
            raw=MessageToJson(UploadClickConversionsRequest.pb(request), indent=None).encode(),
        )
        self.headers.append(dict(call.headers))
        behaviour = self._next_behaviour()
        if behaviour.do in ACCEPTS_NOTHING:
            self._record(call, behaviour.do)
            self._pause(self.delay)
            if behaviour.do in ("reset", "page"):
                self._cut(context, _PAGE if behaviour.do == "page" else b"")
            return _abort(context, self.refused(behaviour))
        if complaint := self.examine(call):
            self._record(call, "complain")
            self._pause(self.delay)
            return _abort(context, complaint)
        self._record(call, behaviour.do)
        answer = UploadClickConversionsResponse.serialize(self.accepted(call).body)
        self._take(call)
        self._pause(self.delay)
        return self._broken(behaviour, answer, context)

    def _broken(self, behaviour: Behaviour, answer: bytes, context: grpc.ServicerContext) -> bytes:
        """The answer as the behaviour lets it through."""
        if behaviour.do == "lose":
            self._pause(30.0 if behaviour.seconds is None else behaviour.seconds)
            self._cut(context)
        elif behaviour.do == "half":
            self._cut(context, _HALF_A_FRAME)
        elif behaviour.do == "slow":
            self._pause(1.0 if behaviour.seconds is None else behaviour.seconds)
        elif behaviour.do == "blank":
            return b""
        elif behaviour.do == "garble":
            return answer[: len(answer) // 2]
        return answer

    def _cut(self, context: grpc.ServicerContext, last_words: bytes = b"") -> None:
        """Break the connection a call came by, with a RST."""
        client = self._carried.get(int(context.peer().rpartition(":")[2]))
        if client is None:
            return
        # Lingering for 0 s makes closing send RST; whoever carries the connection closes it.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with suppress(OSError):
            client.sendall(last_words)
            client.shutdown(socket.SHUT_RD)

    def carry(self, client: socket.socket) -> None:
        """Carry a gRPC connection through to the inner server until either end closes."""
        with socket.create_connection(("127.0.0.1", self._inner_port)) as inner:
            port = inner.getsockname()[1]
            self._carried[port] = client
            with suppress(OSError):
                _carry(client, inner)
            del self._carried[port]
        client.close()


def _carrying(
    kind: type[BaseHTTPRequestHandler], server: GoogleAdsServer
) -> type[BaseHTTPRequestHandler]:
    """A handler of connections that hands those of gRPC to `server.carry`."""

    class Handler(kind):  # type: ignore[misc, valid-type]
        def handle(self) -> None:
            if self.connection.recv(len(_GRPC_PREFACE), socket.MSG_PEEK) == _GRPC_PREFACE:
                server.carry(self.connection)
            else:
                super().handle()

    return Handler


def _carry(one: socket.socket, other: socket.socket) -> None:
    to = {one: other, other: one}
    while True:
        for source in select.select(list(to), [], [])[0]:
            data = source.recv(65536)
            if not data:
                return
            to[source].sendall(data)


def _abort(context: grpc.ServicerContext, answer: Answer) -> bytes:
    if answer.body is not None:
        serialized = GoogleAdsFailure.serialize(answer.body)
        context.set_trailing_metadata([(FAILURE_KEY, serialized), ("request-id", "request-error")])
    context.set_code(_CODES.get(answer.status, _OTHER_CODE))
    context.set_details("There was a problem.")
    return b""


def _key(event: dict[str, Any]) -> tuple[str, ...]:
    return event.get("conversionAction", ""), event["orderId"]


def _complaint(event: dict[str, Any]) -> tuple[str, str] | None:
    """What Google's own checks find wrong with a conversion, as (enumeration, member)."""
    clicks = [name for name in ("gclid", "gbraid", "wbraid") if name in event]
    people = event.get("userIdentifiers", [])
    hashes = [text for identifier in people for text in identifier.values()]
    if {"gbraid", "wbraid"} <= set(clicks):
        return "conversion_upload_error", "GBRAID_WBRAID_BOTH_SET"
    if len(clicks) > 1 or (people and clicks not in ([], ["gclid"])):
        return "field_error", "VALUE_MUST_BE_UNSET"
    if not clicks and not people:
        return "field_error", "REQUIRED"
    if not all(_HEX_SHA256.fullmatch(text) for text in hashes):
        return "conversion_upload_error", "INVALID_USER_IDENTIFIER"
    if "conversionAction" not in event:
        return "field_error", "REQUIRED"
    if not _ACTION.fullmatch(event["conversionAction"]):
        return "request_error", "RESOURCE_NAME_MALFORMED"
    if not _DATE_TIME.fullmatch(event.get("conversionDateTime", "")):
        return "date_error", "INVALID_STRING_DATE_TIME"
    return None


def _error(family: str, code: str, *, row: int | None = None) -> GoogleAdsError:
    error = GoogleAdsError(error_code={family: code}, message=f"There is a problem: {code}.")
    if row is not None:
        error.location = {"field_path_elements": [{"field_name": "conversions", "index": row}]}
    return error


if __name__ == "__main__":
    main(GoogleAdsServer)
