"""What a member was told: the list, marking it read, and whether it is mailed."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from leads.assigning import duty
from leads.messaging import notifications as news
from leads.messaging import other_news

SHOWN = 50


@requires(Permission.VIEW)
def notifications(request: MemberRequest, slug: str) -> HttpResponse:
    """The latest; a post marks all of them read."""
    if request.method == "POST":
        news.mark_read(actor=request.actor)
        messages.success(request, _("Everything is read."))
        return redirect("leads:notifications", slug=slug)
    rows = news.notifications_of(request.actor)
    rows = rows.select_related("lead__contact", "lead__assigned_to").order_by("-id")
    rows = rows.annotate(task_title=news.TASK_TITLE, among_others=news.AMONG_OTHERS)[:SHOWN]
    shown = [(row, other_news.news_of(row)) for row in rows]
    context = {"notifications": shown, "by_email": news.wants_mail(request.actor), "most": SHOWN}
    return render(request, "leads/notifications/list.html", context)


@requires(Permission.VIEW)
def notification(request: MemberRequest, slug: str, notification_id: UUID) -> HttpResponse:
    """Go to what it is about; whoever goes there has read it."""
    row = news.notifications_of(request.actor).select_related("lead").filter(pk=notification_id)
    found = row.first()
    if found is None:
        raise Http404
    if request.method == "POST":
        news.mark_read(actor=request.actor, notification_id=found.pk)
    other = other_news.news_of(found)
    if other is not None:
        return redirect(other.address(slug, found))
    if found.lead is None:
        raise Http404
    return redirect("leads:detail", slug=slug, ref=found.lead.number)


@requires(Permission.VIEW)
def by_email(request: MemberRequest, slug: str) -> HttpResponse:
    """Whether the member is told by e-mail, too."""
    if request.method == "POST":
        wanted = request.POST.get("by_email") == "yes"
        duty.set_by_email(actor=request.actor, by_email=wanted)
        text = _("New leads are mailed to you.") if wanted else _("No more mails of new leads.")
        messages.success(request, text)
    return redirect("leads:notifications", slug=slug)
