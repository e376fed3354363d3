"""What Google's reasons ask for: the one table that turns its words into ours.

The names are members of `ErrorReason` (an answer to a request) and of `ProcessingErrorReason`
(found out later, prefixed), google-ads-datamanager 0.9.4. A reason not listed condemns its row.
"""

from __future__ import annotations

from collections.abc import Mapping

from integrations.providers.google_verdicts import (
    CONFIGURE,
    DELIVERED,
    GIVE_UP,
    RETRY,
    TOO_RECENT,
    Meaning,
)

REASONS: Mapping[str, Meaning] = {
    "DUPLICATE_GCLID": DELIVERED,
    "DUPLICATE_TRANSACTION_ID": DELIVERED,
    "TOO_RECENT_CLICK": TOO_RECENT,
    "CONVERSION_ACTION_TOO_RECENTLY_CREATED": TOO_RECENT,  # inferred
    "INTERNAL_ERROR": RETRY,
    "DEADLINE_EXCEEDED": RETRY,
    "RESOURCE_EXHAUSTED": RETRY,
    "UNAVAILABLE": RETRY,  # inferred
    "RATE_LIMIT_EXCEEDED": RETRY,  # Google's common word, not in ErrorReason: inferred
    "DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS": CONFIGURE,
    "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED": CONFIGURE,
    # The rest of this group is inferred: each says something of the account, none of the row.
    "TERMS_AND_CONDITIONS_NOT_SIGNED": CONFIGURE,
    "DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS": CONFIGURE,
    "DESTINATION_ACCOUNT_TYPE_MISMATCH": CONFIGURE,
    "OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH": CONFIGURE,
    "PERMISSION_DENIED": CONFIGURE,
    "NOT_ALLOWLISTED": CONFIGURE,
    "ADVERTISER_TOS_NOT_ACCEPTED": CONFIGURE,
    "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED": CONFIGURE,
    "INVALID_DESTINATION": CONFIGURE,
    "INVALID_CONVERSION_ACTION_ID": CONFIGURE,
    "INVALID_CONVERSION_ACTION_TYPE": CONFIGURE,
    "EVENT_SOURCE_AND_DESTINATION_MISMATCH": CONFIGURE,
}

_PROCESSING_PREFIX = "PROCESSING_ERROR_REASON_"


def meaning_of(reason: str) -> Meaning:
    """What a reason of either enumeration asks for; giving the row up when it is unknown."""
    return REASONS.get(reason.removeprefix(_PROCESSING_PREFIX), GIVE_UP)
