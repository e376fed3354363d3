"""Real worker and beat processes on the test's database, to be killed in the middle of things."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from django.db import connection

from tests.concurrency import eventually

ROOT = Path(__file__).resolve().parents[2]


def test_database_url() -> str:
    """The address of the database this test runs on, for another process."""
    settings = connection.settings_dict
    return (
        f"postgresql://{settings['USER']}:{settings['PASSWORD']}"
        f"@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"
    )


test_database_url.__test__ = False  # type: ignore[attr-defined]


class Background:
    """A process of its own group, with its output in a file."""

    def __init__(self, *arguments: str, log: Path, env: dict[str, str]) -> None:
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=ROOT,
                env=os.environ | env,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """kill -9 of the whole group: no goodbye, no clean-up."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=10)

    def wait_for_line(self, text: str, *, seconds: float = 40) -> None:
        eventually(lambda: text in self.log.read_text(), f"{text!r} in {self.log}", seconds)
