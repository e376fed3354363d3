"""Two views for BI tools. `security_invoker`: whoever reads them sees the rows they may see."""

from django.db import migrations

FORWARDS = """
CREATE VIEW campaign_lead_lists_with_stats WITH (security_invoker = true) AS
SELECT
    attached.id, attached.workspace_id, attached.campaign_id, campaign.name AS campaign_name,
    campaign.status AS campaign_status, attached.lead_list_id, list.name AS list_name,
    list.list_type, attached.priority, attached.max_attempts_override, attached.filter_criteria,
    attached.total_leads, attached.waiting_leads, attached.contacted_leads,
    attached.successful_leads,
    round(attached.successful_leads::numeric / nullif(attached.contacted_leads, 0) * 100, 2)
        AS conversion_rate,
    attached.attempts, attached.talk_time, attached.pledged_amount, attached.donated_amount,
    campaign.currency, attached.is_active, attached.assigned_at, attached.completed_at,
    attached.detached_at
FROM campaigns_campaignleadlist AS attached
JOIN campaigns_campaign AS campaign
    ON campaign.workspace_id = attached.workspace_id AND campaign.id = attached.campaign_id
JOIN campaigns_leadlist AS list
    ON list.workspace_id = attached.workspace_id AND list.id = attached.lead_list_id;

CREATE VIEW lead_lists_with_campaigns WITH (security_invoker = true) AS
SELECT
    list.id, list.workspace_id, list.name, list.description, list.list_type, list.lead_count,
    list.is_archived, list.tags, list.metadata, list.created_at, list.updated_at,
    count(attached.id) AS campaigns_used_in,
    coalesce(sum(attached.contacted_leads), 0) AS total_contacted,
    coalesce(sum(attached.successful_leads), 0) AS total_conversions,
    coalesce(
        jsonb_agg(
            jsonb_build_object(
                'campaign_id', campaign.id, 'name', campaign.name, 'status', campaign.status,
                'priority', attached.priority, 'is_active', attached.is_active
            ) ORDER BY campaign.created_at DESC, campaign.id DESC
        ) FILTER (WHERE campaign.id IS NOT NULL),
        '[]'
    ) AS campaigns
FROM campaigns_leadlist AS list
LEFT JOIN campaigns_campaignleadlist AS attached
    ON attached.workspace_id = list.workspace_id AND attached.lead_list_id = list.id
    AND attached.detached_at IS NULL
LEFT JOIN campaigns_campaign AS campaign
    ON campaign.workspace_id = attached.workspace_id AND campaign.id = attached.campaign_id
WHERE list.deleted_at IS NULL
GROUP BY list.workspace_id, list.id;

GRANT SELECT ON campaign_lead_lists_with_stats, lead_lists_with_campaigns
    TO leadloop_app, leadloop_system;
"""

BACKWARDS = """
DROP VIEW lead_lists_with_campaigns;
DROP VIEW campaign_lead_lists_with_stats;
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0003_change_marks")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
