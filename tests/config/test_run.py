"""`make run`, as a person at a terminal meets it: the real thing, in a directory of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config import run
from config.processes import ManagedProcess

ROOT = Path(__file__).resolve().parents[2]
# What the surrounding test run sets would make the runner use its servers.
OURS = ("DATABASE_URL", "DATABASE_ADMIN_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEYS")
UNSET = (*OURS, "LEADLOOP_ENV", "DJANGO_SETTINGS_MODULE", "MAKELEVEL")


class Session:
    """One `make run`, its output so far, and what it is made of."""

    def __init__(self, data_dir: Path, port: int) -> None:
        environment = {name: text for name, text in os.environ.items() if name not in UNSET}
        self.data_dir = data_dir
        self.port = port
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.run"],
            cwd=ROOT,
            env=environment | {"PORT": str(port), "DATA_DIR": str(data_dir)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # A terminal of its own, so to say.
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(line.rstrip("\n") for line in self.process.stdout)

    def says(self, pattern: str) -> bool:
        return any(re.search(pattern, line) for line in list(self.lines))

    def is_up(self) -> bool:
        """Whether it said so; fails at once when it ended instead."""
        assert self.process.poll() is None, self.lines
        return self.says("^URL=")

    def press_ctrl_c(self) -> None:
        os.killpg(self.process.pid, signal.SIGINT)

    def pids(self, command: str) -> list[int]:
        """The runner's own descendants whose command line has these words, oldest first."""
        mark = f"LEADLOOP_RUN={self.data_dir}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                line = (process / "cmdline").read_text().replace("\0", " ")
                ours = mark in (process / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if command in line and (ours or str(self.data_dir) in line):
                found.append(int(process.name))
        return sorted(found)

    def status(self, path: str = "/healthz") -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as got:
                return int(got.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


def until(condition: Callable[[], object], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    # Not pytest's directories: as root, it closes them to the servers' user again and again.
    with tempfile.TemporaryDirectory(prefix="leadloop-test-") as directory:
        yield Path(directory) / "data"


@pytest.fixture(scope="class")
def session(data_dir: Path) -> Iterator[Session]:
    running = Session(data_dir, unused_port())
    try:
        assert until(running.is_up, 100), running.lines
        yield running
    finally:
        running.process.terminate()
        running.process.wait(30)


@pytest.mark.slow
@pytest.mark.timeout(180)
class TestARunningLeadloop:
    def test_it_says_where_it_is_and_answers_there(self, session: Session) -> None:
        assert f"URL=http://127.0.0.1:{session.port}" in session.lines
        assert session.says("^LOGIN=")
        assert session.says("^API_KEY=")
        assert session.status() != 0

    @pytest.mark.parametrize(
        "name", ["granian", "celery -A config worker", "celery -A config beat"]
    )
    def test_what_is_killed_comes_back(self, session: Session, name: str) -> None:
        killed = session.pids(name)
        os.kill(killed[0], signal.SIGKILL)
        assert until(
            lambda: session.pids(name) and not set(session.pids(name)) & set(killed), 20
        ), session.lines
        assert session.says(r"ended \(killed by SIGKILL\); starting it again")
        assert until(session.status, 20)

    def test_postgresql_is_back_under_the_same_address(self, session: Session) -> None:
        (killed,) = session.pids("bin/postgres -D")
        os.kill(killed, signal.SIGKILL)
        assert until(lambda: session.pids("bin/postgres -D") not in ([], [killed]), 20)
        assert until(lambda: session.status("/") not in (0, 500, 503), 30)

    def test_a_second_terminal_finds_its_servers(self, session: Session) -> None:
        shared = session.data_dir / "run.env"
        assert shared.stat().st_mode & 0o077 == 0
        names = [line.partition("=")[0] for line in shared.read_text().splitlines()]
        assert {"DATABASE_URL", "REDIS_URL"} <= set(names)

    def test_administrator_rights_stay_out_of_the_server_processes(self, session: Session) -> None:
        for pid in session.pids("granian") + session.pids("celery"):
            assert b"DATABASE_ADMIN_URL" not in Path(f"/proc/{pid}/environ").read_bytes()

    def test_a_second_run_on_the_same_port_says_so_in_one_line(
        self, session: Session, tmp_path: Path
    ) -> None:
        second = Session(tmp_path / "other", session.port)
        assert second.process.wait(20) == 1
        assert until(lambda: second.lines, 5)
        (line,) = second.lines
        assert f"Port {session.port} cannot be used" in line
        assert not (tmp_path / "other").exists()

    def test_a_second_run_on_the_same_data_leaves_the_first_alone(self, session: Session) -> None:
        second = Session(session.data_dir, unused_port())
        assert second.process.wait(20) == 1
        assert until(lambda: second.says("is in use by process"), 5)
        assert session.status() != 0
        assert (session.data_dir / "run.env").exists()


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_killed_then_started_again_then_ctrl_c_twice_leaves_nothing(data_dir: Path) -> None:
    port = unused_port()
    first = Session(data_dir, port)
    assert until(first.is_up, 100), first.lines
    first.process.kill()
    first.process.wait()

    second = Session(data_dir, port)
    assert until(second.is_up, 60), second.lines
    second.press_ctrl_c()
    time.sleep(0.2)
    if second.process.poll() is None:
        second.press_ctrl_c()
    assert second.process.wait(20) == 0
    assert second.pids("") == []
    assert not (data_dir / "run.env").exists()


@pytest.mark.slow
def test_ctrl_c_while_it_starts_leaves_nothing(data_dir: Path) -> None:
    session = Session(data_dir.with_name("fresh"), unused_port())
    assert until(lambda: session.pids("bin/postgres -D"), 30), session.lines
    session.press_ctrl_c()
    assert session.process.wait(20) == 0
    assert session.pids("") == []


@pytest.mark.parametrize("text", ["http", "", "-1", "70000", "80.5"])
def test_a_port_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(run.RunError, match="is no port number"):
        run.checked_port(text)


class Mortal(ManagedProcess):
    """A process that ends whenever the test says so."""

    def __init__(self) -> None:
        super().__init__("mortal", ["true"], environment={})
        self.spawned = 0
        self.is_dead = True

    def spawn(self) -> None:
        self.spawned += 1

    def ended(self) -> str | None:
        return "exit code 1" if self.is_dead else None


def test_what_cannot_run_is_tried_ever_more_rarely(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = 0.0
    monkeypatch.setattr(run.time, "monotonic", lambda: clock)
    process = Mortal()
    watch = run.Watch(process)
    for tick in range(600):
        clock = tick / 10
        watch.look()
    # After 1, 2, 4, 8 and then every 15 s, within one minute.
    assert process.spawned == 6
    assert watch.quick_ends >= 6
    assert "starting it again in 15 s" in capsys.readouterr().out


def test_what_ran_well_is_started_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 0.0
    monkeypatch.setattr(run.time, "monotonic", lambda: clock)
    process = Mortal()
    watch = run.Watch(process)
    clock = 3600.0
    watch.look()
    clock += 0.6
    watch.look()
    assert process.spawned == 1
    assert watch.quick_ends == 0
