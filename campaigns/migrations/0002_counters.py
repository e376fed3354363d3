"""Counters of lists and of lists in campaigns, kept by statement-level triggers (docs/adr/0015).

Every trigger writes differences, and only where there is one: handing a lead to a caller changes
no counter and touches no other row. Counter rows are locked by id, last of all.
"""

from django.db import migrations

HOLD_LISTS = """
CREATE FUNCTION campaigns_hold_lists(in_workspace uuid) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('campaigns.lists ' || in_workspace::text, 0))
$$;
"""

# Each is one statement over what a statement changed; {was} and {is} name its transition tables.
_MEMBER_DIFFERENCES = {
    "insert": "SELECT workspace_id, lead_list_id, 1 AS n FROM became"
    " WHERE removed_at IS NULL AND is_present",
    "delete": "SELECT workspace_id, lead_list_id, -1 AS n FROM was"
    " WHERE removed_at IS NULL AND is_present",
}
_MEMBER_DIFFERENCES["update"] = " UNION ALL ".join(_MEMBER_DIFFERENCES.values())

_LEAD_FACTS = """
    SELECT workspace_id, source_id, {sign} AS total, {sign} * (due_at IS NOT NULL)::int AS waiting,
        {sign} * (contacted_at IS NOT NULL)::int AS contacted,
        {sign} * (succeeded_at IS NOT NULL)::int AS successful,
        {sign} * attempts AS attempts, {sign} * total_talk_time::bigint AS talk_time,
        {sign} * pledged_amount AS pledged, {sign} * donated_amount AS donated
    FROM {table}
"""
_LEAD_DIFFERENCES = {
    "insert": _LEAD_FACTS.format(sign="1", table="became"),
    "delete": _LEAD_FACTS.format(sign="-1", table="was"),
}
_LEAD_DIFFERENCES["update"] = " UNION ALL ".join(_LEAD_DIFFERENCES.values())

_TRANSITIONS = {
    "insert": "NEW TABLE AS became",
    "update": "OLD TABLE AS was NEW TABLE AS became",
    "delete": "OLD TABLE AS was",
}


def _count_members(event):
    return f"""
CREATE FUNCTION campaigns_count_members_on_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE one record;
BEGIN
    FOR one IN
        SELECT changed.workspace_id, changed.lead_list_id, sum(changed.n)::int AS n
        FROM ({_MEMBER_DIFFERENCES[event]}) AS changed
        GROUP BY 1, 2 HAVING sum(changed.n) <> 0 ORDER BY 2
    LOOP
        UPDATE public.campaigns_leadlist SET lead_count = lead_count + one.n
        WHERE workspace_id = one.workspace_id AND id = one.lead_list_id;
    END LOOP;
    RETURN NULL;
END
$$;
CREATE TRIGGER counted_on_{event} AFTER {event.upper()} ON campaigns_leadlistmember
    REFERENCING {_TRANSITIONS[event]}
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_count_members_on_{event}();
"""


def _count_leads(event):
    return f"""
CREATE FUNCTION campaigns_count_leads_on_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE one record;
BEGIN
    FOR one IN
        SELECT changed.workspace_id, changed.source_id, sum(total)::int AS total,
            sum(waiting)::int AS waiting, sum(contacted)::int AS contacted,
            sum(successful)::int AS successful, sum(attempts)::int AS attempts,
            sum(talk_time)::bigint AS talk_time, sum(pledged) AS pledged, sum(donated) AS donated
        FROM ({_LEAD_DIFFERENCES[event]}) AS changed
        GROUP BY 1, 2
        HAVING (sum(total), sum(waiting), sum(contacted), sum(successful), sum(attempts),
            sum(talk_time), sum(pledged), sum(donated)) <> (0, 0, 0, 0, 0, 0, 0, 0)
        ORDER BY 2
    LOOP
        UPDATE public.campaigns_campaignleadlist SET
            total_leads = total_leads + one.total,
            waiting_leads = waiting_leads + one.waiting,
            contacted_leads = contacted_leads + one.contacted,
            successful_leads = successful_leads + one.successful,
            attempts = attempts + one.attempts,
            talk_time = talk_time + one.talk_time,
            pledged_amount = pledged_amount + one.pledged,
            donated_amount = donated_amount + one.donated
        WHERE workspace_id = one.workspace_id AND id = one.source_id;
    END LOOP;
    RETURN NULL;
END
$$;
CREATE TRIGGER counted_on_{event} AFTER {event.upper()} ON campaigns_campaignlead
    REFERENCING {_TRANSITIONS[event]}
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_count_leads_on_{event}();
"""


# A membership that a merge gives to another lead is present as that one is.
PRESENT = """
CREATE FUNCTION campaigns_member_of_another_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.is_present := EXISTS (
        SELECT FROM public.leads_lead
        WHERE workspace_id = NEW.workspace_id AND id = NEW.lead_id AND deleted_at IS NULL
    );
    RETURN NEW;
END
$$;
CREATE TRIGGER present_as_its_lead BEFORE UPDATE OF lead_id ON campaigns_leadlistmember
    FOR EACH ROW WHEN (OLD.lead_id <> NEW.lead_id)
    EXECUTE FUNCTION campaigns_member_of_another_lead();
"""

# Room for the new version of a row on its page.
ROOM = """
ALTER TABLE campaigns_campaignlead SET (fillfactor = 80);
ALTER TABLE campaigns_campaignleadlist SET (fillfactor = 50);
ALTER TABLE campaigns_leadlist SET (fillfactor = 50);
"""

EVENTS = ("insert", "update", "delete")
FORWARDS = "".join(
    [HOLD_LISTS, *map(_count_members, EVENTS), *map(_count_leads, EVENTS), PRESENT, ROOM]
)
BACKWARDS = "".join(
    [
        "DROP FUNCTION campaigns_hold_lists(uuid);",
        *(f"DROP FUNCTION campaigns_count_members_on_{event}() CASCADE;" for event in EVENTS),
        *(f"DROP FUNCTION campaigns_count_leads_on_{event}() CASCADE;" for event in EVENTS),
        "DROP FUNCTION campaigns_member_of_another_lead() CASCADE;",
        "ALTER TABLE campaigns_campaignlead RESET (fillfactor);",
        "ALTER TABLE campaigns_campaignleadlist RESET (fillfactor);",
        "ALTER TABLE campaigns_leadlist RESET (fillfactor);",
    ]
)


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_lists_and_campaigns")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
