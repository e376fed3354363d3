"""What the lists of contacts and of companies have in common: the address is their whole state."""

from typing import Any

import django_filters
from django.http import QueryDict

from accounts.keyset import BadCursor, KeysetPage, paginate
from leads.views.filter_row import Chip, without

ROWS = 50


def page_of(filters: django_filters.FilterSet, *, ordering: str, given: QueryDict) -> KeysetPage:
    """One page; a cursor that is none begins anew."""
    cursor = given.get("cursor")
    try:
        return paginate(filters.qs, ordering=ordering, cursor=cursor, limit=ROWS)
    except BadCursor:
        return paginate(filters.qs, ordering=ordering, cursor=None, limit=ROWS)


def chips_of(filters: Any, given: QueryDict, *, names: dict[str, str]) -> list[Chip]:
    """The filters in force but the search, which shows itself; `names` words a value."""
    found = []
    for name, definition in filters.filters.items():
        if name == "q" or name not in given:
            continue
        words = names | getattr(definition, "value_labels", {})
        values = [str(words.get(value, value)) for value in given.getlist(name)]
        rest = without(given, name, "cursor").urlencode()
        found.append(Chip(str(definition.label), ", ".join(values), rest))
    return found
