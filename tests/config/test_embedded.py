"""The zero-setup servers: real ones, each in a directory of its own."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config import embedded, server_files

pytestmark = pytest.mark.slow


@pytest.fixture
def data_dir() -> Iterator[Path]:
    # Not pytest's directories: as root, it closes them to the servers' user again and again.
    with tempfile.TemporaryDirectory(prefix="leadloop-test-") as directory:
        yield Path(directory) / "data"


@pytest.fixture(scope="module")
def servers() -> Iterator[embedded.Servers]:
    with tempfile.TemporaryDirectory(prefix="leadloop-test-") as directory:
        running = embedded.start(Path(directory), durable=False)
        yield running
        running.stop()


def test_both_answer_on_the_loopback_address(servers: embedded.Servers) -> None:
    with psycopg.connect(servers.admin_database_url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
        assert connection.execute("SHOW unix_socket_directories").fetchone() == ("",)
    store = redis.from_url(servers.redis_url)
    assert store.ping()
    assert store.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_nobody_gets_in_without_the_password(servers: embedded.Servers) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(servers.admin_database_url, password="guess")
    address, _separator, port = servers.redis_url.rpartition("@")[2].partition(":")
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(address, int(port.split("/")[0])).ping()


def test_no_password_shows_in_the_process_list(servers: embedded.Servers) -> None:
    secret = servers.redis_url.split(":")[2].split("@")[0]
    for process in servers.processes:
        assert secret not in Path(f"/proc/{process.pid}/cmdline").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives its rights away")
def test_as_root_the_servers_run_as_another_user(servers: embedded.Servers) -> None:
    for process in servers.processes:
        assert Path(f"/proc/{process.pid}").stat().st_uid != 0


def test_the_data_are_there_again_after_a_restart(data_dir: Path) -> None:
    first = embedded.start(data_dir, valkey=False)
    with psycopg.connect(first.admin_database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    first.stop()
    started = time.monotonic()
    second = embedded.start(data_dir, valkey=False)
    try:
        assert time.monotonic() - started < 10
        with psycopg.connect(second.admin_database_url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    finally:
        second.stop()


def test_a_directory_in_use_is_left_alone(data_dir: Path) -> None:
    running = embedded.start(data_dir, postgres=False)
    try:
        assert embedded.is_in_use(data_dir)
        with pytest.raises(server_files.EmbeddedError, match=f"in use by process {os.getpid()}"):
            embedded.start(data_dir, postgres=False)
        assert redis.from_url(running.redis_url).ping()
    finally:
        running.stop()
    assert not embedded.is_in_use(data_dir)


def test_after_a_killed_run_the_next_one_starts_on_the_same_data(data_dir: Path) -> None:
    killed = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time, psycopg\n"
            "from pathlib import Path\n"
            "from config import embedded\n"
            "servers = embedded.start(Path(sys.argv[1]))\n"
            "with psycopg.connect(servers.admin_database_url) as connection:\n"
            "    connection.execute('CREATE TABLE kept ()')\n"
            "print('ready', flush=True)\n"
            "time.sleep(60)",
            str(data_dir),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert killed.stdout is not None
    assert killed.stdout.readline() == "ready\n"
    killed.kill()
    killed.wait()
    running = embedded.start(data_dir)
    try:
        with psycopg.connect(running.admin_database_url) as connection:
            connection.execute("SELECT FROM kept")
    finally:
        running.stop()


def test_a_stranger_with_the_number_of_the_old_server_is_no_obstacle(data_dir: Path) -> None:
    embedded.start(data_dir, valkey=False, durable=False).stop()
    # As after a restart of a container, where the same small numbers are given again.
    stranger = subprocess.Popen(["sleep", "60"])
    (data_dir / "postgres" / "postmaster.pid").write_text(f"{stranger.pid}\n")
    try:
        embedded.start(data_dir, valkey=False, durable=False).stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_an_interrupted_first_start_is_made_good(data_dir: Path) -> None:
    unfinished = data_dir / "postgres.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    embedded.start(data_dir, valkey=False, durable=False).stop()
    assert (data_dir / "postgres" / "PG_VERSION").exists()
    assert not unfinished.exists()


def test_data_of_another_version_are_not_touched(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").write_text("11\n")
    (data_dir / "secrets.json").write_text('{"SECRET_KEY": "known"}')
    with pytest.raises(server_files.EmbeddedError, match="written by PostgreSQL 11"):
        embedded.start(data_dir, valkey=False)


def test_secrets_are_made_once_and_for_oneself(data_dir: Path) -> None:
    data_dir.mkdir()
    made = server_files.secrets_of(data_dir)
    assert server_files.secrets_of(data_dir) == made
    assert len(made["SECRET_KEY"]) >= 50
    assert (data_dir / "secrets.json").stat().st_mode & 0o077 == 0
    assert json.loads((data_dir / "secrets.json").read_text()) == made


def test_lost_secrets_are_not_replaced_beside_data_they_protect(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    with pytest.raises(server_files.EmbeddedError, match="Bring it back"):
        server_files.secrets_of(data_dir)


def run_exec(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "config.embedded", "exec", "--", *command],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_exec_gives_a_command_servers_with_roles_and_takes_them_away() -> None:
    done = run_exec(
        sys.executable,
        "-c",
        "import os, sys, psycopg, redis\n"
        "with psycopg.connect(os.environ['DATABASE_URL']) as connection:\n"
        "    connection.execute('SET ROLE leadloop_app')\n"
        "redis.from_url(os.environ['REDIS_URL']).ping()\n"
        "print(os.environ['LEADLOOP_ENV'], os.environ['DATA_DIR'])\n"
        "sys.exit(7)",
    )
    assert done.returncode == 7, done.stderr
    environment, directory = done.stdout.split()
    assert environment == "test"
    assert not Path(directory).exists()
    assert subprocess.run(["pgrep", "-f", directory], stdout=-3).returncode == 1


def test_exec_stops_its_servers_when_it_is_told_to_end() -> None:
    running = subprocess.Popen(
        [
            *(sys.executable, "-m", "config.embedded", "exec", "--"),
            *("sh", "-c", "echo $DATA_DIR; exec sleep 60"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    directory = running.stdout.readline().strip()
    running.send_signal(signal.SIGTERM)
    assert running.wait(20) != 0
    assert not Path(directory).exists()
    assert subprocess.run(["pgrep", "-f", directory], stdout=-3).returncode == 1
