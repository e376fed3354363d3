"""Imports in words."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.templatetags.components import icon
from campaigns.models import Import
from leads.templatetags.job_display import grouped

register = template.Library()

_ICONS = {
    "uploaded": "upload",
    "mapped": "list",
    "ready": "flask-conical",
    "running": "hourglass",
    "completed": "check",
    "failed": "circle-alert",
    "undone": "undo-2",
    "created": "plus",
    "updated": "pencil",
    "skipped": "skip-forward",
    "error": "circle-alert",
}
_COLORS = {
    "uploaded": "is-pending",
    "mapped": "is-pending",
    "ready": "is-pending",
    "running": "is-sending",
    "completed": "is-completed",
    "failed": "is-failed",
    "undone": "is-canceled",
    "created": "is-completed",
    "updated": "is-sending",
    "skipped": "is-canceled",
    "error": "is-failed",
}


@register.simple_tag
def import_badge(row: Import) -> SafeString:
    """Where it stands; what is under way says so."""
    label = row.get_work_display() if row.work else row.get_status_display()
    if row.work:
        return _badge("is-sending", "hourglass", label)
    return _badge(_COLORS[row.status], _ICONS[row.status], label)


@register.simple_tag
def outcome_badge(outcome: str, label: str) -> SafeString:
    """What a row becomes."""
    return _badge(_COLORS[outcome], _ICONS[outcome], label)


def _badge(color: str, name: str, label: str) -> SafeString:
    return format_html('<span class="badge {}">{}{}</span>', color, icon(name), label)


@register.filter
def counts_shown(row: Import) -> dict[str, int]:
    """What was done, else what was foreseen."""
    if row.started_at or not row.foreseen:
        return row.counts
    return {name: int(n) for name, n in row.foreseen.items()}


def _in_words(counts: dict[str, int]) -> str:
    words = (
        ("created", _("%(n)s new")),
        ("updated", _("%(n)s updated")),
        ("skipped", _("%(n)s skipped")),
        ("errors", _("%(n)s with errors")),
    )
    return ", ".join(
        text % {"n": grouped(counts[name])} for name, text in words if counts.get(name)
    )


@register.filter
def import_outcome(row: Import) -> str:
    """What came of it, for the list."""
    if row.status == Import.Status.FAILED:
        return row.error
    if row.status == Import.Status.UNDONE:
        return undone_words(row)
    return _in_words(counts_shown(row))


@register.filter
def result_words(row: Import) -> str:
    """What the page says above the counts."""
    if row.status == Import.Status.UNDONE:
        return undone_words(row)
    if row.status == Import.Status.READY:
        return _("This is what would happen. Nothing is taken in yet.")
    if row.status == Import.Status.FAILED:
        return _("What was taken in stays. Go on with the rest, or undo it.")
    enrolled = row.file_facts.get("enrolled")
    if enrolled:
        return _("%(added)s are in the campaign now, %(excluded)s may not be called.") % {
            "added": grouped(enrolled["added"]),
            "excluded": grouped(enrolled["excluded"]),
        }
    return _("Everything that could be taken in is in.")


def undone_words(row: Import) -> str:
    """What undoing did."""
    text = _("%(deleted)s taken out, %(restored)s put back as they were.") % {
        "deleted": grouped(row.undone.get("deleted", 0)),
        "restored": grouped(row.undone.get("restored", 0)),
    }
    kept = row.undone.get("kept", 0)
    if kept:
        text += " " + ngettext(
            "%(n)s stays, since somebody has worked on it.",
            "%(n)s stay, since somebody has worked on them.",
            kept,
        ) % {"n": grouped(kept)}
    return text


@register.filter
def take_in_label(row: Import) -> str:
    """On the button after the dry run."""
    number = int(row.foreseen.get("created", 0)) + int(row.foreseen.get("updated", 0))
    return ngettext("Take in %(n)s row", "Take in %(n)s rows", number) % {"n": grouped(number)}


@register.filter
def so_far_of_import(row: Import) -> str:
    """How far the work under way is."""
    if row.work == Import.Work.READ:
        return _("Reading the file")
    text = {
        Import.Work.CHECK: _("Trying out: %(percent)d% of %(total)s rows"),
        Import.Work.RUN: _("Taking in: %(percent)d% of %(total)s rows"),
        Import.Work.UNDO: _("Undoing: %(percent)d% of %(total)s rows"),
    }[Import.Work(row.work)]
    text = text.replace("%(percent)d%", f"{row.progress} %")
    return text.replace("%(total)s", grouped(row.total))


_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}


@register.filter
def read_as(row: Import) -> str:
    """Format, encoding, separator: how the file was read."""
    facts: dict[str, Any] = row.file_facts
    parts = [str(facts.get("format", "")).upper()]
    if facts.get("sheet"):
        parts.append(_("sheet “%(name)s”") % {"name": facts["sheet"]})
    if facts.get("encoding"):
        parts.append(str(facts["encoding"]).upper())
    if facts.get("delimiter"):
        parts.append(_DELIMITERS.get(facts["delimiter"], facts["delimiter"]))
    if facts.get("mixed_lines"):
        text = ngettext(
            "%(n)s line in another encoding",
            "%(n)s lines in another encoding",
            facts["mixed_lines"],
        )
        parts.append(text % {"n": grouped(facts["mixed_lines"])})
    if row.total:
        rows = ngettext("%(n)s row", "%(n)s rows", row.total) % {"n": grouped(row.total)}
        parts.append(rows)
    return ", ".join(part for part in parts if part) or "–"
