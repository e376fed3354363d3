"""Watched children: real processes, small ones."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.processes import ManagedProcess, stop_all

FORKS_A_CHILD = "import subprocess, sys; subprocess.run(['sleep', sys.argv[1]])"


def python(code: str, *arguments: str, log: Path | None = None) -> ManagedProcess:
    return ManagedProcess(
        "child", [sys.executable, "-c", code, *arguments], environment=dict(os.environ), log=log
    )


def is_running(marker: str) -> bool:
    return subprocess.run(["pgrep", "-f", f"^sleep {marker}$"], stdout=-3).returncode == 0


def until(condition: object, seconds: float = 5) -> bool:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def marker() -> str:
    """A duration nobody else sleeps for."""
    return f"{10_000 + os.getpid()}.{time.monotonic_ns() % 1_000_000}"


def test_what_a_killed_child_leaves_behind_is_ended_too(marker: str) -> None:
    child = python(FORKS_A_CHILD, marker)
    child.spawn()
    assert until(lambda: is_running(marker))
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    assert until(child.ended)
    assert child.ended() == "killed by SIGKILL"
    assert until(lambda: not is_running(marker))


def test_a_child_that_ignores_the_request_is_ended_by_force(marker: str, tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    child = python(
        "import signal, subprocess, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('deaf', flush=True)\n"
        "subprocess.run(['sleep', sys.argv[1]])",
        marker,
        log=log,
    )
    child.spawn()
    assert until(lambda: log.exists() and "deaf" in log.read_text())
    started = time.monotonic()
    stop_all([child], grace=0.3)
    assert time.monotonic() - started < 2
    assert child.ended() == "killed by SIGKILL"
    assert until(lambda: not is_running(marker))


def test_children_end_when_the_one_that_started_them_is_killed(marker: str) -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\n"
            "from config.processes import ManagedProcess\n"
            "ManagedProcess('sleeper', ['sleep', sys.argv[1]], environment={}).spawn()\n"
            "time.sleep(60)",
            marker,
        ]
    )
    assert until(lambda: is_running(marker), 10)
    parent.kill()
    parent.wait()
    assert until(lambda: not is_running(marker))


def test_the_log_is_private_and_set_aside_when_long(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "child.log"
    log.parent.mkdir()
    log.write_text("x" * (10 * 1024 * 1024 + 1))
    child = python("print('hello')", log=log)
    child.spawn()
    assert child.wait(10) == 0
    assert log.read_text() == "hello\n"
    assert log.stat().st_mode & 0o077 == 0
    assert (tmp_path / "logs" / "child.log.1").exists()


def test_a_child_nobody_wrote_down_is_ended_too() -> None:
    code = (
        "import subprocess\n"
        "from config.processes import kill_strays\n"
        "stray = subprocess.Popen(['sleep', '61.7'], start_new_session=True)\n"
        "kill_strays()\n"
        "print(stray.wait(10))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stdout.strip() == str(-signal.SIGKILL)
    assert not is_running("61.7")
