"""Files of leads over REST: sent, mapped, tried out, taken in, undone."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import FileResponse, QueryDict
from drf_spectacular.types import OpenApiTypes
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import ApiView, one_by_id
from accounts.api_input import StrictSerializer
from accounts.api_lists import narrowed
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from accounts.rendering import StrictJSONParser
from campaigns import lists
from campaigns.api.import_filters import ImportFilter
from campaigns.api.import_shapes import (
    ERROR_FILE,
    FROM_CSV,
    FROM_CSV_FILE,
    IMPORT,
    IMPORTS,
    LIST_MADE,
    MAPPING,
    UPLOAD,
    FromCsvFileInput,
    FromCsvInput,
    FromCsvSerializer,
    ImportSerializer,
    MappingInput,
    UploadInput,
    import_form,
)
from campaigns.imports import error_file, imports
from campaigns.imports.imports import SETTINGS
from campaigns.models import Import

TAG = "Imports"


def _form_of(view: ApiView, shape: type[StrictSerializer]) -> dict[str, Any]:
    """A form with a file; the last of several values counts."""
    data = view.request.data
    if isinstance(data, QueryDict):
        given: Mapping[str, Any] = {name: data.get(name) for name in data}
    else:
        given = data if isinstance(data, Mapping) else {}
    form = shape(data=given)
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


class ImportsView(ApiView):
    needs = {"GET": Permission.IMPORT, "POST": Permission.IMPORT}
    listing = IMPORTS
    parser_classes = [MultiPartParser, StrictJSONParser]

    @documented(
        tag=TAG,
        summary="List imports",
        response=page_of(ImportSerializer),
        answer=page_answer(IMPORT),
    )
    def get(self, request: Request) -> Response:
        rows = Import.objects.visible_to(self.actor)
        found = narrowed(ImportFilter(request.query_params, queryset=rows, actor=self.actor))
        return IMPORTS.answer(request, found, import_form)

    @documented(
        tag=TAG,
        summary="Send a file",
        description=(
            "As a form with the `file`. It is read, and the mapping guessed from its headers and"
            " samples, or remembered from the last file with these headers. Small files are read"
            " at once; of others `work` is `read` until that is done."
        ),
        request={"multipart/form-data": UploadInput},
        example={"multipart/form-data": UPLOAD},
        response=ImportSerializer,
        answer=IMPORT,
        status=201,
    )
    def post(self, request: Request) -> Response:
        body = _form_of(self, UploadInput)
        file = body["file"]
        row = imports.receive(
            file.chunks(),
            actor=self.actor,
            file_name=file.name,
            size=file.size,
            settings={name: body[name] for name in SETTINGS if name in body},
        )
        return Response(import_form(row), status=201)


class FromCsvView(ApiView):
    needs = {"POST": Permission.IMPORT}
    parser_classes = [StrictJSONParser, MultiPartParser]

    @documented(
        tag=TAG,
        summary="Make a list from rows or a file",
        description=(
            "A new list, and an import into it that asks nothing: columns are mapped by their"
            " names, known leads join as they are with what they lack filled. Look after it with"
            " GET /imports/{import_id}/. As JSON, or as a form with a `file`."
        ),
        request={"application/json": FromCsvInput, "multipart/form-data": FromCsvFileInput},
        example={"application/json": FROM_CSV, "multipart/form-data": FROM_CSV_FILE},
        response=FromCsvSerializer,
        answer=LIST_MADE,
        status=201,
    )
    def post(self, request: Request) -> Response:
        is_form = isinstance(request.data, QueryDict)
        body = _form_of(self, FromCsvFileInput) if is_form else self.parsed(FromCsvInput)
        self.actor.require(Permission.LIST_EDIT)
        made = lists.create(actor=self.actor, values={"name": body["name"]})
        settings = {"list_id": made.pk, "duplicates": Import.Duplicates.FILL}
        if is_form:
            file = body["file"]
            row = imports.receive(
                file.chunks(),
                actor=self.actor,
                file_name=file.name,
                size=file.size,
                settings=settings,
                auto=True,
            )
        else:
            row = imports.receive_rows(
                body["leads"], actor=self.actor, file_name=body["name"], settings=settings
            )
        return Response({"list_id": made.pk, "import_id": row.pk}, status=201)


class _OneImportView(ApiView):
    row: Import

    def look_up(self, **kwargs: str) -> None:
        self.row = one_by_id(Import.objects.visible_to(self.actor), kwargs["import_id"])


class ImportView(_OneImportView):
    needs = {"GET": Permission.IMPORT}

    @documented(tag=TAG, summary="Read an import", response=ImportSerializer, answer=IMPORT)
    def get(self, request: Request, import_id: str) -> Response:
        return Response(import_form(self.row))


class ImportMappingView(_OneImportView):
    needs = {"POST": Permission.IMPORT}

    @documented(
        tag=TAG,
        summary="Map the columns",
        description=(
            "An empty body accepts the guess. The import is then tried out: it is `mapped`, and"
            " `ready` with what is `foreseen` when that is done. It can be mapped anew until it"
            " runs."
        ),
        request=MappingInput,
        example=MAPPING,
        response=ImportSerializer,
        answer=IMPORT | {"status": "mapped", "work": "check", "foreseen": None},
    )
    def post(self, request: Request, import_id: str) -> Response:
        body = self.parsed(MappingInput) if request.data else {}
        row = imports.save_mapping(
            self.row.pk,
            actor=self.actor,
            mapping=body.get("mapping"),
            settings={name: body[name] for name in SETTINGS if name in body},
            options=body.get("options"),
        )
        return Response(import_form(row))


def _step_view(
    name: str, verb: Callable[..., Import], *, summary: str, description: str, answer: Any
) -> type[ApiView]:
    class StepView(_OneImportView):
        needs = {"POST": Permission.IMPORT}

        @documented(
            tag=TAG,
            summary=summary,
            description=description,
            response=ImportSerializer,
            answer=answer,
            conflicts=True,
        )
        def post(self, request: Request, import_id: str) -> Response:
            return Response(import_form(verb(self.row.pk, actor=self.actor)))

    StepView.__name__ = StepView.__qualname__ = name
    return StepView


RunImportView = _step_view(
    "RunImportView",
    imports.run,
    summary="Run an import",
    description=(
        "Takes the leads in, in the background; `progress` and `counts` tell how far it is. One"
        " that stopped goes on where it was. Asked again it changes nothing; before it is `ready`"
        " it is 409."
    ),
    answer=IMPORT | {"status": "running", "work": "run", "progress": 0},
)
UndoImportView = _step_view(
    "UndoImportView",
    imports.undo,
    summary="Undo an import",
    description=(
        "Deletes the leads it made and puts back what it changed, except where somebody has worked"
        " on them since. Needs the right to delete leads (a key: the scope `update`, too)."
    ),
    answer=IMPORT | {"status": "completed", "work": "undo", "progress": 0},
)


class ImportErrorsView(_OneImportView):
    needs = {"GET": Permission.IMPORT}

    @documented(
        tag=TAG,
        summary="Read the rows that were not taken",
        description=(
            "As CSV: your own rows, with their number and the reason in front; of the dry run, or"
            " of the run. Cells that a spreadsheet would take for formulas begin with a quote."
        ),
        media={"text/csv": OpenApiTypes.STR},
        answer=ERROR_FILE,
    )
    def get(self, request: Request, import_id: str) -> FileResponse:
        return error_file.response(self.row)
