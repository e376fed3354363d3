"""A scriptable HTTP server that records what a platform would have counted.

What it records:
    effects: one entry per deduplication id, as the platform's own deduplication leaves it, with the
        number of times it arrived. "Exactly one effect per event id" is asserted on these.
    requests: every call in order, with its body and what was done with it.

What it can be told to do (`behave(...)`, or POST /_behaviour); each is for the next upload, or for
the next `times` uploads (0: from now on), before it goes back to normal:
    succeed     normal
    throttle    429, with `retry_after` (seconds) as its header when given
    fail        status `status` (500); accepts nothing
    lose        accepts, then never answers: waits `seconds` (30) and closes
    slow        accepts, waits `seconds` (1), answers
    reset       drops the connection with a RST; accepts nothing
    half        accepts, then breaks the connection in the middle of the answer
    blank       accepts, then answers with an empty JSON object
    garble      accepts, then answers with half of the JSON as if it were all of it
    page        status `status` (502) with a web page that says "error"
    expire      refuses the credentials, as the platform words it
    reject      rejects the whole request without naming a row
Rows in `bad` (event ids) are rejected whenever they arrive, until taken out: {"bad": [...]}.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlsplit

BEHAVIOURS = frozenset(
    {"succeed", "throttle", "fail", "lose", "slow", "reset", "half", "blank"}
    | {"garble", "page", "expire", "reject"}
)
ACCEPTS_NOTHING = frozenset({"throttle", "fail", "reset", "page", "expire", "reject"})
_POLL_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Answer:
    """A response; `body` becomes JSON unless it is text already."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Behaviour:
    """One entry of the script; see the module's docstring."""

    do: str
    times: int = 1
    status: int = 500
    retry_after: float | str | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.do not in BEHAVIOURS:
            raise ValueError(f"no behaviour named {self.do!r}")


@dataclass(slots=True)
class Effect:
    """What the platform counted under one deduplication id."""

    key: tuple[str, ...]
    event: dict[str, Any]
    received: int = 1


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it arrived; `query` and `form` hold the first value of each name."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes

    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def form(self) -> dict[str, str]:
        return _first_values(self.raw.decode())


class ScriptedServer(ABC):
    """Serves on 127.0.0.1 between `start` and `stop`, or as a context manager.

    Args:
        port: 0 for any free one.
        delay: seconds between taking the events of an upload and answering it.
        log: a file every call is appended to, as a line of JSON.
    """

    default_port: ClassVar[int]

    def __init__(self, *, port: int = 0, delay: float = 0.0, log: Path | None = None) -> None:
        self.delay = delay
        self.bad: set[str] = set()
        self.effects: dict[tuple[str, ...], Effect] = {}
        self.requests: list[dict[str, Any]] = []
        self._script: list[Behaviour] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._log = log
        self._http = ThreadingHTTPServer(("127.0.0.1", port), _handler_for(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(_POLL_SECONDS,), daemon=True
        )

    # -- what a platform's server says ----------------------------------------------------------

    @abstractmethod
    def is_upload(self, call: Call) -> bool:
        """Whether the call uploads events, and so is subject to the script."""

    @abstractmethod
    def other(self, call: Call) -> Answer:
        """The answer to any other call."""

    @abstractmethod
    def examine(self, call: Call) -> Answer | None:
        """The platform's own complaint about an upload (bad rows included), or None."""

    @abstractmethod
    def effects_of(self, call: Call) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
        """(deduplication key, event) of each event of an acceptable upload."""

    @abstractmethod
    def accepted(self, call: Call) -> Answer:
        """The answer to an accepted upload."""

    @abstractmethod
    def refused(self, behaviour: Behaviour) -> Answer:
        """The answer to throttle, fail, expire and reject, in the platform's words."""

    # -- for tests ------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def behave(self, do: str, **details: Any) -> None:
        """Append to the script; the arguments are those of `Behaviour`."""
        with self._lock:
            self._script.append(Behaviour(do, **details))

    def behave_normally(self) -> None:
        """Forget the script and the bad rows."""
        with self._lock:
            self._script.clear()
            self.bad.clear()

    def uploads(self) -> list[dict[str, Any]]:
        """The recorded requests that were uploads."""
        return [request for request in self.requests if request["upload"]]

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        self._http.shutdown()
        self._http.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # -- serving --------------------------------------------------------------------------------

    def handle(self, call: Call, handler: BaseHTTPRequestHandler) -> None:
        if call.path == "/_effects":
            _write(handler, Answer(200, self._report()))
        elif call.path == "/_behaviour":
            _write(handler, self._instructed(call))
        elif self.is_upload(call):
            self._handle_upload(call, handler)
        else:
            self._record(call, "other", upload=False)
            _write(handler, self.other(call))

    def _handle_upload(self, call: Call, handler: BaseHTTPRequestHandler) -> None:
        behaviour = self._next_behaviour()
        if behaviour.do in ACCEPTS_NOTHING:
            self._record(call, behaviour.do)
            self._refuse(behaviour, handler)
            return
        if complaint := self.examine(call):
            self._record(call, "complain")
            self._pause(self.delay)
            _write(handler, complaint)
            return
        self._record(call, behaviour.do)
        self._take(call)
        self._pause(self.delay)
        self._answer(behaviour, self.accepted(call), handler)

    def _refuse(self, behaviour: Behaviour, handler: BaseHTTPRequestHandler) -> None:
        self._pause(self.delay)
        if behaviour.do == "reset":
            _reset(handler)
        elif behaviour.do == "page":
            status = behaviour.status if behaviour.status != 500 else 502
            _write(handler, Answer(status, "<html><h1>Proxy error</h1></html>"))
        else:
            answer = self.refused(behaviour)
            headers = dict(answer.headers)
            if behaviour.retry_after is not None:
                headers["Retry-After"] = str(behaviour.retry_after)
            _write(handler, Answer(answer.status, answer.body, headers))

    def _answer(
        self, behaviour: Behaviour, answer: Answer, handler: BaseHTTPRequestHandler
    ) -> None:
        text = json.dumps(answer.body).encode()
        if behaviour.do == "lose":
            self._pause(30.0 if behaviour.seconds is None else behaviour.seconds)
            _reset(handler)
        elif behaviour.do == "half":
            _write_bytes(handler, answer, text[: len(text) // 2], promised=len(text))
        elif behaviour.do == "blank":
            _write_bytes(handler, answer, b"{}")
        elif behaviour.do == "garble":
            _write_bytes(handler, answer, text[: len(text) // 2])
        else:
            if behaviour.do == "slow":
                self._pause(1.0 if behaviour.seconds is None else behaviour.seconds)
            _write(handler, answer)

    def _take(self, call: Call) -> None:
        with self._lock:
            for key, event in self.effects_of(call):
                if known := self.effects.get(key):
                    known.received += 1
                else:
                    self.effects[key] = Effect(key, event)

    def _next_behaviour(self) -> Behaviour:
        with self._lock:
            if not self._script:
                return Behaviour("succeed")
            behaviour = self._script[0]
            if behaviour.times == 1:
                self._script.pop(0)
            elif behaviour.times > 1:
                behaviour.times -= 1
            return behaviour

    def _instructed(self, call: Call) -> Answer:
        try:
            given = call.json()
            for instruction in given if isinstance(given, list) else [given]:
                self._instruct(dict(instruction))
        except (ValueError, TypeError) as error:
            return Answer(400, {"error": str(error)})
        return Answer(200, {"script": [b.do for b in self._script], "bad": sorted(self.bad)})

    def _instruct(self, instruction: dict[str, Any]) -> None:
        if "delay" in instruction:
            self.delay = float(instruction.pop("delay"))
        if "bad" in instruction:
            self.bad = set(instruction.pop("bad"))
        if instruction.get("do") == "normal":
            self.behave_normally()
        elif instruction:
            self.behave(**instruction)

    def _report(self) -> dict[str, Any]:
        with self._lock:
            effects = [
                {"key": list(e.key), "received": e.received, "event": e.event}
                for e in self.effects.values()
            ]
            return {"effects": effects, "requests": list(self.requests)}

    def _record(self, call: Call, did: str, *, upload: bool = True) -> None:
        entry = {
            "at": time.time(),
            "method": call.method,
            "path": call.path,
            "query": dict(call.query),
            "body": call.raw.decode(errors="replace"),
            "did": did,
            "upload": upload,
        }
        with self._lock:
            self.requests.append(entry)
            if self._log is not None:
                with self._log.open("a") as file:
                    file.write(json.dumps(entry) + "\n")

    def _pause(self, seconds: float) -> None:
        if seconds:
            self._stopping.wait(seconds)


def _handler_for(server: ScriptedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet: two cost a delayed ACK, 40 ms a call

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            call = Call(
                method=self.command,
                path=parts.path,
                query=_first_values(parts.query),
                headers=dict(self.headers.items()),
                raw=raw,
            )
            try:
                server.handle(call, self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client gave up waiting, as it should

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: `requests` holds what happened."""

    return Handler


def _write(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
    _write_bytes(handler, answer, text.encode())


def _write_bytes(
    handler: BaseHTTPRequestHandler, answer: Answer, body: bytes, *, promised: int | None = None
) -> None:
    handler.send_response(answer.status)
    kind = "text/html" if isinstance(answer.body, str) else "application/json; charset=UTF-8"
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body) if promised is None else promised))
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
    if promised is not None:
        handler.close_connection = True


def _reset(handler: BaseHTTPRequestHandler) -> None:
    # Lingering for 0 s makes closing send RST instead of FIN.
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def _first_values(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
