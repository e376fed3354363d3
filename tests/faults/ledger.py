"""A client that notes every acknowledgement it gets.

Each wish is sent under an idempotency key of its own until it is answered, through whatever
breaks in between. The key also travels inside the body, so that a second effect shows in the rows
even where the stored answer would hide it. What was noted is held against the database by
`tests.faults.audit`.
"""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.concurrency import eventually

PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class Answer:
    """What came back, headers by their names in lower case; status 0 when nothing did."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def is_acknowledged(self) -> bool:
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        return str(self.body.get("code", ""))


@dataclass
class Entry:
    """One wish: its key, what it was, every answer, and the body it was acknowledged with."""

    key: str
    kind: str
    path: str
    statuses: list[int] = field(default_factory=list)
    acknowledged: dict[str, Any] | None = None


@dataclass
class Ledger:
    """Everything one test wished for. Its methods may be called from many threads."""

    port: int
    api_key: str
    entries: list[Entry] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    # -- calling ----------------------------------------------------------------------------------

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request, once; nothing is noted."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        given = {"X-API-Key": self.api_key, "Content-Type": "application/json"} | headers
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, f"/api/v1/{path}", text, given)
            response = connection.getresponse()
            told = json.loads(response.read() or b"{}")
            names = {name.lower(): text for name, text in response.getheaders()}
            return Answer(response.status, told, names)
        except (OSError, http.client.HTTPException):
            return Answer(0, {}, {})
        finally:
            connection.close()

    def once(self, entry: Entry, body: dict[str, Any]) -> Answer:
        """One try of a wish; whatever is answered is noted."""
        answer = self.call("POST", entry.path, body, **{"Idempotency-Key": entry.key})
        with self._lock:
            entry.statuses.append(answer.status)
            if answer.is_acknowledged:
                entry.acknowledged = answer.body
        return answer

    def wish(self, kind: str, path: str, body: dict[str, Any], *, seconds: float = 90) -> Answer:
        """Send until answered, under one key. Refusals of the domain are answers too."""
        entry = self.enter(kind, path)
        sent = _with_key(kind, body, entry.key)

        def answered() -> Answer | None:
            answer = self.once(entry, sent)
            again = answer.status in (0, 503) or answer.code == "idempotency_in_progress"
            return None if again else answer

        answer: Answer = eventually(answered, f"{kind} answered", seconds, PAUSE_SECONDS)
        return answer

    def enter(self, kind: str, path: str) -> Entry:
        """A new line of the ledger, with a key nobody has used."""
        entry = Entry(uuid4().hex, kind, path)
        with self._lock:
            self.entries.append(entry)
        return entry

    # -- what is wished for -----------------------------------------------------------------------

    def lead(self, **fields: Any) -> dict[str, Any]:
        """A new lead of a new person."""
        email = f"{uuid4().hex[:12]}@example.com"
        body = {"email": email, "attribution": {"gclid": "Gclid-1"}} | fields
        return self.wish("lead", "leads/", body).body

    def move(self, lead: dict[str, Any], name: str, **fields: Any) -> Answer:
        return self.wish(name, f"leads/{lead['id']}/{name}/", fields)

    def contact(self, lead: dict[str, Any]) -> Answer:
        return self.wish("contact", f"leads/{lead['id']}/contact/", {"method": "call"})

    def sale(self, lead: dict[str, Any], value: str = "19.90") -> Answer:
        body = {
            "contact_id": lead["contact_id"],
            "lead_id": lead["id"],
            "conversion_type": "sale",
            "conversion_value": value,
            "converted_by": "ledger",
        }
        return self.wish("conversion", "conversions/log/", body)

    def whole_life(self) -> dict[str, Any]:
        """From arrival to sale: each step a wish of its own."""
        lead = self.lead()
        self.contact(lead)
        self.contact(lead)
        self.move(lead, "qualify")
        self.move(lead, "complete")
        self.sale(lead)
        return lead

    # -- many at once -----------------------------------------------------------------------------

    @contextmanager
    def under_load(
        self, clients: int = 8, work: Callable[[], Any] | None = None
    ) -> Iterator["Load"]:
        """`clients` threads that do `work` (a whole life) again and again until the block ends."""
        load = Load(work or self.whole_life)
        with ThreadPoolExecutor(clients) as pool:
            running = [pool.submit(load.run) for _client in range(clients)]
            try:
                yield load
            finally:
                load.stop.set()
            load.wait_for(running)

    def acknowledged(self, *kinds: str) -> list[Entry]:
        with self._lock:
            return [e for e in self.entries if e.acknowledged is not None and e.kind in kinds]

    @property
    def statuses(self) -> list[int]:
        """Every answer there was, in no order."""
        with self._lock:
            return [status for entry in self.entries for status in entry.statuses]


@dataclass
class Load:
    """Clients at work, and how many rounds they have done."""

    work: Callable[[], Any]
    stop: threading.Event = field(default_factory=threading.Event)
    rounds: int = 0

    def run(self) -> None:
        while not self.stop.is_set():
            self.work()
            self.rounds += 1

    def wait_for(self, running: list["Future[None]"]) -> None:
        for future in running:
            future.result(timeout=120)

    def more(self, rounds: int, seconds: float = 60) -> float:
        """Wait until so many more rounds are done; the seconds that took."""
        began, goal = time.monotonic(), self.rounds + rounds
        eventually(lambda: self.rounds >= goal, f"{rounds} more rounds", seconds, 0.05)
        return time.monotonic() - began


def _with_key(kind: str, body: dict[str, Any], key: str) -> dict[str, Any]:
    """The body with its key where the rows of this kind keep it."""
    if kind == "lead":
        return body | {"external_id": key}
    if kind == "conversion":
        return body | {"custom_data": {"key": key}}
    return body | {"notes": key}
