"""A zip whose bytes are handed on as they come, and that another process can go on with.

`zipfile` wants to stay until the end. Here all that has to be known to go on is a small JSON
object: each piece of an entry is deflated by itself and ends on a whole byte, and checksums can be
carried on.
"""

import struct
import zlib
from typing import Any

# Beyond it, the plain format cannot say how large an entry is.
MOST_BYTES = 2**32 - 1
_LOCAL, _DESCRIPTOR, _CENTRAL, _END = 0x04034B50, 0x08074B50, 0x02014B50, 0x06054B50
# Sizes follow the data, and names are UTF-8.
_FLAGS = 1 << 3 | 1 << 11
_DEFLATED, _VERSION = 8, 20
# 1980-01-01: the oldest day that the format knows.
_TIME, _DAY = 0, 1 << 5 | 1


class TooLarge(Exception):
    """The entry has outgrown what the format can hold."""


class ZipWriter:
    """Entries one after the other; `state` is all there is to know of those before."""

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        self.state: dict[str, Any] = state or {"written": 0, "entries": [], "open": None}

    def begin(self, name: str) -> bytes:
        """Open an entry."""
        self.state["open"] = {
            "name": name,
            "at": self.state["written"],
            "crc": 0,
            "packed": 0,
            "size": 0,
        }
        text = name.encode()
        head = (_LOCAL, _VERSION, _FLAGS, _DEFLATED, _TIME, _DAY, 0, 0, 0, len(text), 0)
        return self._out(struct.pack("<IHHHHHIIIHH", *head) + text)

    def add(self, data: bytes) -> bytes:
        """A piece of the open entry, as it stands in the file."""
        return self._deflated(data, zlib.Z_FULL_FLUSH)

    def end(self) -> bytes:
        """Close the open entry."""
        closed = self.state["open"]
        last = self._deflated(b"", zlib.Z_FINISH)
        self.state["entries"].append(closed)
        self.state["open"] = None
        sizes = (_DESCRIPTOR, closed["crc"], closed["packed"], closed["size"])
        return last + self._out(struct.pack("<IIII", *sizes))

    def finish(self) -> bytes:
        """The directory, with which the file ends."""
        started = self.state["written"]
        listed = b"".join(_in_directory(entry) for entry in self.state["entries"])
        number = len(self.state["entries"])
        end = (_END, 0, 0, number, number, len(listed), started, 0)
        return self._out(listed + struct.pack("<IHHHHIIH", *end))

    def _deflated(self, data: bytes, flush: int) -> bytes:
        entry = self.state["open"]
        packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = packer.compress(data) + packer.flush(flush)
        entry["crc"] = zlib.crc32(data, entry["crc"])
        entry["size"] += len(data)
        entry["packed"] += len(packed)
        if entry["size"] > MOST_BYTES or self.state["written"] + len(packed) > MOST_BYTES:
            raise TooLarge
        return self._out(packed)

    def _out(self, data: bytes) -> bytes:
        self.state["written"] += len(data)
        return data


def _in_directory(entry: dict[str, Any]) -> bytes:
    text = str(entry["name"]).encode()
    sizes = (entry["crc"], entry["packed"], entry["size"], len(text))
    head = (_CENTRAL, _VERSION, _VERSION, _FLAGS, _DEFLATED, _TIME, _DAY, *sizes)
    return struct.pack("<IHHHHHHIIIHHHHHII", *head, 0, 0, 0, 0, 0, entry["at"]) + text
