"""What Google's reasons ask for: the one table that turns its words into ours.

The names are members of `ErrorReason` (an answer to a request) and of `ProcessingErrorReason`
(found out later, prefixed), google-ads-datamanager 0.9.4. A reason not listed condemns its row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from integrations.contracts import Outcome


@dataclass(frozen=True, slots=True)
class Meaning:
    """What to do about a reason; `retry_after` in seconds, when Google names none itself."""

    outcome: Outcome
    retry_after: float | None = None


_DELIVERED = Meaning(Outcome.ACCEPTED)
_RETRY = Meaning(Outcome.TEMPORARY)
_TOO_RECENT = Meaning(Outcome.TEMPORARY, retry_after=6 * 3600.0)
_CONFIGURE = Meaning(Outcome.CONFIGURATION)
_GIVE_UP = Meaning(Outcome.PERMANENT)

REASONS: Mapping[str, Meaning] = {
    "DUPLICATE_GCLID": _DELIVERED,
    "DUPLICATE_TRANSACTION_ID": _DELIVERED,
    "TOO_RECENT_CLICK": _TOO_RECENT,
    "CONVERSION_ACTION_TOO_RECENTLY_CREATED": _TOO_RECENT,  # inferred
    "INTERNAL_ERROR": _RETRY,
    "DEADLINE_EXCEEDED": _RETRY,
    "RESOURCE_EXHAUSTED": _RETRY,
    "UNAVAILABLE": _RETRY,  # inferred
    "RATE_LIMIT_EXCEEDED": _RETRY,  # Google's common word, not in ErrorReason: inferred
    "DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS": _CONFIGURE,
    "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED": _CONFIGURE,
    # The rest of this group is inferred: each says something of the account, none of the row.
    "TERMS_AND_CONDITIONS_NOT_SIGNED": _CONFIGURE,
    "DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS": _CONFIGURE,
    "DESTINATION_ACCOUNT_TYPE_MISMATCH": _CONFIGURE,
    "OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH": _CONFIGURE,
    "PERMISSION_DENIED": _CONFIGURE,
    "NOT_ALLOWLISTED": _CONFIGURE,
    "ADVERTISER_TOS_NOT_ACCEPTED": _CONFIGURE,
    "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED": _CONFIGURE,
    "INVALID_DESTINATION": _CONFIGURE,
    "INVALID_CONVERSION_ACTION_ID": _CONFIGURE,
    "INVALID_CONVERSION_ACTION_TYPE": _CONFIGURE,
    "EVENT_SOURCE_AND_DESTINATION_MISMATCH": _CONFIGURE,
}

_PROCESSING_PREFIX = "PROCESSING_ERROR_REASON_"


def meaning_of(reason: str) -> Meaning:
    """What a reason of either enumeration asks for; giving the row up when it is unknown."""
    return REASONS.get(reason.removeprefix(_PROCESSING_PREFIX), _GIVE_UP)
