"""Files of strangers are read by a process that may take so much memory and time, and no more.

What a reader overlooks, a bomb or a fault of a library, then ends that process and not the worker;
and it would find no secrets and no database there.
"""

import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _

from campaigns.errors import UnreadableFile
from campaigns.imports.limits import MOST_MEMORY, MOST_SECONDS
from campaigns.imports.tables import Line, Table

logger = logging.getLogger(__name__)


@contextmanager
def open_table(chunks: Iterable[bytes]) -> Iterator[Table]:
    """The table in a file, read while its lines are asked for; they raise `UnreadableFile`."""
    with tempfile.TemporaryFile() as file:
        file.writelines(chunks)
        file.seek(0)
        command = ["-m", "campaigns.imports.child", str(MOST_MEMORY), str(MOST_SECONDS)]
        child = subprocess.Popen(  # noqa: S603 - our own module, and two numbers
            [sys.executable, *command],
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=settings.BASE_DIR,
            env={"PYTHONIOENCODING": "utf-8"},
        )
        with child:
            try:
                table = Table(iter(()))
                if child.stdout is not None:
                    table.lines = _heard(child.stdout, table)
                yield table
            finally:
                child.kill()


def _heard(told: IO[bytes], table: Table) -> Iterator[Line]:
    for text in told:
        said = json.loads(text)
        if isinstance(said, list):
            yield Line(*said)
        elif "facts" in said:
            table.facts.update(said["facts"])
            return
        elif "refused" in said:
            raise UnreadableFile(said["refused"])
        else:
            logger.error("reading a file broke: %s", said["broke"])
            raise UnreadableFile(
                _("This file could not be read to its end. Save it as CSV, and send it again.")
            )
    logger.error("reading a file hit a limit")
    raise UnreadableFile(
        _("Reading this file took too much memory or time. Save it as CSV, or send it in parts.")
    )
