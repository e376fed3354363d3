"""Search as a function that may use the trigram index, which row-level policies keep LIKE from.

It belongs to the system role, whose policy is `true` (one owned by the tables' owner would see
nothing: policies are forced), and filters by workspace itself: only the scope's own ones.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION search_contacts(in_workspace uuid, patterns text[], at_most integer)
RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT id FROM leads_contact
    WHERE workspace_id = in_workspace
      AND in_workspace = ANY (string_to_array(current_setting('app.workspace_ids', true), ',')::uuid[])
      AND deleted_at IS NULL
      AND search_text LIKE ALL (patterns)
    LIMIT at_most
$$;
REVOKE ALL ON FUNCTION search_contacts(uuid, text[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_contacts(uuid, text[], integer) TO leadloop_app;
ALTER FUNCTION search_contacts(uuid, text[], integer) OWNER TO leadloop_system;
"""

# The function is not the login's own: it is dropped as the role that owns it.
BACKWARD = """
SET LOCAL ROLE leadloop_system;
DROP FUNCTION search_contacts(uuid, text[], integer);
RESET ROLE;
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0002_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
