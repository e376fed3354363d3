"""The base of every view of the API.

A request is checked in one order, so that an error never tells of what the caller may not know: who
calls, which object (another workspace's is 404), what they may do, which method, which parameters,
and only then the body.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, TypeVar, cast
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import Http404
from django.urls import URLPattern, re_path
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import idempotency
from accounts.actors import Actor
from accounts.api_input import StrictSerializer
from accounts.api_lists import (
    InvalidParameter,
    Listing,
    ParameterFamily,
    require_own_workspace,
)
from accounts.models import Workspace
from accounts.permissions import Permission
from accounts.problems import ProblemError

Row = TypeVar("Row", bound=Model)


class ApiView(APIView):
    """One address. `needs` names the permission for each method; `listing` makes GET a list."""

    needs: ClassVar[Mapping[str, Permission]] = {}
    listing: ClassVar[Listing | None] = None
    # An answer that shows a secret once is not kept for repetition.
    answers_with_secret: ClassVar[bool] = False
    _claim: idempotency.Claim | None = None
    # OPTIONS tells nothing that the schema does not.
    metadata_class = None

    @property
    def actor(self) -> Actor:
        return cast(Actor, self.request._request.actor)  # type: ignore[attr-defined]

    @property
    def workspace(self) -> Workspace:
        """The workspace of the call; only `/workspaces/` can be called without one."""
        workspace = self.actor.workspace
        if workspace is None:
            raise Http404
        return workspace

    def look_up(self, **kwargs: str) -> None:
        """Find what the address names, as far as the actor may see it; raise `Http404` else."""

    def permission_needed(self) -> Permission | None:
        """What the method at hand needs; None where there is no such method."""
        method = "GET" if self.request.method == "HEAD" else self.request.method
        return self.needs.get(method or "")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.permission_needed() is None:
            raise MethodNotAllowed(str(request.method))
        self._check_parameters()
        if request.method == "POST":
            self._claim = idempotency.claim(request, self.actor)
            if self._claim is not None and self._claim.stored is not None:
                self.post = self._answer_again

    def _answer_again(self, *_args: Any, **_kwargs: Any) -> Response:
        """Stands in for the view's own `post` when the request was answered before."""
        if self._claim is None or self._claim.stored is None:
            raise RuntimeError("There is no stored answer to give.")
        return self._claim.stored

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if self._claim is not None:
            idempotency.store(self._claim, response, is_secret=self.answers_with_secret)
        final = super().finalize_response(request, response, *args, **kwargs)
        if isinstance(final, Response):
            final.add_post_render_callback(self._let_go)
        return final

    def _let_go(self, response: Response) -> None:
        """Part what points at each other, once the answer is text.

        Otherwise each list with all its rows waits for the garbage collector, which then lets every
        request wait while it takes apart those of a hundred.
        """
        response.renderer_context = {}  # type: ignore[attr-defined]
        self.request.parser_context = {}
        del self.response

    def check_permissions(self, request: Request) -> None:
        self.look_up(**self.kwargs)
        super().check_permissions(request)

    def parameters(self, method: str) -> tuple[OpenApiParameter, ...]:
        """The query parameters a method takes."""
        return self.listing.parameters if self.listing and method in ("GET", "HEAD") else ()

    def _check_parameters(self) -> None:
        taken = self.parameters(self.request.method or "")
        families = [one for one in taken if isinstance(one, ParameterFamily)]
        known = {one.name for one in taken if not isinstance(one, ParameterFamily)}
        given = self.request.query_params
        for name, values in given.lists():
            if name not in known and not any(family.covers(name) for family in families):
                message = _("There is no parameter “%(name)s” here.") % {"name": name}
                raise InvalidParameter(name, message, code="unknown_parameter")
            if any("\x00" in text for text in (name, *values)):
                raise InvalidParameter(name, _("Leave out the NUL character."))
        require_own_workspace(self.actor, given)

    def parsed(
        self,
        serializer: type[StrictSerializer],
        *,
        current: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The body as `serializer` understands it; raises a 422 that names each field."""
        if not isinstance(self.request.data, Mapping):
            message = _("Send a JSON object.")
            raise ProblemError(message, errors=[("", "not_an_object", message)])
        form = serializer(data=self.request.data, context={"current": current})
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)


class RowsByRef(Protocol):
    def by_ref(self, ref: object) -> QuerySet[Any]: ...


def one_by_ref(rows: RowsByRef, ref: str) -> Any:
    """The row named by a UUID or a number among `rows`; raises `Http404`."""
    return found_or_404(rows.by_ref(ref).first())


def one_by_id(rows: QuerySet[Row], text: str) -> Row:
    """The row with that UUID among `rows`; raises `Http404`."""
    try:
        return found_or_404(rows.filter(pk=UUID(text)).first())
    except ValueError as error:
        raise Http404 from error


def found_or_404(found: Row | None) -> Row:
    """The row; raises `Http404` where there is none."""
    if found is None:
        raise Http404
    return found


def route(pattern: str, view: Any) -> URLPattern:
    """An address such as ``leads/<lead>/enrich``, with and without a slash at its end.

    A name stands for anything but a slash: what is no id at all is 404 in the view's own order.
    """
    regex = pattern.replace("<", "(?P<").replace(">", ">[^/]+)")
    return re_path(rf"^{regex}/?\Z", view)
