"""How much memory the embedded PostgreSQL takes on this machine."""

import os
from pathlib import Path

_MEBIBYTE = 1024 * 1024
# Beyond this a larger cache of PostgreSQL's own helps little beside the system's.
_MOST_BUFFERS = 4096
_LEAST_BUFFERS = 128


def memory_settings(limit_file: Path = Path("/sys/fs/cgroup/memory.max")) -> dict[str, str]:
    """The settings that installing it by hand asks for, too: a quarter of the memory as its cache.

    Pages are taken as they are used, so a small database stays small.
    """
    memory = _memory(limit_file) // _MEBIBYTE
    buffers = min(max(memory // 4, _LEAST_BUFFERS), _MOST_BUFFERS)
    return {
        "shared_buffers": f"{buffers}MB",
        "effective_cache_size": f"{max(memory // 2, buffers)}MB",
    }


def _memory(limit_file: Path) -> int:
    """Bytes that the machine has, or as many as its container may use."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        limit = limit_file.read_text().strip()
    except OSError:
        return machine
    return min(machine, int(limit)) if limit.isdigit() else machine
