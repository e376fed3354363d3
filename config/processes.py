"""Child processes that are watched, restarted, and leave nothing behind."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_LOG_BYTES = 10 * 1024 * 1024
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)  # Loaded here: between fork and exec is no time for it.


class ManagedProcess:
    """A child in a session of its own, together with whatever it forks, and how to start it again.

    Its own session keeps a Ctrl-C in the terminal away: who started it decides the order of the
    end. When that one dies without a word, Linux passes `orphan_signal` on.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        log: Path | None = None,
        account: pwd.struct_passwd | None = None,
        config: str = "",
        stop_signal: signal.Signals = signal.SIGTERM,
        orphan_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.log = log
        self._command = list(command)
        self._environment = dict(environment)
        self._account = account
        self._config = config
        self._stop_signal = stop_signal
        self._orphan_signal = orphan_signal
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def spawn(self) -> None:
        account = self._account
        with _open_log(self.log) as log:
            process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.PIPE if self._config else subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # The system user may not be able to enter the directory this was called from.
                cwd="/" if account else None,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                start_new_session=True,
                preexec_fn=_follow_parent(self._orphan_signal),
            )
        self._process = process
        if process.stdin:
            with process.stdin as stdin:
                stdin.write(self._config.encode())

    def ended(self) -> str | None:
        """How it ended, with nothing of it left; None while it runs or before it was started."""
        process = self._process
        if process is None:
            return None
        # Looking without reaping keeps the number of the group ours until the rest is killed: a
        # web server's worker outlives its parent, for instance, and would go on answering.
        if process.returncode is None:
            if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                return None
            _signal_group(process.pid, signal.SIGKILL)
            process.wait()
        code = process.returncode
        return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"

    def wait(self, timeout: float) -> int | None:
        """The exit code, or None when it still runs after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while self.ended() is None:
            if time.monotonic() > deadline:
                return None
            time.sleep(0.02)
        return self._process.returncode if self._process else None

    def ask_to_stop(self) -> None:
        if self._process and self.ended() is None:
            self._process.send_signal(self._stop_signal)

    def kill(self) -> None:
        if self._process and self.ended() is None:
            _signal_group(self._process.pid, signal.SIGKILL)
            self._process.wait()


def stop_all(processes: Sequence[ManagedProcess], *, grace: float) -> None:
    """End them at the same time, by force those that take longer than `grace` seconds."""
    for process in processes:
        process.ask_to_stop()
    deadline = time.monotonic() + grace
    for process in processes:
        if process.pid and process.wait(max(0.0, deadline - time.monotonic())) is None:
            process.kill()


def kill_strays() -> None:
    """End children that were started and not written down: an interruption fell in between.

    For the very end, when no child is wanted any more. Linux only.
    """
    with suppress(OSError):
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
        for child in map(int, listed.split()):
            _signal_group(child, signal.SIGKILL)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _follow_parent(number: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: this process is to get `number` when the one that started it dies."""
    parent = os.getpid()

    def follow() -> None:
        signal_on_death_of_parent(number)
        if os.getppid() != parent:
            os._exit(1)

    return follow


def signal_on_death_of_parent(number: signal.Signals) -> None:
    """Linux only; elsewhere an orphan stays until the next start finds it."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(number))


@contextmanager
def _open_log(path: Path | None) -> Iterator[int | None]:
    if path is None:
        yield None
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
