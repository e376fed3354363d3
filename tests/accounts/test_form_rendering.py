"""Controls drawn by hand are to the letter what Django's templates make of them."""

from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.form_rendering import _DRAWN, FormRenderer

NASTY = """<b> & "quoted" 'single'"""
ATTRS = {"id": "x", "required": True, "disabled": False, "data-nasty": NASTY, "maxlength": 1200}
CHOICES = [
    ("", "---"),
    (NASTY, NASTY),
    (1200, 1200),
    ("Group <1>", [("a", "A"), ("b", "B & C")]),
]


@pytest.mark.parametrize(
    ("widget", "value"),
    [
        *((kind(ATTRS), NASTY) for kind in (forms.TextInput, forms.Textarea, forms.HiddenInput)),
        *((kind(ATTRS), None) for kind in (forms.EmailInput, forms.Textarea, forms.URLInput)),
        (forms.NumberInput(ATTRS), 1200),
        (forms.DateTimeInput({"type": "datetime-local"}), "2026-11-21T09:00"),
        (forms.DateInput(), "2026-11-21"),
        (forms.TimeInput(), "09:00"),
        (forms.CheckboxInput(ATTRS), True),
        (forms.CheckboxInput(), NASTY),
        (forms.Select(ATTRS, choices=CHOICES), "b"),
        (forms.Select(choices=CHOICES), 1200),
        (forms.SelectMultiple(ATTRS, choices=CHOICES), ["a", NASTY]),
    ],
)
def test_the_same_as_django(widget: forms.Widget, value: Any) -> None:
    drawn = widget.render(NASTY, value, renderer=FormRenderer())
    assert drawn == widget.render(NASTY, value, renderer=DjangoTemplates())


def test_the_admins_select_is_the_same_but_for_space() -> None:
    widget = UnfoldAdminSelectWidget(ATTRS, choices=CHOICES)
    renderers = (FormRenderer(), DjangoTemplates())
    drawn, expected = (widget.render(NASTY, "b", renderer=one) for one in renderers)
    assert _tags(drawn) == _tags(expected)
    assert drawn.count("<option") == 5


def _tags(html: str) -> list[str]:
    parts = html.replace("<", "\n<").replace(">", ">\n").splitlines()
    return [part.strip() for part in parts if part.strip()]


def test_what_is_drawn_by_hand_is_what_django_has() -> None:
    for template in _DRAWN:
        DjangoTemplates().get_template(template)
