"""Taking hold of one lead: seen by the actor, locked until the transaction ends."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import Permission
from leads.errors import LeadNotFound, StaleLead
from leads.models import Lead, Status
from leads.models.lead import LeadQuerySet


def held(actor: Actor, *, only: Sequence[str] = ()) -> LeadQuerySet:
    """The leads the actor sees, each locked with its contact as it is read, until the commit.

    With `only`, just these columns (`contact__…` for the contact's), for who reads a thousand.

    Both are locked: a contact that was only joined would be as old as the wait for the lead was
    long, and saving it would undo what others wrote meanwhile. Not FOR UPDATE: that would wait for
    the key checks of rows that refer to the lead, which other transactions make when they commit,
    and deadlock with them.
    """
    visible = Lead.objects.visible_to(actor)
    leads = visible.select_related("contact").only(*only) if only else visible.for_list()
    return leads.select_for_update(no_key=True, of=("self", "contact"))


@contextmanager
def locked(
    lead: Lead | UUID,
    *,
    actor: Actor,
    permission: Permission = Permission.LEAD_EDIT,
    expected_status: str | None = None,
) -> Iterator[Lead]:
    """A fresh, locked copy of the lead, its contact locked with it, in a transaction of its own.

    Raises `LeadNotFound`, `PermissionRefused`, and `StaleLead` when the caller looked at another
    status than the lead has by now.
    """
    lead_id = lead.pk if isinstance(lead, Lead) else lead
    with transaction.atomic():
        row = held(actor).filter(pk=lead_id).first()
        if row is None:
            raise LeadNotFound
        actor.require(permission)
        check_seen(row, expected_status)
        yield row


def check_seen(lead: Lead, expected_status: str | None) -> None:
    """Raise `StaleLead` when the lead is not where the caller saw it."""
    if expected_status and lead.status != expected_status:
        raise StaleLead(
            _("Somebody moved this lead to “%(status)s” meanwhile. Look again and decide anew.")
            % {"status": Status(lead.status).label},
            status_now=lead.status,
        )
