"""What a change of a lead does here: marks for smart lists, the queue's heat, who is in a list.

Triggers on the leads' own tables, so that every door's change is seen, of one row or of thousands.
Leads are rescored by hundreds of thousands, so theirs looks once at all that a statement changed,
and first asks whether anybody cares. Others' conditions name the columns that matter: a change of
any other costs a comparison.
"""

from django.db import migrations

# What the filters of leads ask of a lead (`leads.listing.filters`), and of its contact.
_LEAD = [
    "status", "source", "assigned_to_id", "heat_score", "heat", "quality_rating", "gclid",
    "last_contact_method", "last_contacted_at", "last_response_at", "contact_count", "created_at",
    "deleted_at", "contact_id",
]
_CONTACT = ["search_text", "deleted_at"]


def _changed(columns):
    was = ", ".join(f"OLD.{column}" for column in columns)
    became = ", ".join(f"NEW.{column}" for column in columns)
    return f"({was}) IS DISTINCT FROM ({became})"


_SMART = """EXISTS (
        SELECT FROM public.campaigns_leadlist AS list
        WHERE list.workspace_id = {row}.workspace_id AND list.list_type = 'smart'
            AND NOT list.is_archived AND list.deleted_at IS NULL
    )"""

_FACTS = f"SELECT workspace_id, id, {', '.join(_LEAD)}"

_WITH_OLD_HEAT = """entry.workspace_id = lead.workspace_id AND entry.lead_id = lead.id
            AND entry.due_at IS NOT NULL AND entry.heat_score <> lead.heat_score"""

# Of each lead by the index: what the planner knows of tables that are being filled, and of how many
# leads the first statement of a connection changed, would be a whole table read for one lead.
_BY_INDEX = """
    SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off"""

# An update that finds nothing still fires the counters' triggers: it is asked for first. What was
# and what became are compared as sets and not joined, which a plan made for one row would do for
# each row with every other.
FUNCTIONS = f"""
CREATE FUNCTION campaigns_of_changed_leads() RETURNS trigger LANGUAGE plpgsql{_BY_INDEX} AS $$
DECLARE
    places uuid[] := ARRAY(SELECT DISTINCT workspace_id FROM became ORDER BY workspace_id);
    gone uuid[] := ARRAY(
        SELECT id FROM became WHERE deleted_at IS NOT NULL
        INTERSECT SELECT id FROM was WHERE deleted_at IS NULL
    );
    back uuid[] := ARRAY(
        SELECT id FROM was WHERE deleted_at IS NOT NULL
        INTERSECT SELECT id FROM became WHERE deleted_at IS NULL
    );
BEGIN
    IF EXISTS (
        SELECT FROM became AS lead JOIN public.campaigns_campaignlead AS entry
            ON {_WITH_OLD_HEAT}
    ) THEN
        UPDATE public.campaigns_campaignlead AS entry SET heat_score = lead.heat_score
        FROM became AS lead
        WHERE {_WITH_OLD_HEAT};
    END IF;
    IF gone || back <> '{{}}' AND EXISTS (
        SELECT FROM public.campaigns_leadlistmember
        WHERE workspace_id = ANY(places) AND lead_id = ANY(gone || back)
    ) THEN
        PERFORM public.campaigns_hold_lists(place) FROM unnest(places) AS place;
        UPDATE public.campaigns_leadlistmember SET is_present = false
        WHERE workspace_id = ANY(places) AND lead_id = ANY(gone);
        UPDATE public.campaigns_leadlistmember SET is_present = true
        WHERE workspace_id = ANY(places) AND lead_id = ANY(back);
    END IF;
    places := ARRAY(
        SELECT workspace_id FROM unnest(places) AS place (workspace_id)
        WHERE {_SMART.format(row="place")}
    );
    IF places <> '{{}}' THEN
        INSERT INTO public.campaigns_leadmark (created_at, workspace_id, lead_id)
        SELECT now(), changed.workspace_id, changed.id FROM (
            {_FACTS} FROM became EXCEPT {_FACTS} FROM was
        ) AS changed
        WHERE changed.workspace_id = ANY(places);
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION campaigns_mark_arrivals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.campaigns_leadmark (created_at, workspace_id, lead_id)
    SELECT now(), changed.workspace_id, changed.id FROM changed
    WHERE {_SMART.format(row="changed")};
    RETURN NULL;
END
$$;
CREATE FUNCTION campaigns_mark_leads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.campaigns_leadmark (created_at, workspace_id, lead_id)
    SELECT DISTINCT now(), changed.workspace_id, changed.lead_id FROM changed
    WHERE {_SMART.format(row="changed")};
    RETURN NULL;
END
$$;
CREATE FUNCTION campaigns_mark_leads_of_contacts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.campaigns_leadmark (created_at, workspace_id, lead_id)
    SELECT DISTINCT now(), lead.workspace_id, lead.id
    FROM changed JOIN public.leads_lead AS lead
        ON lead.workspace_id = changed.workspace_id AND lead.contact_id = changed.contact_id
    WHERE {_SMART.format(row="changed")};
    RETURN NULL;
END
$$;
CREATE FUNCTION campaigns_mark_leads_of_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.campaigns_leadmark (created_at, workspace_id, lead_id)
    SELECT now(), lead.workspace_id, lead.id FROM public.leads_lead AS lead
    WHERE lead.workspace_id = NEW.workspace_id AND lead.contact_id = NEW.id
        AND {_SMART.format(row="NEW")};
    RETURN NULL;
END
$$;
"""

LEAD_TRIGGERS = f"""
CREATE TRIGGER lists_of_changes AFTER UPDATE ON leads_lead
    REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_of_changed_leads();
CREATE TRIGGER lists_of_arrivals AFTER INSERT ON leads_lead
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION campaigns_mark_arrivals();
CREATE TRIGGER lists_of_changes AFTER UPDATE ON leads_contact FOR EACH ROW
    WHEN ({_changed(_CONTACT)}) EXECUTE FUNCTION campaigns_mark_leads_of_contact();
"""

# Tables of which any change of a row matters, and whose leads it is about.
_WHOLE = {
    "leads_contacttag": "campaigns_mark_leads_of_contacts",
    "leads_contactfieldvalue": "campaigns_mark_leads_of_contacts",
    "leads_leadfieldvalue": "campaigns_mark_leads",
}
_EVENTS = {"insert": "NEW", "update": "NEW", "delete": "OLD"}


def _whole_triggers():
    return "".join(
        f"CREATE TRIGGER lists_of_{event} AFTER {event.upper()} ON {table}"
        f" REFERENCING {version} TABLE AS changed"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {function}();"
        for table, function in _WHOLE.items()
        for event, version in _EVENTS.items()
    )


FORWARDS = FUNCTIONS + LEAD_TRIGGERS + _whole_triggers()
BACKWARDS = """
DROP FUNCTION campaigns_of_changed_leads() CASCADE;
DROP FUNCTION campaigns_mark_arrivals() CASCADE;
DROP FUNCTION campaigns_mark_leads() CASCADE;
DROP FUNCTION campaigns_mark_leads_of_contacts() CASCADE;
DROP FUNCTION campaigns_mark_leads_of_contact() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0002_counters"),
        ("leads", "0019_companies"),
    ]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
