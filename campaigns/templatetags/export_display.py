"""How exports are shown."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.templatetags.components import icon
from campaigns.models import Export
from leads.templatetags.job_display import grouped

register = template.Library()

_ICONS = {
    Export.Status.QUEUED: "clock",
    Export.Status.RUNNING: "refresh-cw",
    Export.Status.COMPLETED: "circle-check",
    Export.Status.FAILED: "circle-alert",
    Export.Status.EXPIRED: "circle-slash",
}
_COLORS = {
    Export.Status.QUEUED: "is-pending",
    Export.Status.RUNNING: "is-sending",
    Export.Status.COMPLETED: "is-completed",
    Export.Status.FAILED: "is-failed",
    Export.Status.EXPIRED: "is-expired",
}


@register.simple_tag
def export_badge(export: Export) -> SafeString:
    status = Export.Status(export.status)
    return format_html(
        '<span class="badge {}">{}{}</span>', _COLORS[status], icon(_ICONS[status]), status.label
    )


@register.filter
def export_subject(export: Export) -> str:
    """What is in the file."""
    if export.lead_list is not None:
        return _("List: %(name)s") % {"name": export.lead_list.name}
    if export.campaign is not None:
        return _("Campaign: %(name)s") % {"name": export.campaign.name}
    return _("Leads of a filter") if export.filter else _("All leads")


@register.filter
def rows_so_far(export: Export) -> str:
    """24,600 of about 60,000 leads"""
    done, total = grouped(export.done), grouped(export.total)
    if export.status == Export.Status.COMPLETED:
        return _("%(done)s leads") % {"done": done}
    return _("%(done)s of about %(total)s leads") % {"done": done, "total": total}
