"""Uploads as pages show them, and the panel of a lead's own uploads for the Lead page."""

from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.pieces import piece
from conversions.models import Upload
from conversions.models.rule import CONVERSION_TRIGGER
from leads.models import Lead, Status

register = template.Library()

_ICONS = {
    Upload.Status.PENDING: "clock",
    Upload.Status.SENDING: "send",
    Upload.Status.ACCEPTED: "circle-check",
    Upload.Status.CONFIRMED: "badge-check",
    Upload.Status.RETRYING: "refresh-cw",
    Upload.Status.HELD: "pause",
    Upload.Status.FAILED: "triangle-alert",
    Upload.Status.EXPIRED: "hourglass",
    Upload.Status.DRY_RUN: "flask-conical",
    Upload.Status.SKIPPED: "skip-forward",
}
# A pending one goes by itself, an accepted one is never sent twice.
_WORTH_RETRYING = frozenset(
    {
        Upload.Status.RETRYING,
        Upload.Status.HELD,
        Upload.Status.FAILED,
        Upload.Status.EXPIRED,
        Upload.Status.DRY_RUN,
        Upload.Status.SKIPPED,
    }
)


@register.filter
def upload_icon(status: str) -> str:
    return _ICONS.get(Upload.Status(status), "circle")


@register.filter
def upload_label(status: str) -> str:
    return str(Upload.Status(status).label)


@register.simple_tag
def upload_badge(upload: Upload) -> SafeString:
    """Icon and word of an upload's state."""
    return piece("conversions/upload_badge.html", status=upload.status)


@register.filter
def is_worth_retrying(upload: Upload) -> bool:
    return upload.status in _WORTH_RETRYING


@register.filter
def event_label(trigger: str) -> str:
    """The lead's stage, or the type of a logged conversion, in words."""
    if trigger.startswith(CONVERSION_TRIGGER):
        kind = trigger.removeprefix(CONVERSION_TRIGGER).replace("_", " ")
        return _("Conversion: %(type)s") % {"type": kind}
    return str(Status(trigger).label) if trigger in Status.values else trigger


@register.inclusion_tag("conversions/lead_uploads.html", takes_context=True)
def lead_uploads(context: Context, lead: Lead) -> dict[str, Any]:
    """Every upload of the lead with its state, and a retry for those who may."""
    request = context["request"]
    rows = (
        Upload.objects.visible_to(request.actor)
        .filter(lead=lead)
        .select_related("connection")
        .order_by("-created_at", "-id")
    )
    return {
        "uploads": rows,
        "can": context["can"],
        "workspace": context["workspace"],
        "csrf_token": context.get("csrf_token"),
        "return_to": request.path if request.method == "GET" else "",
    }
