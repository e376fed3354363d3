"""Running a local server from a shell: `python -m tests.servers.<name> --port 9101`."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from tests.servers.scripted import ScriptedServer


def main(kind: type[ScriptedServer]) -> None:
    """Serve until interrupted; prints `URL=...` on a line of its own once it listens."""
    parser = argparse.ArgumentParser(description=kind.__doc__)
    parser.add_argument("--port", type=int, default=kind.default_port, help="0 for any free one")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before every answer")
    parser.add_argument("--log", type=Path, help="append every call to this file, as JSON lines")
    options = parser.parse_args()

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with kind(port=options.port, delay=options.delay, log=options.log) as server:
        print(f"URL={server.url}", flush=True)
        stop.wait()
