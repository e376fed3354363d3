"""The channels by which a timeline can be narrowed."""

from django.utils.translation import gettext_lazy as _

from leads.models import InteractionType as Type

_CALLS = (Type.CALL_INBOUND, Type.CALL_OUTBOUND)
_MESSAGES = (
    Type.EMAIL,
    Type.SMS,
    Type.FB_MSG,
    Type.IG_MSG,
    Type.LINKEDIN_MSG,
    Type.CONTACT_OTHER,
)
_CHANGES = (Type.STATUS_CHANGE, Type.SYSTEM_AUTO)
_TOUCHPOINTS = tuple(
    kind for kind in Type if kind not in (*_CALLS, *_MESSAGES, *_CHANGES, Type.NOTE)
)

# name in the address → (what it is called, the types it shows)
CHANNELS = {
    "calls": (_("Calls"), _CALLS),
    "messages": (_("Messages"), _MESSAGES),
    "notes": (_("Notes"), (Type.NOTE,)),
    "touchpoints": (_("Touchpoints"), _TOUCHPOINTS),
    "changes": (_("Changes"), _CHANGES),
}
