"""What `make run` does: everything Leadloop needs, on one machine, until Ctrl-C.

PostgreSQL and Valkey come from wheels (`config.embedded`) unless DATABASE_URL and REDIS_URL name
others. One child prepares the database and loads the demo data; then web, worker and beat run,
each restarted when it ends by itself. For development and trials: production has its own
supervisor, and never this file.
"""

import http.client
import os
import signal
import socket
import sys
import time
from pathlib import Path

import environ

from config.embedded import Servers, is_in_use, start
from config.processes import ManagedProcess, kill_strays, signal_on_death_of_parent, stop_all
from config.server_files import EmbeddedError, secrets_of, write_private

BASE_DIR = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
_BEAT_SECONDS = 0.2
_GRACE_SECONDS = 5
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_WEB_START_SECONDS = 60
# A process that lived this long and then ended is no sign that it cannot run at all.
_STEADY_SECONDS = 5
_LONGEST_PAUSE_SECONDS = 15


class RunError(Exception):
    """`make run` cannot go on; the message is one line for the person at the terminal."""


class Watch:
    """Restarts a process that ends by itself: at once, then with growing pauses."""

    def __init__(self, process: ManagedProcess) -> None:
        self.process = process
        self.quick_ends = 0
        self._started_at = time.monotonic()
        self._restart_at: float | None = None

    def look(self) -> None:
        now = time.monotonic()
        if self._restart_at is not None:
            if now >= self._restart_at:
                self.process.spawn()
                self._started_at, self._restart_at = now, None
            return
        how = self.process.ended()
        if how is None:
            return
        lived = now - self._started_at
        self.quick_ends = self.quick_ends + 1 if lived < _STEADY_SECONDS else 0
        pause = min(0.5 * 2**self.quick_ends, _LONGEST_PAUSE_SECONDS)
        self._restart_at = now + pause
        say(
            f"{self.process.name} ended ({how}); starting it again in {pause:g} s. "
            f"See {self.process.log}"
        )


class Runner:
    """The processes of one `make run`, from the first to the last."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.data_dir = data_dir
        self.port = port
        self.servers: Servers | None = None
        self.preparation: ManagedProcess | None = None
        self.processes: list[ManagedProcess] = []
        self.is_up = False
        self.is_stopping = False

    def run(self) -> None:
        say(f"Starting Leadloop with the data in {self.data_dir}")
        self.servers = start(
            self.data_dir,
            postgres=not os.environ.get("DATABASE_URL"),
            valkey=not os.environ.get("REDIS_URL"),
        )
        kill_left_over(self.data_dir)
        environment = self._environment(self.servers)
        web = self._python("web", environment, *web_command(self.port))
        worker = self._python(
            "worker",
            environment,
            *WORKER_COMMAND,
            # It may be in the middle of long work, which is taken up again anyway.
            orphan_signal=signal.SIGQUIT,
        )
        beat = self._python("beat", environment, *beat_command(self.data_dir))
        self.processes = [web, worker, beat]
        # Loading Django is most of the wait, so web does it while another core prepares the
        # database. It answers early, but nobody has been told its address.
        web.spawn()
        self._prepare(environment, self.servers.admin_database_url)
        worker.spawn()
        beat.spawn()
        watches = [Watch(process) for process in (*self.servers.processes, *self.processes)]
        self._wait_for_web(watches)
        # So that `manage.py` in another terminal finds the same servers.
        write_private(
            self.data_dir / "run.env",
            "".join(f"{name}={environment[name]}\n" for name in _SHARED_VARIABLES),
        )
        self.is_up = True
        say(f"URL=http://{HOST}:{self.port}")
        say(f"Leadloop is running. Logs: {self.data_dir / 'logs'}/*.log. Ctrl-C stops everything.")
        while True:
            look_after(watches)

    def stop(self) -> None:
        self.is_stopping = True
        for number in _STOP_SIGNALS:
            # Until the very end: a handler of ours would be gone before the interpreter is.
            signal.signal(number, signal.SIG_IGN)
        if self.servers is not None:
            self._stop_what_runs(self.servers)
        kill_strays()

    def _stop_what_runs(self, servers: Servers) -> None:
        (self.data_dir / "run.env").unlink(missing_ok=True)
        if self.preparation:
            self.preparation.kill()
        # Before anybody has been told the address, there is no work to finish.
        stop_all(self.processes, grace=_GRACE_SECONDS if self.is_up else 0.5)
        servers.stop()

    def interrupt(self, _number: int, _frame: object) -> None:
        """Leave whatever is going on, once; a second Ctrl-C must not disturb the stopping."""
        if not self.is_stopping:
            self.is_stopping = True
            raise KeyboardInterrupt

    def _environment(self, servers: Servers) -> dict[str, str]:
        known = secrets_of(self.data_dir)
        environment = {
            "SECRET_KEY": known["SECRET_KEY"],
            "ENCRYPTION_KEYS": known["ENCRYPTION_KEYS"],
            "LEADLOOP_ENV": "development",
            "SITE_URL": f"http://127.0.0.1:{self.port}",
            **os.environ,
            "DATA_DIR": str(self.data_dir),
            "LEADLOOP_RUN": str(self.data_dir),
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
        }
        # Administrator rights are for the preparation alone.
        environment.pop("DATABASE_ADMIN_URL", None)
        if servers.database_url:
            environment["DATABASE_URL"] = servers.database_url
        if servers.redis_url:
            environment["REDIS_URL"] = servers.redis_url
        return environment

    def _prepare(self, environment: dict[str, str], embedded_admin_url: str) -> None:
        admin_url = embedded_admin_url or os.environ.get("DATABASE_ADMIN_URL")
        if admin_url:
            environment = environment | {"DATABASE_ADMIN_URL": admin_url}
        self.preparation = ManagedProcess(
            "preparation",
            [sys.executable, "-m", "config.run", "prepare"],
            environment=environment,
            orphan_signal=signal.SIGKILL,
        )
        self.preparation.spawn()
        while self.preparation.ended() is None:
            time.sleep(0.05)
        if self.preparation.wait(0) != 0:
            raise RunError("The database could not be prepared; the reason is above.")

    def _python(
        self,
        name: str,
        environment: dict[str, str],
        *command: str,
        orphan_signal: signal.Signals = signal.SIGTERM,
    ) -> ManagedProcess:
        return ManagedProcess(
            name,
            [sys.executable, "-m", *command],
            environment=environment,
            log=self.data_dir / "logs" / f"{name}.log",
            orphan_signal=orphan_signal,
        )

    def _wait_for_web(self, watches: list[Watch]) -> None:
        deadline = time.monotonic() + _WEB_START_SECONDS
        while not answers(self.port):
            look_after(watches)
            web = next(watch for watch in watches if watch.process.name == "web")
            if web.quick_ends >= 3 or time.monotonic() > deadline:
                raise RunError(f"The web server does not answer; see {web.process.log}")


_SHARED_VARIABLES = ("LEADLOOP_ENV", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEYS")

WORKER_COMMAND = (
    *("celery", "-A", "config", "worker", "--concurrency=2", "--prefetch-multiplier=1"),
    # There is one worker: talking to others would only delay its start.
    *("--without-gossip", "--without-mingle", "--loglevel=INFO"),
)


def web_command(port: int) -> tuple[str, ...]:
    return (
        *("granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)),
        *("--workers", "1", "--blocking-threads", "8", "--no-ws"),
        # A thread that ends takes its connection to the database along.
        *("--blocking-threads-idle-timeout", "600", "config.wsgi:application"),
    )


def beat_command(data_dir: Path) -> tuple[str, ...]:
    # No pid file: the one a killed beat leaves would keep the next from starting.
    schedule = data_dir / "beat-schedule"
    return ("celery", "-A", "config", "beat", f"--schedule={schedule}", "--pidfile=")


def look_after(watches: list[Watch]) -> None:
    for watch in watches:
        watch.look()
    time.sleep(_BEAT_SECONDS)


def answers(port: int) -> bool:
    """Whether something speaks HTTP there; what it says does not matter."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def kill_left_over(data_dir: Path) -> bool:
    """End what a killed run left behind, known by the mark in its environment.

    Its processes are told to end when it dies (see `ManagedProcess`). This is for those that are
    still about it, or whose own parent was killed too, so that they never heard.
    """
    found = False
    mark = f"LEADLOOP_RUN={data_dir}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)
                found = True
        except OSError:
            continue
    return found


def free_port(text: str, data_dir: Path) -> int:
    """The port, once it is certain that it can be had."""
    try:
        return checked_port(text)
    except RunError:
        if is_in_use(data_dir) or not kill_left_over(data_dir):
            raise
    time.sleep(1)  # A web server of a killed run had it.
    return checked_port(text)


def checked_port(text: str) -> int:
    try:
        port = int(text)
        with socket.socket() as probe:
            # As servers do: a connection that has just ended does not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
    except (ValueError, OverflowError):
        raise RunError(f"PORT={text} is no port number.") from None
    except OSError as error:
        raise RunError(
            f"Port {text} cannot be used ({error.strerror}). Choose another: make run PORT=8001"
        ) from None
    return port


def prepare() -> None:
    """The steps that need Django, in one process: each start of Django costs a second or two."""
    import django
    from django.core.management import call_command

    from accounts.database_bootstrap import (
        BootstrapError,
        Login,
        bootstrap,
        refuse_privileged_login,
    )

    admin_url = os.environ.pop("DATABASE_ADMIN_URL", "")
    try:
        if admin_url:
            bootstrap(admin_url, Login.from_url(os.environ["DATABASE_URL"]))
        else:
            refuse_privileged_login(os.environ["DATABASE_URL"])
    except BootstrapError as error:
        sys.exit(str(error))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("demo")


def follow_make() -> None:
    """Stop, instead of running on unseen, when the `make` above is killed."""
    if os.environ.get("MAKELEVEL"):
        signal_on_death_of_parent(signal.SIGTERM)


def say(line: str) -> None:
    print(line, flush=True)


def run_until_stopped(runner: Runner) -> int:
    for number in _STOP_SIGNALS:
        signal.signal(number, runner.interrupt)
    try:
        runner.run()
    except KeyboardInterrupt:
        say("\nStopping …")
    except (RunError, EmbeddedError) as error:
        print(f"make run: {error}", file=sys.stderr)
        return 1
    finally:
        runner.stop()
    say("Everything has stopped.")
    return 0


def main() -> int:
    if sys.argv[1:] == ["prepare"]:
        prepare()
        return 0
    follow_make()
    if (BASE_DIR / ".env").exists():
        environ.Env.read_env(BASE_DIR / ".env")
    data_dir = Path(os.environ.get("DATA_DIR") or BASE_DIR / ".data").resolve()
    try:
        port = free_port(os.environ.get("PORT") or "8000", data_dir)
    except RunError as error:
        print(f"make run: {error}", file=sys.stderr)
        return 1
    os.chdir(BASE_DIR)
    return run_until_stopped(Runner(data_dir, port))


if __name__ == "__main__":
    sys.exit(main())
