"""A list in a campaign is completed while nobody on it is left to call: with its counters."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION campaigns_complete_list() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.waiting_leads > 0 OR NEW.total_leads = 0 THEN
        NEW.completed_at := NULL;
    ELSE
        NEW.completed_at := coalesce(NEW.completed_at, now());
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER completed_with_counters BEFORE UPDATE ON campaigns_campaignleadlist FOR EACH ROW
    WHEN (NEW.waiting_leads <> OLD.waiting_leads OR NEW.total_leads <> OLD.total_leads)
    EXECUTE FUNCTION campaigns_complete_list();
"""

BACKWARDS = """
DROP FUNCTION campaigns_complete_list() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0004_reporting_views")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
