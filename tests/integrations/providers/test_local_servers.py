"""The local servers run from a shell too: scripted and read over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integrations.contracts import ConnectionData, Outcome, TemporaryError
from integrations.registry import provider_for
from tests.integrations.providers.conftest import KINDS, SHORT_TIMEOUT, conversion

ROOT = Path(__file__).parents[3]


def call(url: str, data: Any = None) -> Any:
    body = None if data is None else json.dumps(data).encode()
    with urllib.request.urlopen(url, data=body, timeout=10) as answer:
        return json.load(answer)


@pytest.fixture(params=sorted(KINDS))
def standalone(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str, Path]]:
    """(provider name, URL, log) of a server in a process of its own."""
    log = tmp_path / "requests.jsonl"
    command = [sys.executable, "-m", f"tests.servers.{request.param}", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--log", str(log)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert process.stdout is not None
        name, _, url = process.stdout.readline().strip().partition("=")
        assert name == "URL"
        yield request.param, url, log
    finally:
        process.terminate()
        assert process.wait(timeout=10) == 0
        if process.stdout is not None:
            process.stdout.close()


def test_scripted_over_http(
    standalone: tuple[str, str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, url, log = standalone
    kind = KINDS[name]
    monkeypatch.setenv(kind.variable, url)
    connection = ConnectionData("c-1", name, settings=kind.settings, secrets=kind.secrets)
    events = [conversion(1), conversion(2)]

    answer = call(f"{url}/_behaviour", [{"do": "throttle", "retry_after": 9}, {"bad": ["evt-2"]}])
    assert answer == {"script": ["throttle"], "bad": ["evt-2"]}
    with pytest.raises(TemporaryError):
        provider_for(connection).upload(events)
    results = provider_for(connection).upload(events)
    assert [result.outcome for result in results] == [Outcome.ACCEPTED, Outcome.PERMANENT]

    call(f"{url}/_behaviour", {"do": "normal"})
    call(f"{url}/_behaviour", {"do": "lose", "seconds": 5})
    slow = provider_for(connection)
    slow.timeout_seconds = SHORT_TIMEOUT
    with pytest.raises(TemporaryError):
        slow.upload(events)
    report = call(f"{url}/_effects")
    received = {tuple(effect["key"]): effect["received"] for effect in report["effects"]}
    assert sorted(received.values()) == [1, 2]
    assert len(log.read_text().splitlines()) == len(report["requests"])


def test_unknown_behaviour_is_refused(standalone: tuple[str, str, Path]) -> None:
    _, url, _ = standalone
    with pytest.raises(urllib.error.HTTPError) as caught:
        call(f"{url}/_behaviour", {"do": "explode"})
    assert caught.value.code == 400
    caught.value.close()
