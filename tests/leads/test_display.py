"""What pages remember of how things are shown: right for each language, zone and workspace."""

from datetime import UTC, datetime

import pytest
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import Workspace
from accounts.pieces import piece
from accounts.templatetags.components import icon, row_url
from leads.models import Lead
from leads.templatetags.lead_display import ago, clock_time, heat_badge, status_badge

WORD = {
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "OPTIONS": {
        "loaders": [
            (
                "django.template.loaders.locmem.Loader",
                {"word.html": "{% load i18n %}{% translate 'Yes' %}, {{ name }}"},
            )
        ]
    },
}


def test_a_piece_is_kept_for_each_language_and_each_content():
    with override_settings(TEMPLATES=[WORD]):
        for _time in range(2):
            with translation.override("de"):
                assert piece("word.html", name="A") == "Ja, A"
            with translation.override("fr"):
                assert piece("word.html", name="A") == "Oui, A"
                assert piece("word.html", name="<b>") == "Oui, &lt;b&gt;"


def test_badges_and_icons_say_what_they_were_asked_for():
    assert "#flame" in icon("flame")
    assert 'class="icon icon-small"' in icon("flame", "icon-small")
    assert 'class="icon"' in icon("flame")
    assert "Qualified" in status_badge("qualified")
    assert "New" in status_badge("new")
    for score in (21, 34):
        badge = heat_badge(Lead(heat="HOT", heat_score=score))
        assert "Hot" in badge
        assert f">{score}<" in badge


@pytest.mark.parametrize("view", ["leads:detail", "leads:contact"])
def test_the_address_of_a_row_is_the_one_the_routes_say(view):
    for slug in ("home", "abroad"):
        for number in (1, 4712):
            expected = reverse(view, kwargs={"slug": slug, "ref": number})
            assert row_url(view, Workspace(slug=slug), number) == expected


def test_one_moment_is_told_in_the_time_of_each_workspace():
    moment = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    for _time in range(2):
        with timezone.override("UTC"):
            assert ">11:30 p.m.<" in clock_time(moment)
            assert 'title="March 1, 2026, 11:30 p.m."' in ago(moment)
        with timezone.override("Pacific/Auckland"):
            assert ">12:30 p.m.<" in clock_time(moment)
            assert 'title="March 2, 2026, 12:30 p.m."' in ago(moment)


def test_one_moment_is_told_in_each_language():
    moment = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    with timezone.override("UTC"):
        with translation.override("de"):
            assert 'title="1. März 2026 23:30"' in ago(moment)
        with translation.override("en"):
            assert 'title="March 1, 2026, 11:30 p.m."' in ago(moment)
