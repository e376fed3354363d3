"""Something done to many leads, as a job, and what became of it."""

from collections.abc import Callable, Mapping
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import Actor
from accounts.api_base import ApiView, one_by_id
from accounts.api_lists import narrowed
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from leads.api.bulk_inputs import BulkInput, BulkSelection
from leads.api.job_shapes import BULK, JOB, JOBS, JobFilter, JobSerializer, job_form
from leads.bulk import jobs
from leads.bulk.bulk_actions import action_named
from leads.bulk.selection import Selection, filtered, named
from leads.errors import LeadError
from leads.models import Job

TAG = "Bulk actions"


class BulkView(ApiView):
    # What an action needs beyond it, its job asks for.
    needs = {"POST": Permission.LEAD_EDIT}

    @documented(
        tag=TAG,
        summary="Do something to many leads",
        description=(
            "To the leads of `ids`, or to all that a `filter` finds; the answer is a job to look"
            " after with GET /jobs/{job}/. It is done as the caller, with what the caller may see"
            " and do by then, each lead by itself: what one refuses is among the job's errors."
            " `assign` takes `user_id`; `tag` and `untag` take `tags`; `lose` takes `loss_reason`,"
            " `unqualified_reason` and `notes`; `restore` takes `ids` only. An empty `filter` needs"
            " `all: true`."
        ),
        request=BulkInput,
        example=BULK,
        response=JobSerializer,
        answer=JOB,
        status=202,
    )
    def post(self, request: Request) -> Response:
        name = request.data.get("action") if isinstance(request.data, Mapping) else None
        # Before the rest is read: what else there may be is the action's to say.
        takes = action_named(name).input if isinstance(name, str) else BulkSelection
        body = self.parsed(takes)
        selection = _selection(self.actor, body)
        job = jobs.request(body["action"], actor=self.actor, selection=selection, given=body)
        return Response(job_form(job), status=202)


def _selection(actor: Actor, body: Mapping[str, object]) -> Selection:
    ids, given, everything = body.get("ids"), body.get("filter"), bool(body.get("all"))
    if isinstance(ids, list):
        if given is not None or everything:
            message = "Give either ids or a filter."
            raise LeadError(message, errors=[("ids", "conflict", message)])
        return named(ids, actor=actor)
    return filtered(given if isinstance(given, dict) else {}, actor=actor, everything=everything)


class JobsView(ApiView):
    needs = {"GET": Permission.VIEW}
    listing = JOBS

    @documented(
        tag=TAG,
        summary="List jobs",
        description="A rep's own; everybody else sees all of the workspace.",
        response=page_of(JobSerializer),
        answer=page_answer(JOB),
    )
    def get(self, request: Request) -> Response:
        rows = Job.objects.visible_to(self.actor).defer("lead_ids")
        found = narrowed(JobFilter(request.query_params, queryset=rows, actor=self.actor))
        return JOBS.answer(request, found, job_form)


class _OneJobView(ApiView):
    job: Job

    def look_up(self, **kwargs: str) -> None:
        rows = Job.objects.visible_to(self.actor).defer("lead_ids")
        self.job = one_by_id(rows, kwargs["job"])


class JobView(_OneJobView):
    needs = {"GET": Permission.VIEW}

    @documented(tag=TAG, summary="Read a job", response=JobSerializer, answer=JOB)
    def get(self, request: Request, job: str) -> Response:
        return Response(job_form(self.job))


def _steering_view(
    name: str, verb: Callable[..., Job], *, summary: str, description: str
) -> type[ApiView]:
    """A view whose POST hands the job to one verb."""

    class SteeringView(_OneJobView):
        needs = {"POST": Permission.LEAD_EDIT}

        @documented(
            tag=TAG,
            summary=summary,
            description=description,
            response=JobSerializer,
            answer=JOB,
            conflicts=True,
        )
        def post(self, request: Request, job: str) -> Response:
            job_id: UUID = self.job.pk
            return Response(job_form(verb(job_id, actor=self.actor)))

    SteeringView.__name__ = SteeringView.__qualname__ = name
    return SteeringView


CancelJobView = _steering_view(
    "CancelJobView",
    jobs.cancel,
    summary="Cancel a job",
    description="What is done stays done; the rest is left. One that has ended is 409.",
)
RunJobAgainView = _steering_view(
    "RunJobAgainView",
    jobs.run_again,
    summary="Run a job again",
    description=(
        "Takes up one that stopped or was canceled where it was, as whoever asked for it; a"
        " completed one is 409."
    ),
)
UndoJobView = _steering_view(
    "UndoJobView",
    jobs.undo,
    summary="Take a deletion back",
    description=(
        "Answers a new job that restores what this one deleted; asked again, the same. Any other"
        " job is 409 `cannot_undo`."
    ),
)
