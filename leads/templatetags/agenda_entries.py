"""The entries of the page of tasks and appointments, of which it may have two hundred.

The kind of an entry is drawn once and what is its own is filled in: a template for each of them
took most of the page's time.
"""

from typing import Any
from uuid import UUID

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.permissions import Permission
from accounts.pieces import piece
from accounts.templatetags.components import row_address, row_url
from leads.diary.agenda import Entry
from leads.models import Lead, Task
from leads.templatetags.lead_display import clock_time, exact_time, heat_badge, status_badge

register = template.Library()


@register.simple_tag(takes_context=True)
def agenda_entry(context: dict[str, Any], entry: Entry, part: str) -> SafeString:
    """A task or an appointment; in the part ``today`` the time of day says when."""
    lead, task, visit = entry.lead, entry.task, entry.appointment
    owner = task.owner if task else lead.assigned_to
    drawn = piece(
        "leads/agenda/entry.html",
        is_task=task is not None,
        is_late=part == "overdue",
        is_of_somebody=context["owner"] is not None,
        may_edit=context["can"][Permission.LEAD_EDIT.value],
    )
    title = task.title if task else _("Appointment")
    if visit is not None and visit.location:
        title = f"{title} · {visit.location}"
    return SafeString(
        drawn.format(
            title=escape(title),
            status=status_badge(lead.status),
            heat=heat_badge(lead),
            owner=escape(owner.get_full_name() if owner else "–"),
            at=clock_time(entry.at) if part == "today" else exact_time(entry.at),
            **_lead(context, lead),
            **_form(context, "task_mark" if task else "task_visit", entry.row.pk),
        )
    )


@register.simple_tag(takes_context=True)
def agenda_done(context: dict[str, Any], task: Task) -> SafeString:
    """A task that was done today."""
    drawn = piece("leads/agenda/done.html", may_edit=context["can"][Permission.LEAD_EDIT.value])
    return SafeString(
        drawn.format(
            title=escape(task.title),
            at=clock_time(task.done_at),
            **_lead(context, task.lead),
            **_form(context, "task_mark", task.pk),
        )
    )


def _lead(context: dict[str, Any], lead: Lead) -> dict[str, Any]:
    address = row_url("leads:detail", context["workspace"], lead.number)
    return {"name": escape(lead.contact.name), "number": lead.number, "lead_url": address}


def _form(context: dict[str, Any], view: str, row_id: UUID) -> dict[str, str]:
    address = row_address(f"leads:{view}", context["workspace"].slug, row_id)
    query = context["query"]
    return {
        "action": escape(f"{address}?{query}") if query else address,
        "csrf_token": context["csrf_token"],
    }
