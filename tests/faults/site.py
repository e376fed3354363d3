"""An installation of its own, made of real processes that can be killed and brought back.

PostgreSQL writes as safely as in production. Web, worker and beat are started once and never again
unless a test says so: that they come back by themselves is what is tried.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import redis

from accounts.database_bootstrap import Login, bootstrap
from config import embedded, server_files
from config.processes import ManagedProcess
from config.run import web_command
from tests.concurrency import eventually
from tests.faults.processes import ROOT
from tests.servers.google_data_manager import GoogleDataManagerServer
from tests.servers.meta import MetaServer

HOST = server_files.HOST
WORKER = ("celery", "-A", "config", "worker", "-c", "2", "-l", "INFO", "--without-gossip")


@dataclass
class Site:
    """Its servers, its processes by name, and the platforms it tells."""

    data_dir: Path
    servers: embedded.Servers
    environment: dict[str, str]
    google: GoogleDataManagerServer
    meta: MetaServer
    known: dict[str, str] = field(default_factory=dict)
    processes: dict[str, ManagedProcess] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    # -- Leadloop's own processes -----------------------------------------------------------------

    def start(self, name: str, *command: str, **environment: str) -> ManagedProcess:
        """A process of Leadloop by that name; its output goes to `<name>.log`."""
        process = ManagedProcess(
            name,
            [sys.executable, "-m", *command],
            environment=self.environment | environment,
            log=self.data_dir / "logs" / f"{name}.log",
            orphan_signal=signal.SIGKILL,
        )
        process.spawn()
        self.processes[name] = process
        return process

    def start_web(self, name: str = "web", **environment: str) -> int:
        """Another web server; returns its port once it answers."""
        port = self.ports[name] = server_files.free_port()
        self.start(name, *web_command(port), **environment)
        eventually(lambda: _listens(port), f"{name} listening")
        return port

    def start_worker(self, name: str = "worker", **environment: str) -> None:
        before = self.log(name).count("ready.")
        self.start(name, *WORKER, "-n", f"{name}@%h", **environment)
        eventually(lambda: self.log(name).count("ready.") > before, f"{name} ready")

    def start_beat(self, name: str = "beat") -> None:
        schedule = str(self.schedule(name))
        self.start(name, "celery", "-A", "config", "beat", "-s", schedule, "--pidfile=")

    def schedule(self, name: str) -> Path:
        """Where that beat remembers what it ran when."""
        return self.data_dir / f"{name}.schedule"

    def end(self, name: str) -> None:
        """kill -9 of a process and of what it forked."""
        self.processes.pop(name).kill()

    def mend(self) -> None:
        """One web, worker and beat and no more, whatever a test that failed left behind."""
        for name in set(self.processes) - {"web", "worker", "beat"}:
            self.end(name)
        for name, start in (
            ("web", self.start_web),
            ("worker", self.start_worker),
            ("beat", self.start_beat),
        ):
            if name not in self.pids():
                start()

    def log(self, name: str) -> str:
        path = self.data_dir / "logs" / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def pids(self) -> dict[str, int | None]:
        """Of web, worker and beat: the same as before means that nobody restarted them."""
        return {name: p.pid for name, p in self.processes.items() if p.ended() is None}

    def page(self, path: str) -> str:
        """The body of a page of web, as anybody on this machine gets it."""
        with urllib.request.urlopen(f"http://{HOST}:{self.ports['web']}{path}") as answer:
            return str(answer.read().decode())

    # -- PostgreSQL -------------------------------------------------------------------------------

    @property
    def database_url(self) -> str:
        """As the administrator, whom no policy binds."""
        return f"{self.servers.admin_database_url.rpartition('/')[0]}/leadloop"

    def rows(self, question: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url, connect_timeout=5) as connection:
            return connection.execute(question, parameters or None).fetchall()

    def value(self, question: str, *parameters: Any) -> Any:
        return self.rows(question, *parameters)[0][0]

    def tell(self, statement: str, *parameters: Any, **named: Any) -> None:
        with psycopg.connect(self.database_url, connect_timeout=5) as connection:
            connection.execute(statement, named or parameters or None)

    def kill_postgresql(self) -> None:
        """kill -9 of the server and of every process it forked."""
        self.servers.processes[0].kill()
        # Each of its children is a session of its own; with the first dead, no more can come.
        while left := _working_in(self.data_dir / "postgres"):
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def bring_postgresql_back(self) -> None:
        """Start it again, as a machine's supervisor would, and wait until it takes connections."""
        self.servers.processes[0].spawn()
        eventually(self.database_answers, "PostgreSQL answering", 60)

    def database_answers(self) -> bool:
        try:
            return bool(self.value("SELECT true"))
        except psycopg.OperationalError:
            return False

    # -- Redis ------------------------------------------------------------------------------------

    @property
    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.servers.redis_url)

    @contextmanager
    def without_redis(self) -> Iterator[None]:
        """kill -9 of Redis; afterwards it is back, and empty."""
        server = self.servers.processes[1]
        server.kill()
        try:
            yield
        finally:
            server.spawn()
            eventually(self._redis_answers, "Redis answering")

    @contextmanager
    def full_redis(self) -> Iterator[None]:
        """Redis has no memory left for anything more; afterwards it has, and what it had."""
        room = self.redis.config_get("maxmemory")["maxmemory"]
        self.redis.config_set("maxmemory", 1)
        try:
            with suppress(redis.exceptions.OutOfMemoryError):
                self.redis.set("one", "more")
                raise AssertionError("Redis took it")
            yield
        finally:
            self.redis.config_set("maxmemory", room)

    def _redis_answers(self) -> bool:
        try:
            return bool(self.redis.ping())
        except redis.ConnectionError:
            return False

    # -- Waiting ----------------------------------------------------------------------------------

    def is_settled(self) -> bool:
        """Nothing waits: no news, no upload."""
        return not self.value(
            "SELECT (SELECT count(*) FROM integrations_outboxevent"
            " WHERE processed_at IS NULL AND set_aside_at IS NULL)"
            " + (SELECT count(*) FROM conversions_upload"
            " WHERE status IN ('pending', 'sending', 'retrying'))"
        )

    def hurry(self) -> None:
        """Let every waiting time be over: of retries, of breakers, of news that failed."""
        self.tell(
            "UPDATE conversions_upload SET next_attempt_at = now() WHERE status = 'retrying';"
            "UPDATE integrations_connection SET paused_until = NULL;"
            "UPDATE integrations_outboxevent SET next_attempt_at = now()"
            " WHERE processed_at IS NULL AND next_attempt_at IS NOT NULL"
        )

    def settle(self, seconds: float = 60) -> None:
        eventually(self.is_settled, "the backlog draining", seconds, 0.2)

    def stop(self) -> None:
        for process in self.processes.values():
            process.kill()
        self.servers.stop()


@contextmanager
def running_site(data_dir: Path | None = None) -> Iterator[Site]:
    """A running site with one web, worker and beat; afterwards not one process of it is left."""
    with (
        tempfile.TemporaryDirectory(prefix="leadloop-faults-") as made,
        GoogleDataManagerServer() as google,
        MetaServer() as meta,
    ):
        directory = data_dir or Path(made)
        servers = embedded.start(directory, durable=True)
        running = None
        try:
            bootstrap(servers.admin_database_url, Login.from_url(servers.database_url))
            running = Site(directory, servers, _environment(directory, servers), google, meta)
            running.environment["GOOGLE_DATA_MANAGER_URL"] = google.url
            running.environment["META_GRAPH_URL"] = meta.url
            running.known = _found(running.environment)
            running.start_web()
            running.start_worker()
            running.start_beat()
            yield running
        finally:
            if running is None:
                servers.stop()
            else:
                running.stop()
            left = _marked(directory)
            assert not left, f"left behind: {left}"


def _environment(directory: Path, servers: embedded.Servers) -> dict[str, str]:
    known = server_files.secrets_of(directory)
    return os.environ | {
        "LEADLOOP_ENV": "test",
        "LEADLOOP_RUN": str(directory),
        "DATA_DIR": str(directory),
        "DATABASE_URL": servers.database_url,
        "DATABASE_ADMIN_URL": "",
        "REDIS_URL": servers.redis_url,
        "SECRET_KEY": known["SECRET_KEY"],
        "ENCRYPTION_KEYS": known["ENCRYPTION_KEYS"],
        "UPLOAD_LEASE_SECONDS": "12",
        "PYTHONUNBUFFERED": "1",
    }


def _found(environment: dict[str, str]) -> dict[str, str]:
    told = subprocess.run(
        [sys.executable, "-m", "tests.faults.founding"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert told.returncode == 0, told.stderr
    known: dict[str, str] = json.loads(told.stdout.splitlines()[-1])
    return known


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _working_in(directory: Path) -> list[int]:
    """The processes whose working directory this is: all those of a PostgreSQL cluster."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_dead = (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            if not is_dead and (process / "cwd").resolve() == directory:
                found.append(int(process.name))
    return found


def _marked(directory: Path) -> list[str]:
    """The commands of living processes that belong to the site of this directory."""
    mark = f"LEADLOOP_RUN={directory}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (process / "cmdline").read_text().replace("\0", " ")
            ours = mark in (process / "environ").read_bytes().split(b"\0")
            if line and (ours or str(directory) in line):
                found.append(line)
    return found
