"""Pieces of pages that look the same to everybody: drawn once in each language, then kept.

A list shows the same few icons and badges hundreds of times, and including a template is far dearer
than what it writes.
"""

from collections.abc import Hashable
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

KEPT = 2048


def piece(template: str, **context: Hashable) -> SafeString:
    """The template with this context and nothing else: it sees no request, no person."""
    return _drawn(template, get_language(), tuple(context.items()))


@lru_cache(maxsize=KEPT)
def _drawn(
    template: str, _language: str | None, context: tuple[tuple[str, Hashable], ...]
) -> SafeString:
    # How a template is indented tells a browser nothing, and would be sent with each card.
    return SafeString(" ".join(render_to_string(template, dict(context)).split()))
