"""The cells of a table of leads: a row has many, and a template for each would cost too much."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import template
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from accounts.models import Workspace
from accounts.templatetags.components import icon, person, row_url
from leads.fields.custom_forms import shown_fields
from leads.listing.columns import Column
from leads.models import Lead, QualityRating
from leads.templatetags.lead_display import (
    ago,
    exact_time,
    heat_badge,
    method_icon,
    method_label,
    short_date,
    source_label,
    status_badge,
)

register = template.Library()

_QUALITY_LABELS = dict(QualityRating.choices)
Cell = Callable[[Lead, Workspace], str]


def _clipped(text: object) -> str:
    return format_html('<span class="cell-clip">{}</span>', text) if text else ""


def _muted(text: str) -> str:
    return format_html('<span class="muted">{}</span>', text)


def _owner(lead: Lead, _workspace: Workspace) -> str:
    return person(lead.assigned_to) if lead.assigned_to else _muted(_("Nobody"))


def _last_contact(lead: Lead, _workspace: Workspace) -> str:
    if lead.last_contacted_at is None:
        return _muted(_("Never"))
    return format_html(
        '<span class="cell-icon">{}<span class="visually-hidden">{}</span>{}</span>',
        icon(method_icon(lead.last_contact_method)),
        method_label(lead.last_contact_method),
        ago(lead.last_contacted_at),
    )


def _reach(lead: Lead, workspace: Workspace) -> str:
    contact = lead.contact
    return format_html(
        '<a class="cell-clip" href="{}"><span class="visually-hidden">{}, </span>{}</a>',
        row_url("leads:contact", workspace, contact.number),
        contact.name,
        contact.phone or contact.email or _("contact"),
    )


def _tags(lead: Lead, _workspace: Workspace) -> str:
    names = [(tag.name,) for tag in lead.contact.tags.all()]
    badges = format_html_join(" ", '<span class="badge">{}</span>', names)
    return format_html('<span class="cell-tags">{}</span>', badges) if names else ""


def _first_response(lead: Lead, _workspace: Workspace) -> str:
    """Of who still waits for it."""
    waits = lead.first_contacted_at is None and lead.status in ("new", "enriched")
    return exact_time(lead.first_response_due_at) if waits else ""


_CELLS: Mapping[str, Cell] = {
    "status": lambda lead, _w: status_badge(lead.status),
    "heat": lambda lead, _w: heat_badge(lead),
    "owner": _owner,
    "last_contact": _last_contact,
    "contact_count": lambda lead, _w: str(lead.contact_count),
    "reach": _reach,
    "company": lambda lead, _w: _clipped(lead.contact.company and lead.contact.company.name),
    "source": lambda lead, _w: escape(source_label(lead.source)),
    "created": lambda lead, _w: ago(lead.created_at),
    "tags": _tags,
    "next_task": lambda lead, _w: exact_time(lead.next_task_at),
    "first_response_due": _first_response,
    "last_activity": lambda lead, _w: ago(lead.last_activity_at),
    "first_contact": lambda lead, _w: short_date(lead.first_contacted_at),
    "last_response": lambda lead, _w: ago(lead.last_response_at),
    "response_count": lambda lead, _w: str(lead.response_count),
    "quality_rating": lambda lead, _w: escape(_QUALITY_LABELS.get(lead.quality_rating, "")),
    "status_since": lambda lead, _w: ago(lead.status_changed_at),
    "email": lambda lead, _w: _clipped(lead.contact.email),
    "phone": lambda lead, _w: _clipped(lead.contact.phone),
    "job_title": lambda lead, _w: _clipped(lead.contact.job_title),
    "campaign": lambda lead, _w: _clipped(lead.utm_campaign),
}


def _custom(lead: Lead, column: Column) -> str:
    values = (lead if column.reads == ("custom_fields",) else lead.contact).custom_fields
    texts = shown_fields([column.field], values)[0].texts if column.field else []
    return _clipped(", ".join(texts))


def column_class(column: Column, are_usual: bool) -> str:
    """A choice of one's own is shown whole, however narrow the window is."""
    names = ["number"] if column.is_number else []
    if are_usual and column.width:
        names.append(f"column-{column.width}")
    return " ".join(names)


_MAIN = (
    '<td role="cell" class="cell-main"><a class="row-link" href="{}"><span class="cell-clip">{}'
    '</span> <span class="muted tabular">#{}</span></a><a class="row-preview" href="{}" hx-get="{}"'
    ' hx-target="#preview" hx-swap="outerHTML" title="{}" aria-label="{}">{}</a></td>'
)


@register.simple_tag
def lead_name_cell(lead: Lead, workspace: Workspace) -> SafeString:
    """The first cell: the way to the lead's page, and to its preview beside the list."""
    name = lead.contact.name
    address = row_url("leads:detail", workspace, lead.number)
    return format_html(
        _MAIN,
        address,
        name,
        lead.number,
        address,
        row_url("leads:preview", workspace, lead.number),
        _("Preview"),
        _("Preview: %(name)s") % {"name": name},
        icon("panel-right", "icon-small"),
    )


@register.simple_tag
def lead_cells(
    lead: Lead, columns: Sequence[Column], workspace: Workspace, are_usual: bool
) -> SafeString:
    """The cells of a row behind the one with the name."""
    cells = []
    for column in columns:
        text = _custom(lead, column) if column.field else _CELLS[column.name](lead, workspace)
        css_class, label = _frame(column, are_usual)
        cells.append(f'<td role="cell"{css_class}{label}>{text}</td>')
    return mark_safe("".join(cells))  # noqa: S308 - every cell has escaped its own


def _frame(column: Column, are_usual: bool) -> tuple[str, Any]:
    css_class = column_class(column, are_usual)
    if are_usual and column.is_hidden_on_phone:
        css_class = f"{css_class} cell-phone-hidden"
    label = format_html(' data-label="{}"', column.label) if column.is_labelled else ""
    return f' class="{css_class.strip()}"' if css_class else "", label


@register.simple_tag
def heading_class(column: Column | None, are_usual: bool) -> str:
    """The class of a column's head."""
    return column_class(column, are_usual) if column else ""
