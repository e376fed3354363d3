"""Which view of the leads is shown: the named questions, what people keep, and what was changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from accounts.actors import Actor
from leads.listing import saved_views
from leads.models import PinnedView, SavedView
from leads.views.filter_row import without


@dataclass(frozen=True)
class Question:
    """A view everybody has: what it is called, and the filters it stands for."""

    label: Any
    filters: Mapping[str, str]


QUESTIONS = (
    Question(gettext_lazy("All leads"), {}),
    Question(gettext_lazy("My leads"), {"assigned_to_me": "true"}),
    Question(gettext_lazy("Unassigned"), {"unassigned": "true"}),
    Question(gettext_lazy("Follow-ups due"), {"follow_up_due": "true"}),
    Question(gettext_lazy("Never contacted"), {"never_contacted": "true"}),
    Question(
        gettext_lazy("Not contacted in 30 days"),
        {"open": "true", "last_contacted_before": "30d"},
    ),
    Question(
        gettext_lazy("Three or more attempts, no response"),
        {"open": "true", "min_contact_count": "3", "never_responded": "true"},
    ),
    Question(gettext_lazy("Last by LinkedIn"), {"last_contact_method": "linkedin"}),
)
# Beside the title; the others are in the menu.
_AT_HAND = 3


@dataclass(frozen=True)
class ViewLink:
    label: str
    query: str
    is_current: bool


@dataclass(frozen=True)
class ViewBar:
    """The switcher, and how the chosen view stands to what is shown."""

    at_hand: list[ViewLink]
    questions: list[ViewLink]
    own: list[ViewLink]
    shared: list[ViewLink]
    # The saved view in force, if there is one, and whether the address asks for something else.
    view: SavedView | None
    is_changed: bool
    is_pinned: bool
    may_change: bool
    # The filter that the chosen question shows by its name.
    said_by_name: str
    # What there would be to keep: filters, order and columns.
    state: str

    @property
    def in_menu(self) -> str:
        """The name of the view in force, if it is one of the menu."""
        links = [*self.questions, *self.own, *self.shared]
        return next((link.label for link in links if link.is_current), "")


def view_bar(given: QueryDict, actor: Actor) -> ViewBar:
    """What the address asks for, as a view."""
    views: list[Any] = list(
        SavedView.objects.visible_to(actor)
        .annotate(pinned=Exists(PinnedView.objects.filter(view=OuterRef("pk"), user=actor.user)))
        .order_by("name", "pk")
    )
    chosen = _named(given, views)
    question = None if chosen else _question(given)
    links = [ViewLink(str(one.label), _query_of(one, given), one is question) for one in QUESTIONS]
    state = without(given, "view", "cursor", "dialog")
    return ViewBar(
        at_hand=links[:_AT_HAND],
        questions=links[_AT_HAND:],
        own=[_link(row, chosen) for row in views if not row.is_shared],
        shared=[_link(row, chosen) for row in views if row.is_shared],
        view=chosen,
        is_changed=chosen is not None and not saved_views.shows(chosen, given),
        is_pinned=chosen is not None and any(row.pinned for row in views if row.pk == chosen.pk),
        may_change=chosen is not None and saved_views.may_change(chosen, actor),
        said_by_name=_said_by_name(question),
        state=state.urlencode(),
    )


def _said_by_name(question: Question | None) -> str:
    """Of a question that is one yes or no: the others have a control that shows them."""
    filters = list(question.filters.items()) if question else []
    return filters[0][0] if len(filters) == 1 and filters[0][1] == "true" else ""


def _link(view: SavedView, chosen: SavedView | None) -> ViewLink:
    return ViewLink(view.name, saved_views.address_of(view), view is chosen)


def _named(given: QueryDict, views: list[SavedView]) -> SavedView | None:
    try:
        wanted = UUID(str(given.get("view", "")))
    except ValueError:
        return None
    return next((row for row in views if row.pk == wanted), None)


def _question(given: QueryDict) -> Question | None:
    """The question that the address asks, the most precise first; else all leads."""
    fitting = [
        one
        for one in QUESTIONS
        if all(given.getlist(name) == [value] for name, value in one.filters.items())
    ]
    return max(fitting, key=lambda one: len(one.filters))


def _query_of(question: Question, given: QueryDict) -> str:
    """It starts anew, keeping only order and columns."""
    query = QueryDict(mutable=True)
    query.update({name: str(given[name]) for name in ("ordering", "columns") if name in given})
    query.update(question.filters)
    return query.urlencode(safe=",")
