"""Leads grouped for reuse, the campaigns that call them, and the files they come and go in."""

from .call_attempt import CallAttempt
from .campaign import (
    MOST_ATTEMPTS,
    MOST_PRIORITY,
    Campaign,
    CampaignLeadList,
)
from .campaign_lead import CampaignLead
from .export import Export, ExportChunk
from .importing import (
    Import,
    ImportChunk,
    ImportMapping,
    ImportResult,
    ImportRow,
)
from .lead_list import LONGEST_LIST_NAME, LeadList, LeadListMember
from .lead_mark import LeadMark
from .outcome import OUTCOME_RULES, CallOutcome, Outcome, OutcomeRule

__all__ = [
    "LONGEST_LIST_NAME",
    "MOST_ATTEMPTS",
    "MOST_PRIORITY",
    "OUTCOME_RULES",
    "CallAttempt",
    "CallOutcome",
    "Campaign",
    "CampaignLead",
    "CampaignLeadList",
    "Export",
    "ExportChunk",
    "Import",
    "ImportChunk",
    "ImportMapping",
    "ImportResult",
    "ImportRow",
    "LeadList",
    "LeadListMember",
    "LeadMark",
    "Outcome",
    "OutcomeRule",
]
