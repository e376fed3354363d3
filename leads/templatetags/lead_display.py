"""How leads, times and people are shown: icons by meaning, times that read well and stay exact."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from html import escape
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext
from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.pieces import piece
from leads.models import Heat, InteractionType, Lead, Platform, Source, Status
from leads.stages import MOVE_TO

register = template.Library()

_STATUS_ICONS = {
    Status.NEW: "circle-plus",
    Status.ENRICHED: "sparkles",
    Status.CONTACTED: "user-round-check",
    Status.CONVERSING: "messages-square",
    Status.QUALIFIED: "badge-check",
    Status.SCHEDULED: "calendar-clock",
    Status.COMPLETED: "calendar-check",
    Status.CONVERTED: "circle-check-big",
    Status.LOST: "circle-slash",
}
_MOVE_ICONS = {move: _STATUS_ICONS[status] for status, move in MOVE_TO.items()} | {
    "lose": _STATUS_ICONS[Status.LOST],
    "reopen": "rotate-ccw",
}
_HEAT_ICONS = {Heat.COLD: "snowflake", Heat.WARM: "thermometer", Heat.HOT: "flame"}
# Ways to contact a person, and the two other kinds of the composer.
_METHOD_ICONS = {
    "note": "sticky-note",
    "touchpoint": "mouse-pointer-click",
    "call": "phone",
    "email": "mail",
    "sms": "message-square",
    "linkedin": "link",
    "messenger": "message-circle",
    "instagram": "message-circle",
    "other": "message-circle",
}
_INTERACTION_ICONS = {
    InteractionType.CALL_INBOUND: "phone-incoming",
    InteractionType.CALL_OUTBOUND: "phone-outgoing",
    InteractionType.SMS: "message-square",
    InteractionType.EMAIL: "mail",
    InteractionType.FB_MSG: "message-circle",
    InteractionType.IG_MSG: "message-circle",
    InteractionType.LINKEDIN_MSG: "message-circle",
    InteractionType.CONTACT_OTHER: "message-circle",
    InteractionType.NOTE: "sticky-note",
    InteractionType.SOCIAL_FOLLOW: "user-plus",
    InteractionType.SOCIAL_LIKE: "heart",
    InteractionType.SOCIAL_COMMENT: "message-square-text",
    InteractionType.SOCIAL_MENTION: "at-sign",
    InteractionType.STORY_VIEW: "eye",
    InteractionType.CONNECTION_REQUEST: "handshake",
    InteractionType.WEBSITE_VISIT: "globe",
    InteractionType.INFO_REQUEST: "info",
    InteractionType.PRICE_QUOTE: "dollar-sign",
    InteractionType.SITE_VISIT: "map-pin",
    InteractionType.FORM_SUBMISSION: "file-text",
    InteractionType.STATUS_CHANGE: "arrow-right-left",
    InteractionType.SYSTEM_AUTO: "bot",
}

_MESSAGE_ICONS = {
    "queued": "clock",
    "sending": "send",
    "sent": "check",
    "delivered": "circle-check",
    "bounced": "circle-alert",
    "failed": "circle-alert",
}
_METHOD_LABELS = {
    "call": gettext_lazy("Call"),
    "email": gettext_lazy("E-mail"),
    "sms": gettext_lazy("SMS"),
    "linkedin": gettext_lazy("LinkedIn"),
    "other": gettext_lazy("Other"),
}
_STEP_LABELS = {
    "created": gettext_lazy("Lead came in"),
    "arrived_again": gettext_lazy("Came in again"),
    "assigned": gettext_lazy("Owner taken off"),
    "enriched": gettext_lazy("Enriched"),
    "rescheduled": gettext_lazy("Appointment rescheduled"),
    "appointment": gettext_lazy("Appointment changed"),
    "updated": gettext_lazy("Details changed"),
    "deleted": gettext_lazy("Lead deleted"),
    "restored": gettext_lazy("Lead restored"),
    "task_added": gettext_lazy("Task added"),
    "task_changed": gettext_lazy("Task changed"),
    "task_completed": gettext_lazy("Task done"),
    "task_reopened": gettext_lazy("Task to be done again"),
    "task_deleted": gettext_lazy("Task deleted"),
}
_CAUSE_LABELS = {
    "complained": gettext_lazy("Called our e-mail spam: they want no e-mail"),
    "unsubscribed": gettext_lazy("Unsubscribed: they want no e-mail"),
}
_PLATFORM_LABELS = dict(Platform.choices)
_STATUS_LABELS = dict(Status.choices)
_HEAT_LABELS = dict(Heat.choices)
_SOURCE_LABELS = dict(Source.choices)


@register.filter
def status_icon(status: str) -> str:
    return _STATUS_ICONS.get(Status(status), "circle")


@register.filter
def move_icon(move: str) -> str:
    return _MOVE_ICONS.get(move, "circle")


@register.filter
def heat_icon(heat: str) -> str:
    return _HEAT_ICONS.get(Heat(heat), "circle")


@register.filter
def message_icon(status: str) -> str:
    """What became of a message that was to be sent."""
    return _MESSAGE_ICONS.get(status, "circle")


@register.filter
def method_icon(method: str) -> str:
    return _METHOD_ICONS.get(method, "message-circle")


@register.filter
def method_label(method: str) -> str:
    return str(_METHOD_LABELS.get(method, method))


@register.filter
def interaction_icon(kind: str) -> str:
    return _INTERACTION_ICONS.get(InteractionType(kind), "circle")


@register.filter
def interaction_label(kind: str) -> str:
    return str(InteractionType(kind).label)


@register.filter
def platform_label(platform: str) -> str:
    return str(_PLATFORM_LABELS.get(platform, platform))


@register.filter
def status_label(status: str) -> str:
    return str(_STATUS_LABELS.get(status, status))


@register.filter
def heat_label(heat: str) -> str:
    return str(_HEAT_LABELS.get(heat, heat))


@register.filter
def source_label(source: str) -> str:
    return str(_SOURCE_LABELS.get(source, source))


@register.filter
def label_from(code: str, labels: Mapping[str, str]) -> str:
    """The label a workspace gave a code; the code itself where it has none any more."""
    return labels.get(code, code)


@register.filter
def step_label(payload: Mapping[str, str]) -> str:
    """What an automatic step of the timeline did."""
    if payload.get("step") == "assigned" and payload.get("to_name"):
        words = {"name": payload["to_name"], "rule": payload.get("rule", "")}
        if payload.get("automatic") and words["rule"]:
            return _("Assigned to %(name)s by the rule “%(rule)s”") % words
        if payload.get("automatic"):
            return _("Assigned to %(name)s automatically") % words
        return _("Assigned to %(name)s") % words
    if payload.get("step") in ("merged", "merge_undone"):
        return _merge_label(payload)
    label = _CAUSE_LABELS.get(payload.get("because", "")) or _STEP_LABELS.get(
        payload.get("step", "")
    )
    return str(label) if label else _("Automatic step")


def _merge_label(payload: Mapping[str, str]) -> str:
    words = {
        "contact": payload.get("lost_contact_number", ""),
        "lead": payload.get("lost_lead_number", ""),
    }
    if payload["step"] == "merge_undone":
        return _("Merge undone: contact #%(contact)s is on its own again") % words
    if words["lead"]:
        return _("Contact #%(contact)s was merged into this one, with lead #%(lead)s") % words
    return _("Contact #%(contact)s was merged into this one") % words


@register.simple_tag
def status_badge(status: str) -> SafeString:
    """Icon and word of a status."""
    return piece("components/status_badge.html", status=status)


@register.simple_tag
def assign_choice(member: Membership, lead: Lead) -> SafeString:
    """A member to choose as the lead's owner."""
    return piece(
        "leads/assign_choice.html",
        user_id=str(member.user_id),
        name=member.user.get_full_name(),
        is_on_duty=member.on_duty,
        is_owner=member.user_id == lead.assigned_to_id,
    )


@register.simple_tag
def heat_badge(lead: Lead) -> SafeString:
    """Icon, word and number of a lead's heat."""
    return piece("components/heat_badge.html", heat=lead.heat, score=lead.heat_score)


@register.filter
def short_duration(value: timedelta | None) -> str:
    """A length of time in its largest unit: <1 min, 40 min, 6 h, 12 d."""
    if value is None:
        return ""
    seconds = int(value.total_seconds())
    if seconds < 60:
        return _("<1 min")
    if seconds < 3600:
        return _("%(count)d min") % {"count": seconds // 60}
    if seconds < 86400:
        return _("%(count)d h") % {"count": seconds // 3600}
    return _("%(count)d d") % {"count": seconds // 86400}


def _formatted(local: datetime, form: str) -> str:
    """In that form, none of which shows seconds or a zone."""
    return _formatted_minute(_minute(local), form, get_language())


def _minute(local: datetime) -> datetime:
    return local.replace(second=0, microsecond=0, tzinfo=None)


@lru_cache(maxsize=4096)
def _formatted_minute(minute: datetime, form: str, _language: str | None) -> str:
    # Kept, because a page of a list says a hundred times, and the next visitor reads them again.
    return date_format(minute, form)


def _exact(value: datetime) -> str:
    return _formatted(timezone.localtime(value), "DATETIME_FORMAT")


def _time_element(value: datetime, text: str) -> SafeString:
    return _element(value, _exact(value), text)


def _element(value: datetime, exact: str, text: str) -> SafeString:
    # By hand, for a page has hundreds: only a translation could hold what must be escaped.
    return SafeString(
        f'<time datetime="{value.isoformat()}" title="{escape(exact)}">{escape(text)}</time>'
    )


def _short_date(value: datetime) -> str:
    local = timezone.localtime(value)
    is_this_year = local.year == timezone.localtime().year
    return _date_in_words(local.date(), is_this_year, get_language())


@register.simple_tag
def ago(value: datetime | None) -> str:
    """How long ago, up to a week; then the date. The exact time is the element's title."""
    if value is None:
        return ""
    now, language = timezone.now(), get_language()
    local = value.astimezone(timezone.get_current_timezone())
    passed = now - value
    if passed < timedelta(days=7):
        text = _ago_in_words(passed // timedelta(minutes=1), language)
    else:
        is_this_year = local.year == now.astimezone(local.tzinfo).year
        text = _date_in_words(local.date(), is_this_year, language)
    exact = _formatted_minute(_minute(local), "DATETIME_FORMAT", language)
    return _element(value, exact, text)


@lru_cache(maxsize=16_384)
def _ago_in_words(minutes: int, _language: str | None) -> str:
    """Up to a week; kept, because to translate took longer than all the rest of a list's times."""
    passed = timedelta(minutes=minutes)
    if minutes < 1:
        return _("just now")
    if passed < timedelta(days=1):
        return _("%(duration)s ago") % {"duration": short_duration(passed)}
    days = ngettext("%(days)d day ago", "%(days)d days ago", passed.days)
    return days % {"days": passed.days}


@lru_cache(maxsize=4096)
def _date_in_words(day: date, is_this_year: bool, _language: str | None) -> str:
    if is_this_year:
        return date_format(day, pgettext("date within this year", "j M"))
    return date_format(day, pgettext("date of another year", "j M Y"))


@register.simple_tag
def short_date(value: datetime | None) -> str:
    """21 Nov, with the year when it is not this one."""
    return _time_element(value, _short_date(value)) if value else ""


@register.simple_tag
def clock_time(value: datetime | None) -> str:
    """The time of day alone."""
    if value is None:
        return ""
    return _time_element(value, _formatted(timezone.localtime(value), "TIME_FORMAT"))


@register.simple_tag
def exact_time(value: datetime | None) -> str:
    """Weekday, date and time: for what a person has to be at."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    this_year = local.year == timezone.localdate().year
    form = (
        pgettext("date with weekday", "D j M")
        if this_year
        else pgettext("date with weekday and year", "D j M Y")
    )
    day = _formatted(local, form)
    return _time_element(
        value,
        _("%(day)s, %(time)s") % {"day": day, "time": _formatted(local, "TIME_FORMAT")},
    )


@register.filter
def day_heading(value: datetime) -> str:
    """Today, Yesterday, or the date."""
    local = timezone.localtime(value)
    distance = (timezone.localdate() - local.date()).days
    if distance == 0:
        return _("Today")
    if distance == 1:
        return _("Yesterday")
    return _formatted(local, "DATE_FORMAT")


@register.filter
def initial(name: Any) -> str:
    return str(name)[:1]
