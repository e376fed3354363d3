"""Lists of the API: keyset pages with absolute addresses, and counts that stay cheap."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import django_filters
import orjson
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import Actor
from accounts.keyset import BadCursor, paginate
from accounts.problems import ProblemError

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
EXACT_COUNT = 10_000
UNKNOWN_PARAMETER = "unknown_parameter"

OWN_WORKSPACE = (
    OpenApiParameter(
        "workspace_id",
        str,
        description="The slug or UUID of the workspace you work in; another one is 404.",
    ),
    OpenApiParameter("workspaceId", str, description="Another name of `workspace_id`."),
)


class ParameterFamily(OpenApiParameter):
    """Parameters known by a pattern of their names, such as one for each field of a workspace.

    For the documentation an object in exploded form: its members are the parameters.
    """

    def __init__(self, name: str, *, pattern: str, description: str) -> None:
        values = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
        super().__init__(
            name,
            {
                "type": "object",
                "patternProperties": {f"^{pattern}$": values},
                "additionalProperties": False,
            },
            style="form",
            explode=True,
            description=description,
        )
        self._pattern = re.compile(pattern)

    def covers(self, name: str) -> bool:
        return self._pattern.fullmatch(name) is not None


class InvalidParameter(ProblemError):
    """A query parameter that cannot be used; its name is the error's field."""

    def __init__(self, name: str, message: str, *, code: str = "invalid") -> None:
        super().__init__(message, code=code, errors=[(name, code, message)])


@dataclass(frozen=True)
class Listing:
    """What one list can be ordered and narrowed by; `orderings` are columns that are never null."""

    orderings: tuple[str, ...] = ("created_at",)
    default: str = "-created_at"
    filters: tuple[OpenApiParameter, ...] = OWN_WORKSPACE

    @cached_property
    def parameters(self) -> tuple[OpenApiParameter, ...]:
        """Every query parameter the list takes: for the documentation and for strictness."""
        choices = [sign + name for name in self.orderings for sign in ("", "-")]
        return (
            *self.filters,
            OpenApiParameter(
                "ordering",
                str,
                enum=choices,
                default=self.default,
                description="`-` for descending; ties are broken by id.",
            ),
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
                description="Rows on a page.",
            ),
            OpenApiParameter(
                "cursor", str, description="From `next` or `previous`; keep the other parameters."
            ),
            OpenApiParameter(
                "count",
                bool,
                description=f"`true` adds `count`: exact to {EXACT_COUNT:,}, then an estimate.",
            ),
        )

    def answer(
        self,
        request: Request,
        rows: QuerySet[Any],
        render: Callable[[Any], dict[str, Any]],
    ) -> Response:
        """One page of `rows`; raises `ProblemError` (422) for a parameter it cannot use."""
        page = self.page(request, rows)
        return Response(page | {"results": [render(row) for row in page["results"]]})

    def page(
        self,
        request: Request,
        rows: QuerySet[Any],
        *,
        forms: Callable[[Sequence[Any]], list[Any]] | None = None,
    ) -> dict[str, Any]:
        """The page's model rows under `results`, with its addresses and, when asked, the count.

        With `forms` (see `paginate`) the results are the forms that it makes of the rows' ids.
        """
        given = request.query_params
        ordering = given.get("ordering") or self.default
        if ordering.removeprefix("-") not in self.orderings:
            known = ", ".join(self.orderings)
            raise InvalidParameter("ordering", _("Use one of: %(known)s.") % {"known": known})
        with_count = _flag(given.get("count"))
        try:
            page = paginate(
                rows,
                ordering=ordering,
                cursor=given.get("cursor") or None,
                limit=_limit(given.get("limit")),
                forms=forms,
            )
        except BadCursor as error:
            message = _("This cursor was not made by this list; start at its first page.")
            raise InvalidParameter("cursor", message) from error
        body: dict[str, Any] = {
            "results": page.rows,
            "next": _address(request, page.next_cursor),
            "previous": _address(request, page.previous_cursor),
        }
        if not with_count:
            return body
        count, is_estimate = counted(rows)
        return body | {"count": count, "count_is_estimate": is_estimate}


def _limit(text: str | None) -> int:
    if not text:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_LIMIT):
        raise InvalidParameter("limit", _("Use a number from 1 to %(most)s.") % {"most": MAX_LIMIT})
    return int(text)


def _flag(text: str | None) -> bool:
    if text in (None, "", "false", "0"):
        return False
    if text in ("true", "1"):
        return True
    raise InvalidParameter("count", _("Use true or false."))


def _address(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    given = [(name, v) for name, values in request.query_params.lists() for v in values]
    kept = [(name, value) for name, value in given if name != "cursor"]
    return request.build_absolute_uri(f"?{urlencode([*kept, ('cursor', cursor)])}")


def counted(rows: QuerySet[Any]) -> tuple[int, bool]:
    """Exact as far as counting is cheap, then what the planner expects; and whether it is that."""
    # Without what only the rendering needs: it would be worked out for every row counted.
    bare = rows.order_by().values("pk")
    count = bare[: EXACT_COUNT + 1].count()
    if count <= EXACT_COUNT:
        return count, False
    plan = orjson.loads(bare.explain(format="json"))[0]["Plan"]
    return max(count, plan["Plan Rows"]), True


def require_own_workspace(actor: Actor, named: Mapping[str, str]) -> None:
    """404 unless `workspace_id` (or `workspaceId`), where given, is the workspace of the call."""
    for name in ("workspace_id", "workspaceId"):
        text = str(named.get(name) or "")
        own = actor.workspace
        if text and (own is None or text not in (own.slug, str(own.pk))):
            raise ProblemError(
                _("There is no workspace “%(named)s” for these credentials.") % {"named": text},
                code="not_found",
                status=404,
            )


def narrowed(filters: django_filters.FilterSet) -> QuerySet[Any]:
    """The filtered rows; raises `ProblemError` (422) that names each parameter it cannot use."""
    if filters.is_valid():
        return filters.qs
    errors = [
        (name, error.code or "invalid", " ".join(error.messages))
        for name, found in filters.form.errors.as_data().items()
        for error in found
    ]
    names = ", ".join(name for name, _code, _message in errors)
    # A typo has a code of its own, so that a program can tell it from a bad value.
    unknown = any(code == UNKNOWN_PARAMETER for _name, code, _message in errors)
    raise ProblemError(
        _("Please correct: %(names)s.") % {"names": names},
        code=UNKNOWN_PARAMETER if unknown else "invalid",
        errors=errors,
    )
