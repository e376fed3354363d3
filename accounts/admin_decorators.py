"""unfold's decorators, which carry no types of their own."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from django.utils.html import escape
from django.utils.safestring import SafeString
from unfold import decorators

from accounts.pieces import piece

Method = TypeVar("Method", bound=Callable[..., Any])


def display(
    *, label: Mapping[str, str] | None = None, header: bool = False, **options: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A column or a read-only field.

    With `label`, the colours by code, the method's code and text are shown as a badge; with
    `header` its two texts one above the other. Both look as unfold's own, which includes several
    templates for each cell.
    """

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def shown(*args: Any) -> Any:
            value = method(*args)
            if label is not None:
                return _badge(*value, colours=label)
            return _two_lines(*value) if header else value

        decorated: Callable[..., Any] = decorators.display(**options)(shown)
        return decorated

    return decorate


def _badge(code: str, text: str, *, colours: Mapping[str, str]) -> SafeString:
    return piece(
        "unfold/helpers/display_label.html",
        label=text,
        label_type=colours.get(code),
        multiple=False,
    )


def _two_lines(first: str, second: str) -> SafeString:
    lines = ("{first}", "{second}" if second else "")
    drawn = piece("unfold/helpers/display_header.html", value=lines)
    return SafeString(drawn.format(first=escape(first), second=escape(second)))


def action(**options: Any) -> Callable[[Method], Method]:
    """A button on a row's page."""
    decorate: Callable[[Method], Method] = decorators.action(**options)
    return decorate
