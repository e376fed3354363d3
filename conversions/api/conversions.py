"""Logging conversions, one or many, and reading them."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import ApiView, found_or_404
from accounts.api_lists import (
    OWN_WORKSPACE,
    Listing,
    narrowed,
    require_own_workspace,
)
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from accounts.problems import ProblemError, problem_of
from conversions import recording, rendering
from conversions.api import examples
from conversions.api.inputs import (
    BatchInput,
    ContactConversionInput,
    ConversionInput,
    DocumentedBatchInput,
)
from conversions.api.shapes import (
    BatchSerializer,
    ConversionSerializer,
    LoggedConversionSerializer,
)
from conversions.contact_facts import ContactConversion, update_contact_conversion
from conversions.filters import ConversionFilter
from conversions.gathering import log_gathered
from conversions.models import Conversion
from leads import rendering as lead_rendering
from leads.api.examples import CONTACT
from leads.api.listings import DAY_OR_MOMENT, parameter
from leads.api.shapes import ContactSerializer
from leads.merges.merged import contact_by_ref
from leads.models import Contact

TAG = "Conversions"

CONVERSIONS = Listing(
    orderings=("created_at", "converted_at"),
    filters=(
        *OWN_WORKSPACE,
        parameter("contact_id", "The contact's UUID or number."),
        parameter("lead_id", "The lead's UUID or number."),
        parameter("conversion_type", "One or several types, repeated or comma-separated."),
        parameter("from_date", f"Converted from. {DAY_OR_MOMENT}"),
        parameter("to_date", f"Converted to. {DAY_OR_MOMENT}"),
        parameter("min_value", "Value, at least.", {"type": "number"}),
        parameter("max_value", "Value, at most.", {"type": "number"}),
        parameter("converted_by", "Who made it; several are comma-separated."),
    ),
)


def _reported(given: dict[str, Any]) -> recording.ConversionInput:
    """The verb's input from a validated body."""
    return recording.ConversionInput(
        contact_ref=given["contact_id"],
        lead_ref=given.get("lead_id") or "",
        type=given["conversion_type"],
        converted_by=given["converted_by"],
        converted_at=given.get("converted_at"),
        value=given.get("conversion_value"),
        currency=given.get("currency", ""),
        external_ref=given.get("external_ref", ""),
        custom_data=given.get("custom_data", {}),
    )


def _rendered(logged: recording.Logged) -> dict[str, Any]:
    return rendering.conversion(logged.conversion) | {"deduplicated": not logged.created}


class LogView(ApiView):
    needs = {"POST": Permission.CONVERSION_LOG}

    @documented(
        tag=TAG,
        summary="Log a conversion",
        description=(
            "`sale` (and the types the workspace calls final) converts the lead, `qualified`"
            " qualifies it, others only record. Without `lead_id` the contact's one open lead is"
            " linked. The same `external_ref` again answers 200 with the stored conversion."
        ),
        request=ConversionInput,
        example=examples.CONVERSION,
        response=LoggedConversionSerializer,
        answer=examples.LOGGED,
        status=201,
        also={200: "This `external_ref` was logged before."},
    )
    def post(self, request: Request) -> Response:
        given = self.parsed(ConversionInput)
        require_own_workspace(self.actor, given)
        # With an Idempotency-Key the answer is stored in the transaction of the effect.
        log = log_gathered if self._claim is None else recording.log_conversion
        logged = log(_reported(given), actor=self.actor)
        return Response(_rendered(logged), status=201 if logged.created else 200)


class BatchView(ApiView):
    needs = {"POST": Permission.CONVERSION_LOG}

    @documented(
        tag=TAG,
        summary="Log many conversions",
        description=(
            "Up to 1,000 rows, each as in `POST /conversions/log/` and each by itself: a row that"
            " is refused does not undo the others. `results` keeps the order of the request."
        ),
        request=DocumentedBatchInput,
        example=examples.BATCH,
        response=BatchSerializer,
        answer=examples.BATCH_ANSWER,
    )
    def post(self, request: Request) -> Response:
        given = self.parsed(BatchInput)["conversions"]
        # One for all rows: building its fields costs more than checking a row.
        form = ConversionInput()
        parsed = [self._parsed_row(form, row) for row in given]
        rows = {n: row for n, row in enumerate(parsed) if not isinstance(row, ProblemError)}
        refused = {n: row for n, row in enumerate(parsed) if isinstance(row, ProblemError)}
        outcomes = recording.log_many(rows, actor=self.actor) | refused
        results = [_batch_row(n, outcomes[n]) for n in range(len(given))]
        statuses = [row["status"] for row in results]
        created, known = statuses.count(201), statuses.count(200)
        return Response(
            {
                "results": results,
                "created": created,
                "deduplicated": known,
                "failed": len(results) - created - known,
            }
        )

    def _parsed_row(
        self, form: ConversionInput, row: Any
    ) -> recording.ConversionInput | ProblemError:
        try:
            given = form.run_validation(row)
            require_own_workspace(self.actor, given)
        except ValidationError as error:
            return problem_of(error)
        except ProblemError as error:
            return error
        return _reported(given)


def _batch_row(index: int, outcome: recording.Logged | ProblemError) -> dict[str, Any]:
    if isinstance(outcome, ProblemError):
        return {"index": index, "status": outcome.status, "problem": outcome.body}
    status = 201 if outcome.created else 200
    return {"index": index, "status": status, "conversion": _rendered(outcome)}


class ConversionsView(ApiView):
    needs = {"GET": Permission.VIEW}
    listing = CONVERSIONS

    @documented(
        tag=TAG,
        summary="List conversions",
        response=page_of(ConversionSerializer),
        answer=page_answer(examples.STORED),
    )
    def get(self, request: Request) -> Response:
        visible: QuerySet[Conversion] = Conversion.objects.visible_to(self.actor)
        rows = narrowed(
            ConversionFilter(
                request.query_params,
                queryset=visible.select_related("workspace"),
                actor=self.actor,
            )
        )
        return CONVERSIONS.answer(request, rows, rendering.conversion)


class ContactConversionView(ApiView):
    needs = {"PUT": Permission.CONVERSION_LOG, "PATCH": Permission.CONVERSION_LOG}

    def look_up(self, **kwargs: str) -> None:
        rows = Contact.objects.visible_to(self.actor)
        found_or_404(contact_by_ref(rows, kwargs["contact"], workspace_id=self.workspace.pk))

    @documented(
        tag=TAG,
        summary="Update a contact's conversion facts",
        description=(
            "Writes an `updated` activity and moves the contact's one open lead where that is"
            " legal; creates no conversion."
        ),
        request=ContactConversionInput,
        example=examples.CONTACT_CONVERSION,
        response=ContactSerializer,
        answer=CONTACT,
        conflicts=True,
    )
    def patch(self, request: Request, contact: str) -> Response:
        facts = ContactConversion(**self.parsed(ContactConversionInput))
        row = update_contact_conversion(contact, facts, actor=self.actor)
        return Response(lead_rendering.contact(row))

    put = patch
