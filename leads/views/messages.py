"""The conversation on a lead's page, and in whose name a workspace writes."""

from uuid import UUID

from django.conf import settings as deployment
from django.contrib import messages as notices
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.actors import requires
from accounts.permissions import Permission
from accounts.requests import MemberRequest
from leads.errors import LeadError
from leads.messaging import email_sender, messages
from leads.messaging.conversation import thread
from leads.messaging.email_sender_form import EmailSenderForm
from leads.models import Message
from leads.views.detail import get_lead, render_lead
from leads.views.saving import is_saved, status_of


@requires(Permission.VIEW)
def conversation(request: MemberRequest, slug: str, ref: str) -> HttpResponse:
    """The thread alone, for a page that looks again; 204 while it is as the page has it."""
    lead = get_lead(request, ref)
    found = thread(lead, channel=request.GET.get("thread", ""), shown=request.GET.get("last", ""))
    if request.GET.get("seen") == found.version:
        return HttpResponse(status=204)
    return render(request, "leads/conversation.html", {"lead": lead, "thread": found})


@requires(Permission.LEAD_EDIT)
def retry(request: MemberRequest, slug: str, ref: str, message_id: UUID) -> HttpResponse:
    """Send what failed once more."""
    lead = get_lead(request, ref)
    rows = Message.objects.of_lead(lead.workspace_id, lead.pk)
    get_object_or_404(rows, pk=message_id)
    if request.method == "POST":
        try:
            messages.retry(message_id, actor=request.actor)
        except LeadError as error:
            return render_lead(request, lead, refused=error.detail, status=error.status)
        notices.success(request, _("It is tried again now."))
    return redirect("leads:detail", slug=slug, ref=lead.number)


@requires(Permission.RULE_EDIT)
def sender(request: MemberRequest, slug: str) -> HttpResponse:
    """The settings of the workspace's e-mail."""
    row = email_sender.current(request.workspace.pk)
    form = EmailSenderForm(request.POST or None, row=row)
    if is_saved(request, form):
        notices.success(request, _("Saved. It holds for the e-mails sent from now."))
        return redirect("leads:email_sender", slug=slug)
    context = {
        "form": form,
        "now_from": email_sender.sender_of(request.workspace),
        "domains": deployment.EMAIL_SENDER_DOMAINS,
        "inbound_domain": deployment.EMAIL_INBOUND_DOMAIN,
    }
    return render(request, "leads/email_sender.html", context, status=status_of(request))
