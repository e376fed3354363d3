"""What the logs say, and what they never say: one door for every record of the process.

Leads are other people's names, addresses and words, and logs are copied to many places. So a line
consists of the keys in `ALLOWED_KEYS` alone; arguments of a message pass when they are plain text
or numbers; what looks like an address, a number or a secret is masked in every text; and an
exception is told by its type and its frames. Its own text is left out, because nobody can tell a
name or a note in it from the rest, unless the type is one whose texts speak of the machine.
"""

import logging
import traceback
from collections.abc import Mapping
from copy import copy
from datetime import date, timedelta
from decimal import Decimal
from pathlib import PurePath
from typing import Any
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError
from redis import ConnectionError as RedisConnectionError
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

from config.log_masking import mask

ALLOWED_KEYS = (
    *("timestamp", "level", "logger", "event", "exception"),
    *("request_id", "method", "path", "route", "status", "duration_ms", "workspace", "actor"),
    *("task", "task_id", "state"),
)
# Ours, and of a fixed form: a date must not be taken for a telephone number.
_UNMASKED_KEYS = ("timestamp", "level", "logger")
_PLAIN = (str, int, float, Decimal, UUID, date, timedelta, PurePath, type(None))
# Celery's messages name these; they hold what a task was called with, and exceptions as text.
_CONTENT_ARGUMENTS = (
    "args",
    "kwargs",
    "argsrepr",
    "kwargsrepr",
    "exc",
    "traceback",
    "return_value",
)
# Their texts tell of programs, networks and disks, not of what people typed.
_TELLING_EXCEPTIONS = (
    *(ImportError, AttributeError, NameError, OSError),
    *(OperationalError, InterfaceError, RedisConnectionError),
)
_MOST_FRAMES = 40
_LONGEST_EVENT = 4_000
_LONGEST_EXCEPTION = 30_000

OWN_APPS = ("accounts", "campaigns", "config", "conversions", "integrations", "leads")


def _withheld(value: object) -> str:
    return f"<{type(value).__name__}>"


def _safe_argument(value: Any) -> Any:
    return value if isinstance(value, _PLAIN) else _withheld(value)


def _safe_arguments(arguments: Any) -> Any:
    if isinstance(arguments, Mapping):
        return {
            name: _withheld(value) if name in _CONTENT_ARGUMENTS else _safe_argument(value)
            for name, value in arguments.items()
        }
    return tuple(map(_safe_argument, arguments)) if isinstance(arguments, tuple) else ()


class SafeFormatter(ProcessorFormatter):
    """structlog's formatter, which sees the message only after its arguments were looked at."""

    def format(self, record: logging.LogRecord) -> str:
        record = copy(record)
        record.msg = record.msg if isinstance(record.msg, str) else _withheld(record.msg)
        record.args = _safe_arguments(record.args)
        try:
            record.getMessage()
        except (TypeError, ValueError, KeyError):
            # An argument that was withheld does not fit "%d"; the message itself still tells.
            record.args = ()
        return super().format(record)


def _tell_exception(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """The chain of exceptions as types and frames, without their texts."""
    exc_info = event.pop("exc_info", None)
    if isinstance(exc_info, BaseException):
        exc_info = (type(exc_info), exc_info, exc_info.__traceback__)
    if exc_info and exc_info[1] is not None:
        event["exception"] = "\n".join(_told(exc_info[1]))
    return event


def _told(error: BaseException) -> list[str]:
    lines: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = traceback.extract_tb(current.__traceback__)[-_MOST_FRAMES:]
        own = ["Traceback:", *(f"  {f.filename}:{f.lineno} in {f.name}" for f in frames)]
        # The first cause comes first, as Python prints it.
        lines = [*own, _name(current), *lines]
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
    return lines


def _name(error: BaseException) -> str:
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    if not isinstance(error, _TELLING_EXCEPTIONS):
        return name
    # What follows the first line may quote a statement with its values.
    return f"{name}: {str(error).partition(chr(10))[0]}"


def _allow_and_mask(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Keep what is on the list, mask what it says."""
    kept: EventDict = {}
    for key in ALLOWED_KEYS:
        if key in event:
            value = event[key]
            if isinstance(value, str) and key not in _UNMASKED_KEYS:
                value = mask(value[: _LONGEST_EXCEPTION if key == "exception" else _LONGEST_EVENT])
            kept[key] = value if isinstance(value, _PLAIN) else _withheld(value)
    return kept


def _renderer(*, as_json: bool) -> Processor:
    if as_json:
        return structlog.processors.JSONRenderer(default=str)
    return structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )


def configuration(*, as_json: bool, level: str) -> dict[str, Any]:
    """The value of `LOGGING`: one handler, at the root, for everything."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "safe": {
                "()": SafeFormatter,
                "foreign_pre_chain": [
                    structlog.contextvars.merge_contextvars,
                    structlog.stdlib.add_log_level,
                    structlog.stdlib.add_logger_name,
                    structlog.stdlib.ExtraAdder(allow=ALLOWED_KEYS),
                    structlog.processors.TimeStamper(fmt="iso", utc=True),
                ],
                "processors": [
                    _tell_exception,
                    # Its own keys begin with "_" and fall here as well.
                    _allow_and_mask,
                    _renderer(as_json=as_json),
                ],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "safe"}},
        "loggers": {
            # They bring handlers of their own, which would print what was not looked at.
            **{name: {"handlers": [], "propagate": True} for name in ("django", "_granian")},
            # It logs addresses with their query.
            "django.server": {"handlers": [], "propagate": True, "level": "WARNING"},
            # What is refused is told by the access line already, and there with its request id.
            "django.request": {"level": "ERROR"},
            # One line per task is ours (see `config.celery`); beat's are the sweeps', every 5 s.
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            # At DEBUG it logs whole addresses, and Meta's token travels in one.
            "urllib3": {"level": "WARNING"},
            **{name: {"level": level} for name in OWN_APPS},
        },
        # Other people's code at DEBUG would log statements with their values, and whole answers.
        "root": {
            "handlers": ["console"],
            "level": "INFO" if level in ("DEBUG", "NOTSET") else level,
        },
    }
