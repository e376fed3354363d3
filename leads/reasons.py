"""The reasons a new workspace starts with."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from leads.models import Reason

NO_CONTACT = "no_contact"
LOST_CONTACT = "lost_contact"

_INITIAL = {
    Reason.Kind.LOSS: [
        (NO_CONTACT, _("No contact")),
        (LOST_CONTACT, _("Lost contact")),
        ("price", _("Price too high")),
        ("competitor", _("Went to a competitor")),
        ("timing", _("Not the right time")),
        ("not_interested", _("Not interested")),
        ("bad_fit", _("Bad fit")),
        ("duplicate", _("Duplicate")),
        ("spam", _("Spam")),
        ("other", _("Other")),
    ],
    Reason.Kind.UNQUALIFIED: [
        (NO_CONTACT, _("No contact")),
        ("no_budget", _("No budget")),
        ("no_authority", _("Not the decision maker")),
        ("no_need", _("No need")),
        ("outside_area", _("Outside our area")),
        ("wrong_contact_details", _("Wrong contact details")),
        ("spam", _("Spam")),
        ("other", _("Other")),
    ],
}


def seed_reasons(workspace_id: UUID) -> None:
    """Give a workspace its first lists; running it again adds only what is missing."""
    Reason.objects.bulk_create(
        [
            Reason(
                workspace_id=workspace_id,
                kind=kind,
                code=code,
                label=str(label),
                position=position,
            )
            for kind, reasons in _INITIAL.items()
            for position, (code, label) in enumerate(reasons)
        ],
        ignore_conflicts=True,
    )
