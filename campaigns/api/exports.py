"""Files of leads: small ones at once, large ones made in the background and fetched."""

from typing import Any
from uuid import UUID

import django_filters
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import ApiView, one_by_id
from accounts.api_lists import OWN_WORKSPACE, InvalidParameter, narrowed
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from campaigns.api.export_shapes import (
    EXPORT,
    EXPORTS,
    FILE,
    FILE_PARAMETERS,
    NEW_EXPORT,
    ExportInput,
    ExportSerializer,
    export_form,
)
from campaigns.errors import CampaignError
from campaigns.exports import columns, exports
from campaigns.exports.downloads import download
from campaigns.exports.rows import Question
from campaigns.models import Campaign, Export, LeadList
from leads.listing.columns import named
from leads.listing.filter_fields import CommaListFilter
from leads.listing.filters import ActorFilterSet, registered_parameters

TAG = "Exports"
_AT_ONCE = (
    f" At most {exports.AT_ONCE:,} rows, streamed; more are 422 `too_many_rows`: ask for them with"
    " POST /exports/. Times are the workspace's; text that a spreadsheet would take for a formula"
    " begins with a quote."
)


# With `columns=status,email`.
_FILE_EXAMPLE = (
    "Lead number,First name,Last name,Status,E-mail\r\n"
    "1042,Ann,Moss,Qualified,ann.moss@example.com\r\n"
)


class _FileView(ApiView):
    """GET answers the file; which rows, the address says."""

    needs = {"GET": Permission.EXPORT}
    target: LeadList | Campaign | None = None

    def parameters(self, method: str) -> tuple[OpenApiParameter, ...]:
        if method not in ("GET", "HEAD"):
            return ()
        return (*FILE_PARAMETERS, *registered_parameters())

    def answer(self, request: Request) -> StreamingHttpResponse:
        given = {name: request.query_params.getlist(name) for name in request.query_params}
        file_format = (given.pop("format", None) or ["csv"])[-1]
        if file_format not in Export.Format.values:
            known = ", ".join(Export.Format.values)
            raise InvalidParameter("format", _("Use one of: %(known)s.") % {"known": known})
        chosen = columns.check(
            named(given.pop("columns", [])), workspace_id=self.actor.own_workspace.pk
        )
        for one in OWN_WORKSPACE:
            given.pop(one.name, None)
        if self.actor.user is None and "assigned_to_me" in given:
            message = _("A key is nobody: name users in assigned_to.")
            raise InvalidParameter("assigned_to_me", message)
        asked = Question(exports.kind_of(self.target), self.target, given, chosen)
        reader = exports.reader_at_once(asked, actor=self.actor)
        if reader is None:
            message = _("These are more than %(most)d rows. Ask for them with POST /exports/.")
            raise CampaignError(message % {"most": exports.AT_ONCE}, code="too_many_rows")
        return download(
            exports.streamed(reader, actor=self.actor, file_format=file_format),
            name=exports.name_of(asked, actor=self.actor, file_format=file_format),
        )


class ExportLeadsView(_FileView):
    @documented(
        tag=TAG,
        summary="Export leads",
        description=f"The leads that GET /leads/ finds, newest first, as a file.{_AT_ONCE}",
        media=FILE,
        answer=_FILE_EXAMPLE,
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        return self.answer(request)


class ExportListView(_FileView):
    def look_up(self, **kwargs: str) -> None:
        rows = LeadList.objects.visible_to(self.actor).select_related("workspace")
        self.target = one_by_id(rows, kwargs["lead_list"])

    @documented(
        tag=TAG,
        summary="Export a list",
        description=(
            "Who is in the list, with when, by whom and why; of these those that the filters find."
            f"{_AT_ONCE}"
        ),
        media=FILE,
        answer=_FILE_EXAMPLE,
    )
    def get(self, request: Request, lead_list: str) -> StreamingHttpResponse:
        return self.answer(request)


class ExportCampaignView(_FileView):
    def look_up(self, **kwargs: str) -> None:
        rows = Campaign.objects.visible_to(self.actor).select_related("workspace")
        self.target = one_by_id(rows, kwargs["campaign"])

    @documented(
        tag=TAG,
        summary="Export a campaign's results",
        description=(
            "Each lead of the campaign with its list, status, outcome, attempts, amounts and talk"
            f" time; of these those that the filters of leads find.{_AT_ONCE}"
        ),
        media=FILE,
        answer=_FILE_EXAMPLE,
    )
    def get(self, request: Request, campaign: str) -> StreamingHttpResponse:
        return self.answer(request)


class ExportFilter(ActorFilterSet):
    status: django_filters.Filter = CommaListFilter(
        field_name="status", choices=Export.Status.choices
    )
    kind: django_filters.Filter = CommaListFilter(field_name="kind", choices=Export.Kind.choices)

    class Meta:
        model = Export
        fields: list[str] = []


class ExportsView(ApiView):
    needs = {"GET": Permission.EXPORT, "POST": Permission.EXPORT}
    listing = EXPORTS

    @documented(
        tag=TAG,
        summary="List exports",
        response=page_of(ExportSerializer),
        answer=page_answer(EXPORT),
    )
    def get(self, request: Request) -> Response:
        rows = Export.objects.visible_to(self.actor)
        found = narrowed(ExportFilter(request.query_params, queryset=rows, actor=self.actor))
        return EXPORTS.answer(request, found, export_form)

    @documented(
        tag=TAG,
        summary="Export in the background",
        description=(
            "Any number of rows (a workbook holds 1,048,575). Look after it with GET"
            " /exports/{export}/, and fetch the file when it is `completed`; it is kept for seven"
            " days. What was asked for already and is not finished is answered again."
        ),
        request=ExportInput,
        example=NEW_EXPORT,
        response=ExportSerializer,
        answer=EXPORT,
        status=202,
    )
    def post(self, request: Request) -> Response:
        body = self.parsed(ExportInput)
        asked = exports.question(
            actor=self.actor,
            target=self._target(body),
            filter=body.get("filter"),
            columns=body.get("columns") or (),
        )
        row = exports.ask(asked, actor=self.actor, file_format=body.get("format") or "csv")
        return Response(export_form(row), status=202)

    def _target(self, body: dict[str, Any]) -> LeadList | Campaign | None:
        kind = body.get("kind") or Export.Kind.LEADS
        found: LeadList | Campaign | None = None
        for name, of_kind, rows in (
            ("list_id", Export.Kind.LIST, LeadList.objects.visible_to(self.actor)),
            ("campaign_id", Export.Kind.CAMPAIGN, Campaign.objects.visible_to(self.actor)),
        ):
            given: UUID | None = body.get(name)
            if kind != of_kind:
                if given is not None:
                    message = _("This goes with kind `%(kind)s`.") % {"kind": of_kind}
                    raise CampaignError(message, errors=[(name, "conflict", message)])
                continue
            found = rows.filter(pk=given).first() if given else None
            if found is None:
                code = "not_found" if given else "required"
                message = _("Name one of the workspace.")
                raise CampaignError(message, errors=[(name, code, message)])
        return found


class _OneExportView(ApiView):
    row: Export

    def look_up(self, **kwargs: str) -> None:
        self.row = one_by_id(Export.objects.visible_to(self.actor), kwargs["export"])


class ExportView(_OneExportView):
    needs = {"GET": Permission.EXPORT, "DELETE": Permission.EXPORT}

    @documented(tag=TAG, summary="Read an export", response=ExportSerializer, answer=EXPORT)
    def get(self, request: Request, export: str) -> Response:
        return Response(export_form(self.row))

    @documented(
        tag=TAG,
        summary="Stop an export, or delete its file",
        description="The file is gone at once; the export stays listed as `expired`.",
        status=204,
    )
    def delete(self, request: Request, export: str) -> Response:
        exports.discard(self.row, actor=self.actor)
        return Response(status=204)


class RunExportAgainView(_OneExportView):
    needs = {"POST": Permission.EXPORT}

    @documented(
        tag=TAG,
        summary="Make an export anew",
        description=(
            "One that `failed` is made from its beginning, as whoever asked for it. One that is"
            " waiting or running stays as it is; one that ended otherwise is 409."
        ),
        response=ExportSerializer,
        answer=EXPORT,
        conflicts=True,
    )
    def post(self, request: Request, export: str) -> Response:
        return Response(export_form(exports.begin_again(self.row, actor=self.actor)))


class ExportFileView(_OneExportView):
    needs = {"GET": Permission.EXPORT}

    @documented(
        tag=TAG,
        summary="Fetch the file of an export",
        description=(
            "409 `not_ready` until it is `completed`, and 404 `expired` when it is kept no longer."
        ),
        media=FILE,
        answer=_FILE_EXAMPLE,
        conflicts=True,
    )
    def get(self, request: Request, export: str) -> StreamingHttpResponse:
        return download(exports.fetch(self.row, actor=self.actor), name=self.row.file_name)
