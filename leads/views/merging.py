"""Contacts that may be one person: suggestions, two side by side, merging, taking it back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.actors import requires
from accounts.keyset import BadCursor, KeysetPage, paginate
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from accounts.sent_once import once
from leads.errors import LeadError
from leads.listing.search import matching_contacts
from leads.merges import duplicates, merged, merging, unmerging
from leads.merges.merge_comparison import compare, default_keep
from leads.merges.merge_fields import InvalidMerge
from leads.models import Contact, DuplicateSuggestion, Merge
from leads.views.contacts import get_contact

ROWS = 50
MATCHES = 10
# What the names of the choices start with, so that they are no other field of the form.
PREFIX = "field."


@requires(Permission.VIEW)
def suggestions(request: MemberRequest, slug: str) -> HttpResponse:
    """Everybody who may be somebody else, the latest suggestion first."""
    rows = DuplicateSuggestion.objects.visible_to(request.actor).open()
    rows = rows.select_related("first__company", "second__company")
    context = {"page": _page(rows, request.GET.get("cursor"))}
    for row in context["page"].rows:
        row.kept = default_keep(row.first, row.second)
        row.other = row.second if row.kept is row.first else row.first
    return render(request, "leads/merge/suggestions.html", context)


def _page(rows: Any, cursor: str | None) -> KeysetPage:
    try:
        return paginate(rows, ordering="-created_at", cursor=cursor, limit=ROWS)
    except BadCursor:
        return paginate(rows, ordering="-created_at", cursor=None, limit=ROWS)


@requires(Permission.LEAD_MERGE)
def dismiss(request: MemberRequest, slug: str, suggestion_id: UUID) -> HttpResponse:
    """They are two people."""
    rows = DuplicateSuggestion.objects.visible_to(request.actor)
    row = get_object_or_404(rows, pk=suggestion_id)
    if request.method == "POST":
        duplicates.dismiss(row.pk, actor=request.actor)
        messages.success(request, _("They are two people: this is not suggested again."))
    back = Contact.objects.visible_to(request.actor).by_ref(request.POST.get("contact", "")).first()
    if back is not None:
        return redirect("leads:contact", slug=slug, ref=back.number)
    return redirect("leads:duplicates", slug=slug)


@requires(Permission.LEAD_MERGE)
def choose(request: MemberRequest, slug: str, ref: str) -> HttpResponse:
    """Whom to merge a contact with: those it may be the same as, or anybody who is searched for."""
    contact = get_contact(request, ref)
    text = request.GET.get("q", "").strip()[:200]
    found = []
    if text:
        country = request.workspace.country
        ids = matching_contacts(request.workspace.pk, text, country=country)[: MATCHES + 1]
        rows = Contact.objects.visible_to(request.actor).select_related("company")
        by_number = rows.by_ref(text.removeprefix("#")) if text.removeprefix("#").isdigit() else []
        found = [*by_number, *rows.filter(pk__in=ids).order_by("-created_at", "-id")]
    context = {
        "contact": contact,
        "q": text,
        "found": [one for one in dict.fromkeys(found) if one != contact][:MATCHES],
        "suggested": duplicates.suggested_for(contact, actor=request.actor),
    }
    return render(request, "leads/merge/choose.html", context)


@requires(Permission.LEAD_MERGE)
@once
def merge(request: MemberRequest, slug: str, ref: str, other: str) -> HttpResponse:
    """Two contacts side by side; posted, the second goes into the first."""
    keep, lose = get_contact(request, ref), get_contact(request, other)
    if keep == lose or not (merged.is_named(keep, ref) and merged.is_named(lose, other)):
        messages.info(request, _("These two are one contact already."))
        return redirect("leads:contact", slug=slug, ref=keep.number)
    given = request.POST if request.method == "POST" else request.GET
    choices = {
        name.removeprefix(PREFIX): str(given[name]) for name in given if name.startswith(PREFIX)
    }
    refused, status = "", 200
    if request.method == "POST":
        try:
            row = merging.merge(keep.pk, lose.pk, actor=request.actor, choices=choices)
        except LeadError as error:
            refused, status = error.detail, error.status
        else:
            _tell(request, row)
            return redirect("leads:contact", slug=slug, ref=keep.number)
    return _side_by_side(request, keep, lose, choices, refused=refused, status=status)


def _side_by_side(
    request: MemberRequest,
    keep: Contact,
    lose: Contact,
    choices: dict[str, str],
    *,
    refused: str,
    status: int,
) -> HttpResponse:
    try:
        comparison = compare(keep, lose, choices)
    except InvalidMerge as error:
        # The fields have changed since, or the address was made up: choose anew.
        refused, status = refused or error.detail, error.status
        comparison = compare(keep, lose, {})
    rows = DuplicateSuggestion.objects.visible_to(request.actor).open()
    context = {
        "keep": keep,
        "lose": lose,
        "suggestion": rows.about(keep).about(lose).first(),
        "comparison": comparison,
        "prefix": PREFIX,
        "refused": refused,
    }
    return render(request, "leads/merge/merge.html", context, status=status)


def _tell(request: MemberRequest, row: Merge) -> None:
    # The button belongs to the form of the contact's page that undoes the merge.
    messages.success(
        request,
        format_html(
            '{} <button class="link-button" type="submit" form="undo-{}">{}</button>',
            _("Contact #%(number)s is merged into this one.") % {"number": row.lost.number},
            row.pk,
            _("Undo"),
        ),
    )


@requires(Permission.LEAD_MERGE)
def undo(request: MemberRequest, slug: str, merge_id: UUID) -> HttpResponse:
    """Make two contacts of one again; refused, the contact's page says why."""
    row = Merge.objects.visible_to(request.actor).select_related("kept").filter(pk=merge_id).first()
    if row is None:
        raise Http404
    if request.method == "POST":
        try:
            undone = unmerging.undo(row.pk, actor=request.actor)
        except LeadError as error:
            messages.error(request, error.detail)
        else:
            messages.success(
                request,
                _("The merge is undone: contact #%(number)s is on its own again.")
                % {"number": undone.lost.number},
            )
    return redirect("leads:contact", slug=slug, ref=row.kept.number)
