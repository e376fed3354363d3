"""A file as an answer that is sent while it is read."""

from collections.abc import Iterable

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from campaigns.exports.files import WRITERS


def download(pieces: Iterable[bytes], *, name: str) -> StreamingHttpResponse:
    """To be saved, never shown; its name says what it is."""
    response = StreamingHttpResponse(
        pieces, content_type=WRITERS[name.rpartition(".")[2]].media_type
    )
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    # People's data: no copy in between.
    response["Cache-Control"] = "no-store"
    return response
