"""Imports: what came in, sending a file, and the page of one from its mapping to its undoing."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import requires
from accounts.keyset import BadCursor, paginate
from accounts.permissions import Permission, PermissionRefused
from accounts.requests import MemberRequest
from accounts.sent_once import new_mark, once
from campaigns.errors import CampaignError
from campaigns.import_forms import SettingsForm, UploadForm, columns
from campaigns.imports import error_file, imports
from campaigns.models import Import, ImportResult, ImportRow

ROWS = 50
SHOWN = 50
CELLS_SHOWN = 4
_Outcome = ImportResult.Outcome


@requires(Permission.IMPORT)
def index(request: MemberRequest, slug: str) -> HttpResponse:
    """The newest first."""
    rows = Import.objects.visible_to(request.actor).defer("samples", "mapping", "headers")
    try:
        page = paginate(rows, ordering="-created_at", cursor=request.GET.get("cursor"), limit=ROWS)
    except BadCursor:
        return redirect(request.path)
    return render(request, "campaigns/imports/index.html", {"page": page})


@requires(Permission.IMPORT)
@once
def new(request: MemberRequest, slug: str) -> HttpResponse:
    """Send a file, and say where its leads go."""
    is_post = request.method == "POST"
    initial = {name: request.GET.get(name, "") for name in ("list_id", "campaign_id")}
    form = UploadForm(
        request.POST if is_post else None,
        request.FILES if is_post else None,
        actor=request.actor,
        initial=initial,
    )
    if is_post and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            row = imports.receive(
                file.chunks(),
                actor=request.actor,
                file_name=file.name,
                size=file.size,
                settings=form.settings(),
            )
        except CampaignError as error:
            place = error.errors[0][0] if error.errors else "file"
            form.add_error(place if place in form.fields else "file", error.detail)
        else:
            return redirect("campaigns:import", slug=slug, import_id=row.pk)
    context = {"form": form, "form_mark": new_mark()}
    status = 422 if is_post else 200
    return render(request, "campaigns/imports/new.html", context, status=status)


def _found(request: MemberRequest, import_id: UUID) -> Import:
    rows = Import.objects.visible_to(request.actor)
    rows = rows.select_related("workspace", "lead_list", "campaign")
    found: Import | None = rows.filter(pk=import_id).first()
    if found is None:
        raise Http404
    return found


_VERBS = {
    "run": (imports.run, gettext_lazy("The leads are being taken in.")),
    "undo": (imports.undo, gettext_lazy("The import is being undone.")),
}


@requires(Permission.IMPORT)
def one(request: MemberRequest, slug: str, import_id: UUID) -> HttpResponse:
    """Where it stands; a post maps it, runs it or undoes it."""
    row = _found(request, import_id)
    if request.method != "POST":
        return _page(request, row)
    step = request.POST.get("do", "")
    if step == "map":
        return _map(request, row)
    verb, text = _VERBS.get(step, (None, ""))
    if verb is not None:
        try:
            verb(row.pk, actor=request.actor)
        except (CampaignError, PermissionRefused) as error:
            messages.error(request, getattr(error, "detail", "") or str(error))
        else:
            messages.success(request, text)
    return redirect("campaigns:import", slug=slug, import_id=row.pk)


def _map(request: MemberRequest, row: Import) -> HttpResponse:
    form = SettingsForm(request.POST)
    form.keep(",".join(row.match_on))
    mapping = [request.POST.get(f"column-{n}", "") for n in range(len(row.headers))]
    errors: dict[str, str] = {}
    problem = ""
    if form.is_valid():
        given = form.cleaned_data
        try:
            imports.save_mapping(
                row.pk,
                actor=request.actor,
                mapping=mapping,
                settings={
                    "duplicates": given["duplicates"],
                    "match_on": given["match_on"].split(","),
                },
                options={"day_first": given["day_first"] == "true", "source": given["source"]},
            )
        except CampaignError as error:
            errors = {name.removeprefix("mapping."): text for name, _code, text in error.errors}
            problem = error.detail
        else:
            return redirect("campaigns:import", slug=row.workspace.slug, import_id=row.pk)
    return _page(request, row, form=form, mapping=mapping, errors=errors, problem=problem)


def _page(
    request: MemberRequest,
    row: Import,
    *,
    form: SettingsForm | None = None,
    mapping: list[str] | None = None,
    errors: dict[str, str] | None = None,
    problem: str = "",
) -> HttpResponse:
    may_map = not row.work and row.status in ("uploaded", "mapped", "ready")
    wants_map = row.status != "ready" or form is not None or "map" in request.GET
    context: dict[str, Any] = {
        "import": row,
        "steps": _steps(row),
        "is_mapping": may_map and wants_map,
        "problem": problem,
        "can_run": row.status == "ready" or imports.can_go_on(row),
        "can_undo": not row.work
        and (row.status == "completed" or (row.status == "failed" and row.started_at is not None))
        and request.actor.can(Permission.LEAD_DELETE),
    }
    if context["is_mapping"]:
        context["form"] = form or SettingsForm.of(row)
        context["columns"] = columns(row, mapping or row.mapping, errors)
    elif not row.work and row.status != "uploaded":
        context["told"] = _told(row)
        context["more"] = max(0, _problems(row) - SHOWN)
    status = 422 if form is not None else 200
    return render(request, "campaigns/imports/detail.html", context, status=status)


def _steps(row: Import) -> list[tuple[str, str]]:
    """The way of an import: each step, and whether it is past, now or to come."""
    names = [_("Upload"), _("Map"), _("Try out"), _("Take in")]
    now = {"uploaded": 1, "mapped": 2, "ready": 2, "running": 3}.get(row.status, 4)
    if row.status == "uploaded" and row.work:
        now = 0
    return [
        (name, "done" if n < now else "now" if n == now else "") for n, name in enumerate(names)
    ]


def _problems(row: Import) -> int:
    counts = row.counts if row.started_at else row.foreseen
    return int(counts.get("skipped", 0)) + int(counts.get("errors", 0))


def _told(row: Import) -> list[dict[str, Any]]:
    """The first rows that were not taken, or not all of them, with how they begin."""
    results = ImportResult.objects.in_workspace(row.workspace_id).filter(
        parent=row, phase=error_file.phase_of(row)
    )
    found: list[ImportResult] = []
    # The refused ones first; each by its index.
    for outcome in (_Outcome.ERROR, _Outcome.SKIPPED, _Outcome.UPDATED):
        rows = results.filter(outcome=outcome).order_by("number")
        found += rows[: SHOWN - len(found)] if len(found) < SHOWN else []
    numbers = [result.number for result in found]
    rows_of = ImportRow.objects.in_workspace(row.workspace_id).filter(
        parent=row, number__in=numbers
    )
    cells = dict(rows_of.values_list("number", "cells"))
    return [
        {
            "number": result.number,
            "outcome": result.outcome,
            "label": result.get_outcome_display(),
            "reason": error_file.reason_of(row, result),
            "cells": " · ".join(
                [cell for cell in cells.get(result.number, []) if cell][:CELLS_SHOWN]
            ),
        }
        for result in found
    ]


@requires(Permission.IMPORT)
def errors(request: MemberRequest, slug: str, import_id: UUID) -> FileResponse:
    """The file of rows that were not taken."""
    return error_file.response(_found(request, import_id))
