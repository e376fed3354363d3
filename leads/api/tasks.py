"""Follow-ups, of one lead and across leads."""

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import ApiView, one_by_id
from accounts.api_lists import InvalidParameter, narrowed
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from leads import rendering
from leads.api import examples
from leads.api.inputs import NewTaskInput, TaskChangesInput
from leads.api.leads import LeadView
from leads.api.listings import TASKS, TaskFilter
from leads.api.shapes import TaskSerializer
from leads.diary import followups
from leads.merges.merged import lead_by_ref
from leads.models import Lead, Task

TAG = "Tasks"


class TasksView(ApiView):
    needs = {"GET": Permission.VIEW}
    listing = TASKS

    @documented(
        tag=TAG,
        summary="List tasks, across leads",
        response=page_of(TaskSerializer),
        answer=page_answer(examples.TASK),
    )
    def get(self, request: Request) -> Response:
        _refuse_me_of_a_key(self)
        rows = Task.objects.visible_to(self.actor).select_related("owner")
        found = narrowed(TaskFilter(request.query_params, queryset=rows, actor=self.actor))
        return TASKS.answer(request, found, rendering.task)


def _refuse_me_of_a_key(view: ApiView) -> None:
    if view.actor.user is None and "owned_by_me" in view.request.query_params:
        raise InvalidParameter("owned_by_me", "A key is nobody: name users in owner.")


class LeadTasksView(LeadView):
    needs = {"GET": Permission.VIEW, "POST": Permission.LEAD_EDIT}
    listing = TASKS

    @documented(
        tag=TAG,
        summary="List a lead's tasks",
        response=page_of(TaskSerializer),
        answer=page_answer(examples.TASK),
    )
    def get(self, request: Request, lead: str) -> Response:
        _refuse_me_of_a_key(self)
        rows = Task.objects.in_workspace(self.workspace.pk).filter(lead=self.lead)
        found = narrowed(
            TaskFilter(request.query_params, rows.select_related("owner"), actor=self.actor)
        )
        return TASKS.answer(request, found, rendering.task)

    @documented(
        tag=TAG,
        summary="Add a task",
        description=(
            "Only the title has to be given. The earliest open task is the lead's `next_task_at`;"
            " losing the lead closes what is open, reopening it brings that back."
        ),
        request=NewTaskInput,
        example=examples.NEW_TASK,
        response=TaskSerializer,
        answer=examples.TASK,
        status=201,
    )
    def post(self, request: Request, lead: str) -> Response:
        row = followups.add(self.lead, actor=self.actor, facts=self.parsed(NewTaskInput))
        return Response(rendering.task(row), status=201)


class TaskView(ApiView):
    """One task, by its own address or beneath its lead."""

    needs = {
        "GET": Permission.VIEW,
        "PUT": Permission.LEAD_EDIT,
        "PATCH": Permission.LEAD_EDIT,
        "DELETE": Permission.LEAD_EDIT,
    }
    task: Task

    def look_up(self, **kwargs: str) -> None:
        rows = Task.objects.visible_to(self.actor).select_related("owner")
        self.task = one_by_id(rows, kwargs["task"])
        if "lead" in kwargs:
            seen = Lead.objects.visible_to(self.actor)
            named = lead_by_ref(seen, kwargs["lead"], workspace_id=self.workspace.pk)
            if named is None or named.pk != self.task.lead_id:
                raise Http404

    @documented(tag=TAG, summary="Read a task", response=TaskSerializer, answer=examples.TASK)
    def get(self, request: Request, task: str, lead: str = "") -> Response:
        return Response(rendering.task(self.task))

    @documented(
        tag=TAG,
        summary="Change, complete or reopen a task",
        description="`done` completes or reopens it. A new `reminder_at` reminds again.",
        request=TaskChangesInput,
        example=examples.TASK_CHANGES,
        response=TaskSerializer,
        answer=examples.TASK,
    )
    def patch(self, request: Request, task: str, lead: str = "") -> Response:
        changes = self.parsed(TaskChangesInput, current=rendering.task(self.task))
        row = followups.change(self.task.pk, actor=self.actor, changes=changes)
        return Response(rendering.task(row))

    put = patch

    @documented(tag=TAG, summary="Delete a task", status=204)
    def delete(self, request: Request, task: str, lead: str = "") -> Response:
        followups.delete(self.task.pk, actor=self.actor)
        return Response(status=204)
