"""The words of a notification as a mail.

Its links need `SITE_URL`, for there is no request to take the address from.
"""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leads.messaging.other_news import news_of
from leads.models import Lead, Notification

RESPONSE = (Notification.Kind.RESPONSE_SOON, Notification.Kind.RESPONSE_MISSED)


def mail(row: Notification, mailer: BaseEmailBackend) -> EmailMessage:
    """The mail of a row that was read with its user, workspace and lead's contact."""
    slug = row.workspace.slug
    other = news_of(row)
    if row.lead is not None:
        subject, news = _words(row, row.lead)
        lines = [news, f"{_('Source')}: {row.lead.get_source_display()}"]
        page = reverse("leads:detail", kwargs={"slug": slug, "ref": row.lead.number})
    else:
        subject = f"{row.get_kind_display()}: {' '.join(row.by.split())}"
        lines = [str(other.text)] if other else [subject]
        page = other.address(slug, row) if other else ""
    if getattr(row, "among_others", False):
        lines.append(_("More leads were assigned in the same go."))
    if settings.SITE_URL:
        settings_page = reverse("leads:notifications", kwargs={"slug": slug})
        lines += [
            f"{settings.SITE_URL}{page}",
            _("No more of these mails: %(address)s")
            % {"address": f"{settings.SITE_URL}{settings_page}"},
        ]
    return EmailMessage(
        subject,
        "\n\n".join(lines) + "\n",
        to=[row.user.email],
        connection=mailer,
        headers={"X-Leadloop-Notification": str(row.pk)},
    )


def _words(row: Notification, lead: Lead) -> tuple[str, str]:
    """The subject and the first line."""
    name = lead.contact.name
    plain = {"name": " ".join(name.split())}
    about = {"name": name, "workspace": row.workspace.name, "by": row.by}
    if row.kind in RESPONSE:
        about["at"] = _due(row, lead)
        if row.kind == Notification.Kind.RESPONSE_SOON:
            text = _("%(name)s in %(workspace)s is to be contacted by %(at)s.")
            return _("First response due soon: %(name)s") % plain, text % about
        text = _("%(name)s in %(workspace)s was to be contacted by %(at)s, and was not.")
        return _("First response missed: %(name)s") % plain, text % about
    text = (
        _("%(by)s assigned a lead to you in %(workspace)s: %(name)s.")
        if row.by
        else _("A lead was assigned to you in %(workspace)s: %(name)s.")
    )
    return _("New lead for you: %(name)s") % plain, text % about


def _due(row: Notification, lead: Lead) -> str:
    due = lead.first_response_due_at
    if due is None:
        return ""
    return date_format(
        timezone.localtime(due, ZoneInfo(row.workspace.time_zone)), "DATETIME_FORMAT"
    )
