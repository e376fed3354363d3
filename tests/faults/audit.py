"""The database of a site held against a ledger, and against itself.

Each question is one statement that returns what is wrong, so that a failing test shows the rows.
The whole database is asked, not only what one ledger wrote: a fault must not hurt bystanders.
"""

from collections import Counter
from typing import Any

from leads.scoring.heat import DEFAULT
from tests.faults.ledger import Ledger
from tests.faults.site import Site

# Where the rows of a kind of wish keep its key. The moves keep it in their notes.
_KEY_IN = {
    "lead": "SELECT external_id, id::text FROM leads_lead WHERE external_id <> ''",
    "conversion": "SELECT custom_data ->> 'key', id::text FROM conversions_conversion",
}
_KEY_OF_OTHERS = (
    "SELECT payload ->> 'notes', lead_id::text FROM leads_interaction"
    " WHERE payload ? 'notes' AND via = 'api'"
)

WRONG = {
    "contact's conversions and value are not the sums of its rows": """
        SELECT c.id, c.conversion_count, count(v.id), c.lifetime_value, sum(v.value)
        FROM leads_contact c
        JOIN accounts_workspace w ON w.id = c.workspace_id
        LEFT JOIN conversions_conversion v ON v.contact_id = c.id
        GROUP BY c.id
        HAVING c.conversion_count <> count(v.id)
            OR c.lifetime_value <>
                coalesce(sum(v.value) FILTER (WHERE v.currency = w.currency), 0)
    """,
    "lead's contact count is not the number of its contacts": """
        SELECT l.id, l.contact_count, count(i.id)
        FROM leads_lead l
        LEFT JOIN leads_interaction i ON i.lead_id = l.id AND i.direction = 'outbound'
        GROUP BY l.id HAVING l.contact_count <> count(i.id)
    """,
    "lead's status is not where its last move led": """
        SELECT l.id, l.status, last.payload
        FROM leads_lead l
        CROSS JOIN LATERAL (
            SELECT payload FROM leads_interaction
            WHERE lead_id = l.id AND type = 'status_change' ORDER BY at DESC, id DESC LIMIT 1
        ) last
        WHERE l.status <> last.payload ->> 'to'
    """,
    "lead moved without a trace": """
        SELECT l.id, l.status FROM leads_lead l
        WHERE l.status <> 'new' AND NOT EXISTS (
            SELECT FROM leads_interaction WHERE lead_id = l.id AND type = 'status_change')
    """,
    "move has not exactly one interaction and one outbox event": """
        SELECT * FROM (
            SELECT lead_id, payload ->> 'move' AS move, payload ->> 'at' AS at, count(*) AS n
            FROM leads_interaction WHERE type = 'status_change' GROUP BY 1, 2, 3
        ) told
        FULL JOIN (
            SELECT subject_id AS lead_id, payload -> 'change' ->> 'move' AS move,
                payload -> 'change' ->> 'at' AS at, count(*) AS n
            FROM integrations_outboxevent
            WHERE type LIKE 'lead.%' AND payload -> 'change' ->> 'to' <> '' GROUP BY 1, 2, 3
        ) news USING (lead_id, move, at)
        WHERE told.n IS DISTINCT FROM 1 OR news.n IS DISTINCT FROM 1
    """,
    "lead arrived without one interaction and one outbox event": """
        SELECT l.id FROM leads_lead l
        WHERE 1 <> (SELECT count(*) FROM leads_interaction
                WHERE lead_id = l.id AND payload ->> 'step' = 'created')
            OR 1 <> (SELECT count(*) FROM integrations_outboxevent
                WHERE subject_id = l.id AND type = 'lead.created')
    """,
    "conversion has not exactly one activity and one outbox event": """
        SELECT v.id FROM conversions_conversion v
        WHERE 1 <> (SELECT count(*) FROM conversions_activity
                WHERE contact_id = v.contact_id AND metadata ->> 'conversion_id' = v.id::text)
            OR 1 <> (SELECT count(*) FROM integrations_outboxevent
                WHERE subject_id = v.id AND type = 'conversion.logged')
    """,
}

# What the rules owe for the news that was handed on, against what is there.
UPLOADS = """
    WITH stage (move, trigger) AS (
        VALUES ('qualify', 'qualified'), ('schedule', 'scheduled'), ('complete', 'completed'),
            ('convert', 'converted')
    ), due AS (
        SELECT DISTINCT r.id AS rule_id, e.subject_id
        FROM integrations_outboxevent e
        JOIN stage s ON s.move = e.payload -> 'change' ->> 'move'
        JOIN conversions_conversionrule r
            ON r.trigger = s.trigger AND r.workspace_id = e.workspace_id
        WHERE e.processed_at IS NOT NULL
        UNION
        SELECT r.id, v.id
        FROM integrations_outboxevent e
        JOIN conversions_conversion v ON v.id = e.subject_id
        JOIN conversions_conversionrule r
            ON r.trigger = 'conversion:' || v.type AND r.workspace_id = e.workspace_id
        WHERE e.processed_at IS NOT NULL AND e.type = 'conversion.logged'
    ), there AS (
        SELECT rule_id, coalesce(conversion_id, lead_id) AS subject_id, count(*) AS n
        FROM conversions_upload GROUP BY 1, 2
    )
    SELECT * FROM due FULL JOIN there USING (rule_id, subject_id)
    WHERE there.n IS DISTINCT FROM 1
        OR NOT EXISTS (SELECT FROM due d
            WHERE d.rule_id = there.rule_id AND d.subject_id = there.subject_id)
"""


def check(site: Site, *ledgers: Ledger) -> None:
    """Everything that must hold once nothing is under way any more."""
    for what, question in WRONG.items():
        assert not site.rows(question), what
    assert not site.rows(UPLOADS), "an upload is missing, too many, or owed by nothing"
    _heat_adds_up(site)
    _platforms_counted_each_event_once(site)
    for ledger in ledgers:
        _acknowledged_is_stored_once(site, ledger)


def _acknowledged_is_stored_once(site: Site, ledger: Ledger) -> None:
    for kind in {entry.kind for entry in ledger.entries}:
        rows = site.rows(_KEY_IN.get(kind, _KEY_OF_OTHERS))
        effects = Counter(key for key, _id in rows)
        subjects = dict(rows)
        for entry in (entry for entry in ledger.entries if entry.kind == kind):
            assert effects[entry.key] <= 1, ("two effects of one key", entry)
            answered = entry.acknowledged
            if answered is not None:
                assert subjects.get(entry.key) == answered["id"], ("acknowledged, not there", entry)
    answers = site.rows("SELECT key FROM accounts_storedanswer")
    assert len(answers) == len(set(answers))


def _heat_adds_up(site: Site) -> None:
    scores: Counter[Any] = Counter()
    question = "SELECT lead_id, type, count(*) FROM leads_interaction GROUP BY 1, 2"
    for lead_id, kind, count in site.rows(question):
        scores[lead_id] += DEFAULT.points(kind) * count
    stored = dict(site.rows("SELECT id, heat_score FROM leads_lead"))
    assert {k: v for k, v in stored.items() if v != scores[k]} == {}


def _platforms_counted_each_event_once(site: Site) -> None:
    """What each platform counted is what the uploads say it accepted, no more and no less."""
    for server, provider in ((site.google, "google_data_manager"), (site.meta, "meta")):
        rows = site.rows(
            "SELECT u.event_id, u.status FROM conversions_upload u"
            " JOIN integrations_connection c ON c.id = u.connection_id WHERE c.provider = %s",
            provider,
        )
        status = dict(rows)
        accepted = {event_id for event_id, state in status.items() if state == "accepted"}
        counted = Counter(_event_id(key, status) for key in list(server.effects))
        assert set(counted) == accepted, provider
        assert set(counted.values()) <= {1}, provider


def _event_id(key: tuple[str, ...], known: dict[str, str]) -> str:
    """The event id in a platform's deduplication key, which has the action beside it."""
    return next(part for part in key if part in known)
