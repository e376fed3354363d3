"""How jobs and the boxes that select leads are shown."""

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.templatetags.components import icon
from leads.bulk.bulk_actions import words_for
from leads.models import Job, Lead

register = template.Library()

_ICONS = {
    Job.Status.QUEUED: "clock",
    Job.Status.RUNNING: "refresh-cw",
    Job.Status.COMPLETED: "circle-check",
    Job.Status.FAILED: "circle-alert",
    Job.Status.CANCELED: "circle-slash",
}
_COLORS = {
    Job.Status.QUEUED: "is-pending",
    Job.Status.RUNNING: "is-sending",
    Job.Status.COMPLETED: "is-completed",
    Job.Status.FAILED: "is-failed",
    Job.Status.CANCELED: "is-canceled",
}
_SELECT = (
    '<td role="cell" class="cell-select"><label class="select-hit"><input type="checkbox"'
    ' name="ids" value="{}" form="bulk" autocomplete="off" aria-label="{}"></label></td>'
)


@register.simple_tag
def select_cell(lead: Lead) -> SafeString:
    """The box that selects a row."""
    label = _("Select %(name)s") % {"name": lead.contact.name}
    return format_html(_SELECT, lead.pk, label)


@register.filter
def job_words(job: Job) -> str:
    """What the job does."""
    return words_for(job)


@register.simple_tag
def job_badge(job: Job) -> SafeString:
    status = Job.Status(job.status)
    return format_html(
        '<span class="badge {}">{}{}</span>', _COLORS[status], icon(_ICONS[status]), status.label
    )


@register.filter
def grouped(number: int) -> str:
    """1,204"""
    return number_format(number, use_l10n=True, force_grouping=True)


@register.filter
def so_far(job: Job) -> str:
    """120 of 348"""
    text = _("%(done)s of about %(total)s") if job.total_is_estimate else _("%(done)s of %(total)s")
    return text % {"done": grouped(job.done), "total": grouped(job.total)}


@register.filter
def outcome(job: Job) -> str:
    """What came of it so far, in words."""
    parts = [_("%(count)s changed") % {"count": grouped(job.changed)}]
    if job.unchanged:
        parts.append(_("%(count)s as they were") % {"count": grouped(job.unchanged)})
    if job.failed:
        parts.append(_("%(count)s refused") % {"count": grouped(job.failed)})
    return ", ".join(parts)
