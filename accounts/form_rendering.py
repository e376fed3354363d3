"""Form controls drawn without templates (`FORM_RENDERER`), the admin's among them.

Django includes a template for each option of a choice and one for the attributes of each option. A
page with ten forms has hundreds, and they took longer than all the rest of it. What is drawn here
is, to the letter, what Django draws; `tests/accounts/test_form_rendering.py` compares the two.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.utils.formats import localize
from django.utils.html import conditional_escape

Widget = Mapping[str, Any]


class FormRenderer(DjangoTemplates):
    """Django's own, but for the controls that pages have most of."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        if template_name == _ADMIN_SELECT:
            before, behind = _around_a_select(template_name)
            return f"{before}{_select(context['widget'])}{behind}"
        draw = _DRAWN.get(template_name)
        if draw is None:
            return super().render(template_name, context, request)
        return draw(context["widget"])


def _attributes(widget: Widget) -> str:
    return "".join(
        f" {conditional_escape(name)}"
        if value is True
        else f' {conditional_escape(name)}="{conditional_escape(str(value))}"'
        for name, value in widget["attrs"].items()
        if value is not False
    )


def _text(value: Any) -> str:
    return conditional_escape(localize(value))


def _input(widget: Widget) -> str:
    given = widget["value"]
    value = "" if given is None else f' value="{conditional_escape(str(given))}"'
    kind, name = _text(widget["type"]), _text(widget["name"])
    return f'<input type="{kind}" name="{name}"{value}{_attributes(widget)}>'


def _textarea(widget: Widget) -> str:
    value = _text(widget["value"]) if widget["value"] else ""
    name = _text(widget["name"])
    return f'<textarea name="{name}"{_attributes(widget)}>\n{value}</textarea>'


def _select(widget: Widget) -> str:
    parts = [f'<select name="{_text(widget["name"])}"{_attributes(widget)}>']
    for group, options, _index in widget["optgroups"]:
        if group:
            parts.append(f'\n  <optgroup label="{_text(group)}">')
        parts += (f"\n  {_option(option)}" for option in options)
        if group:
            parts.append("\n  </optgroup>")
    parts.append("\n</select>")
    return "".join(parts)


def _option(widget: Widget) -> str:
    value = conditional_escape(str(widget["value"]))
    return f'<option value="{value}"{_attributes(widget)}>{_text(widget["label"])}</option>\n'


@lru_cache
def _around_a_select(template_name: str) -> tuple[str, str]:
    """What the admin's has around the control itself, whatever there is to choose."""
    empty = {"name": "", "attrs": {}, "optgroups": []}
    drawn = DjangoTemplates().render(template_name, {"widget": empty})
    before, _opened, rest = drawn.partition("<select")
    return before, rest.partition("</select>")[2]


_ADMIN_SELECT = "unfold/widgets/select.html"
_WIDGETS = "django/forms/widgets"
_DRAWN: Mapping[str, Callable[[Widget], str]] = {
    f"{_WIDGETS}/select.html": _select,
    f"{_WIDGETS}/textarea.html": _textarea,
    **{
        f"{_WIDGETS}/{kind}.html": _input
        for kind in (
            *("text", "number", "email", "url", "hidden", "date", "datetime", "time"),
            "checkbox",
        )
    },
}
