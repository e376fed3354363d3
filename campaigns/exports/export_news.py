"""Telling whoever asked that their file is ready, or that it could not be made."""

from functools import partial

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from campaigns.models import Export
from integrations.nudges import nudge
from leads.messaging.other_news import OtherNews
from leads.messaging.recipients import members_of, without_mail
from leads.models import Notification


def _address(slug: str, row: Notification) -> str:
    return reverse("campaigns:export", kwargs={"slug": slug, "export_id": row.event_id})


NEWS = {
    Notification.Kind.EXPORT_READY: OtherNews(
        "download", gettext_lazy("Your export is ready. It is kept for seven days."), _address
    ),
    Notification.Kind.EXPORT_FAILED: OtherNews(
        "circle-alert", gettext_lazy("Your export could not be made. See why."), _address
    ),
}


def tell(export: Export) -> None:
    """Once for each end of an export; a key is told nothing."""
    workspace_id, user_id = export.workspace_id, export.user_id
    if user_id is None or user_id not in members_of(workspace_id, [user_id]):
        return
    is_ready = export.status == Export.Status.COMPLETED
    by_mail = user_id not in without_mail(workspace_id, [user_id])
    mine = Notification.objects.in_workspace(workspace_id).filter(user_id=user_id)
    # One that failed and was made again has another end now.
    mine.filter(event_id=export.pk).delete()
    Notification.objects.create(
        workspace_id=workspace_id,
        user_id=user_id,
        kind=Notification.Kind.EXPORT_READY if is_ready else Notification.Kind.EXPORT_FAILED,
        event_id=export.pk,
        by=export.file_name[:200],
        email_due_at=timezone.now() if by_mail else None,
    )
    if by_mail:
        transaction.on_commit(partial(nudge, "leads.tasks.send_due_mails"), robust=True)
