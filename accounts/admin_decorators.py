"""unfold's decorators, which carry no types of their own."""

from collections.abc import Callable
from typing import Any, TypeVar

from unfold import decorators

Method = TypeVar("Method", bound=Callable[..., Any])


def display(**options: Any) -> Callable[[Method], Method]:
    """A column or a read-only field."""
    decorate: Callable[[Method], Method] = decorators.display(**options)
    return decorate


def action(**options: Any) -> Callable[[Method], Method]:
    """A button on a row's page."""
    decorate: Callable[[Method], Method] = decorators.action(**options)
    return decorate
