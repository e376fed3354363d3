"""Bodies in the JSON form of Google's messages, checked by Google's own definition of them.

Importing this module loads `google.protobuf`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from google.protobuf.json_format import ParseDict, ParseError

from integrations.contracts import PermanentError

Kind = TypeVar("Kind")


def message(kind: type[Kind], body: Mapping[str, Any]) -> Kind:
    """The library's message of a kind for a body; checks every field name and type.

    Args:
        kind: a class of one of Google's client libraries (proto-plus).

    Raises:
        PermanentError: the body does not fit the API's definition.
    """
    built = kind()
    reason = ""
    try:
        ParseDict(body, kind.pb(built))  # type: ignore[attr-defined]
    except ParseError as error:
        reason = str(error)
    if reason:
        raise PermanentError(f"The request does not fit Google's definition: {reason}", code="bad")
    return built
