"""What the embedded servers find on disk: secrets, a system user, free ports.

Secrets are made once per data directory and readable by their owner alone. As root, PostgreSQL and
Valkey run as a system user of their own, which PostgreSQL insists on.
"""

import base64
import json
import os
import pwd
import random
import secrets
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

# Below the range of outgoing connections: there, a client that keeps trying to reach a stopped
# server can be given the server's own port as its source, connect to itself, and keep the port.
_PORTS = range(20_000, 30_000)
HOST = "127.0.0.1"
_SYSTEM_ACCOUNT = "leadloop-servers"


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


def server_account() -> pwd.struct_passwd | None:
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


def let_in(account: pwd.struct_passwd | None, data_dir: Path, binaries: Sequence[Path]) -> None:
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


def free_port() -> int:
    for port in random.sample(_PORTS, 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise EmbeddedError(f"No free port between {_PORTS.start} and {_PORTS.stop - 1}.")
