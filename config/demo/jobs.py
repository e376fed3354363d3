"""What the demo's managers did to many leads at once: done as they would do it, not made up."""

from accounts.actors import Actor
from config.demo.stories import Cast
from leads.bulk import job_runs, jobs
from leads.bulk.selection import named
from leads.models import Lead, Status

_TAGGED = 12


def load(cast: Cast) -> None:
    """Some of the latest get a tag; leads that cannot be lost show how refusals read."""
    newest = Lead.objects.in_workspace(cast.workspace.pk).alive().order_by("-created_at", "-id")
    _ask(cast.manager, "tag", [lead.pk for lead in newest[:_TAGGED]], tags=["spring offer"])
    sold = newest.filter(status=Status.CONVERTED)[:2]
    fresh = newest.filter(status__in=[Status.NEW, Status.ENRICHED], qualified_at__isnull=True)[:1]
    _ask(cast.manager, "lose", [lead.pk for lead in [*sold, *fresh]], loss_reason="price")
    job_runs.work_off()


def _ask(actor: Actor, action: str, lead_ids: list[object], **given: object) -> None:
    if lead_ids:
        jobs.request(action, actor=actor, selection=named(lead_ids, actor=actor), given=given)
