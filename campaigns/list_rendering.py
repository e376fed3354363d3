"""Lists and their members as the API shows them."""

from typing import Any

from campaigns.models import LeadList, LeadListMember
from campaigns.rule_words import RuleWords
from leads.models import Lead


def lead_list(row: LeadList, words: RuleWords) -> dict[str, Any]:
    """A list that was read `with_use`."""
    counted: Any = row
    return {
        "id": row.pk,
        "name": row.name,
        "description": row.description,
        "list_type": row.list_type,
        "criteria": row.criteria,
        "rule": words.sentence(row.criteria),
        "rule_error": row.rule_error,
        "tags": row.tags,
        "metadata": row.metadata,
        "is_archived": row.is_archived,
        "lead_count": row.lead_count,
        "campaigns_used_in": counted.campaigns_used_in,
        "counted_at": row.counted_at,
        "rebuilt_at": row.rebuilt_at,
        "created_by": row.created_by,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def member(row: LeadListMember) -> dict[str, Any]:
    return {
        **_lead(row.lead),
        "by": row.by,
        "added_at": row.added_at,
        "added_by": row.added_by.get_full_name() if row.added_by else "",
        "added_by_user_id": row.added_by_id,
        "notes": row.notes,
    }


def found_by_rule(row: Lead) -> dict[str, Any]:
    """A lead of a dynamic list: nobody put it there."""
    return {
        **_lead(row),
        "by": LeadListMember.By.RULE,
        "added_at": None,
        "added_by": "",
        "added_by_user_id": None,
        "notes": "",
    }


def _lead(row: Lead) -> dict[str, Any]:
    return {"lead_id": row.pk, "lead_number": row.number, "lead_name": row.contact.name}
