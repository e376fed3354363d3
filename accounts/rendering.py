"""JSON in and out of the API: strict on the way in, orjson both ways."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.http.request import RawPostDataException
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer


def _encode(value: Any) -> Any:
    # Decimals (money) and lazy strings travel as text.
    return str(value)


def encoded(data: Any) -> bytes:
    """As the API writes it: times in UTC with `Z`, decimals and lazy strings as text."""
    return orjson.dumps(data, default=_encode, option=orjson.OPT_UTC_Z)


class OrjsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        return encoded(data)


class StrictJSONParser(BaseParser):
    """UTF-8 JSON without NaN; NUL, which PostgreSQL cannot store, is an error."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            raw = stream.read()
        except RawPostDataException as error:
            raise ParseError("The body could not be read; send it again.") from error
        try:
            data = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not valid JSON: {error}.") from error
        if b"\\u0000" in raw:
            raise ParseError("The body contains the NUL character (\\u0000); leave it out.")
        return data
