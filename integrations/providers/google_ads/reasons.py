"""What the errors of the Google Ads API ask for: the tables that turn Google's words into ours.

An error names one member of one enumeration, such as ORDER_ID_ALREADY_IN_USE of
`conversion_upload_error`. Names are those of google-ads 34.0.0, API v26; the grouping is inferred
from the library's docstrings.
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

CONVERSION_UPLOAD: Mapping[str, Meaning] = {
    # Google has it.
    "ORDER_ID_ALREADY_IN_USE": DELIVERED,
    "CLICK_CONVERSION_ALREADY_EXISTS": DELIVERED,
    "CALL_CONVERSION_ALREADY_EXISTS": DELIVERED,
    # Google does not know the click, or the action, yet.
    "TOO_RECENT_EVENT": TOO_RECENT,
    "TOO_RECENT_CALL": TOO_RECENT,
    "TOO_RECENT_CONVERSION_ACTION": TOO_RECENT,
    # The rows are only wrong together: apart, each is taken or found to be delivered. Waiting times
    # vary at random, so the next attempts part them.
    "DUPLICATE_ORDER_ID": RETRY,
    "DUPLICATE_CLICK_CONVERSION_IN_REQUEST": RETRY,
    "DUPLICATE_CALL_CONVERSION_IN_REQUEST": RETRY,
    # Fault of the request. `GIVE_UP` makes the base class send it again in halves.
    "TOO_MANY_CONVERSIONS_IN_REQUEST": GIVE_UP,
    "INVALID_JOB_ID": GIVE_UP,
    "GBRAID_WBRAID_BOTH_SET": GIVE_UP,
    # A manager has to change the account or the conversion action.
    "UNAUTHORIZED_CUSTOMER": CONFIGURE,
    "CONVERSION_TRACKING_NOT_ENABLED_AT_IMPRESSION_TIME": CONFIGURE,
    "CONVERSION_TRACKING_NOT_ENABLED_AT_CALL_TIME": CONFIGURE,
    "CUSTOM_VARIABLE_NOT_ENABLED": CONFIGURE,
    "CUSTOMER_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS": CONFIGURE,
    "CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS": CONFIGURE,
    "CUSTOMER_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS": CONFIGURE,
    "NO_CONVERSION_ACTION_FOUND": CONFIGURE,
    "INVALID_CONVERSION_ACTION_TYPE": CONFIGURE,
    "ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID": CONFIGURE,
    "EXTERNAL_ATTRIBUTION_DATA_SET_FOR_NON_EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION": CONFIGURE,
    "EXTERNAL_ATTRIBUTION_DATA_NOT_SET_FOR_EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION": CONFIGURE,
    "ORDER_ID_NOT_PERMITTED_FOR_EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION": CONFIGURE,
    "EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION_NOT_PERMITTED_WITH_USER_IDENTIFIER": CONFIGURE,
    # The row will never be taken.
    "UNPARSEABLE_GCLID": GIVE_UP,
    "UNPARSEABLE_WBRAID": GIVE_UP,
    "UNPARSEABLE_GBRAID": GIVE_UP,
    "UNPARSEABLE_CALLERS_PHONE_NUMBER": GIVE_UP,
    "CONVERSION_PRECEDES_EVENT": GIVE_UP,
    "CONVERSION_PRECEDES_CALL": GIVE_UP,
    "EXPIRED_EVENT": GIVE_UP,
    "EXPIRED_CALL": GIVE_UP,
    "EVENT_NOT_FOUND": GIVE_UP,
    "CALL_NOT_FOUND": GIVE_UP,
    "CLICK_NOT_FOUND": GIVE_UP,
    "INVALID_CUSTOMER_FOR_CLICK": GIVE_UP,
    "INVALID_CUSTOMER_FOR_CALL": GIVE_UP,
    "CUSTOM_VARIABLE_VALUE_CONTAINS_PII": GIVE_UP,
    "ORDER_ID_CONTAINS_PII": GIVE_UP,
    "INVALID_USER_IDENTIFIER": GIVE_UP,
    "UNSUPPORTED_USER_IDENTIFIER": GIVE_UP,
    "CONVERSION_NOT_COMPLIANT_WITH_ATT_POLICY": GIVE_UP,
    # A reason of a later version of the API arrives as UNKNOWN.
    "UNKNOWN": GIVE_UP,
    "UNSPECIFIED": GIVE_UP,
}

# Whole enumerations whose members ask for the same. One that is not listed condemns its row.
_FAMILIES: Mapping[str, Meaning] = {
    "authentication_error": CONFIGURE,
    "authorization_error": CONFIGURE,
    "header_error": CONFIGURE,
    "not_allowlisted_error": CONFIGURE,
    "operation_access_denied_error": CONFIGURE,
    "resource_access_denied_error": CONFIGURE,
    "database_error": RETRY,
    "internal_error": RETRY,
    "quota_error": RETRY,
}

_EXCEPTIONS: Mapping[tuple[str, str], Meaning] = {
    ("quota_error", "ACCESS_PROHIBITED"): CONFIGURE,
    # Only that the true code is newer than this version is known: trying for ever is no answer.
    ("internal_error", "ERROR_CODE_NOT_PUBLISHED"): GIVE_UP,
    ("request_error", "BAD_RESOURCE_ID"): CONFIGURE,
    ("request_error", "CANNOT_BE_EXECUTED_BY_MANAGER_ACCOUNT"): CONFIGURE,
    ("request_error", "CLOUD_PROJECT_NOT_FOUND"): CONFIGURE,
    ("request_error", "DEVELOPER_TOKEN_PARAMETER_MISSING"): CONFIGURE,
    ("request_error", "INVALID_CUSTOMER_ID"): CONFIGURE,
    ("request_error", "LOGIN_CUSTOMER_ID_PARAMETER_MISSING"): CONFIGURE,
    ("request_error", "RESOURCE_NAME_MALFORMED"): CONFIGURE,  # the only one is the action's
    ("request_error", "RESOURCE_NAME_MISSING"): CONFIGURE,
    ("request_error", "RESOURCE_NOT_FOUND"): CONFIGURE,
    ("request_error", "RPC_DEADLINE_TOO_SHORT"): RETRY,
    ("request_error", "UNSUPPORTED_VERSION"): CONFIGURE,
}

ABOUT_THE_ACTION = frozenset(
    {
        "BAD_RESOURCE_ID",
        "INVALID_CONVERSION_ACTION_TYPE",
        "NO_CONVERSION_ACTION_FOUND",
        "RESOURCE_NAME_MALFORMED",
        "RESOURCE_NAME_MISSING",
        "RESOURCE_NOT_FOUND",
    }
)
"""Reasons that say something of the conversion action a rule names, nothing of the account."""


def meaning_of(family: str, code: str) -> Meaning:
    """What a member of an enumeration asks for.

    Args:
        family: the field of Google's `ErrorCode` that is set, such as "quota_error".
        code: the member's name.
    """
    if family == "conversion_upload_error":
        return CONVERSION_UPLOAD.get(code, GIVE_UP)
    return _EXCEPTIONS.get((family, code)) or _FAMILIES.get(family, GIVE_UP)
