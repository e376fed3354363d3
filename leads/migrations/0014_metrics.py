"""Counted days and months for Metrics, and the trigger that marks what is to be counted again."""

import accounts.ids
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import Q

# What a figure of `leads.metrics_facts` or its place depends on.
WATCHED = [
    "status", "lost_from", "source", "assigned_to_id", "created_at", "deleted_at",
    "first_contacted_at", "enriched_at", "conversing_at", "qualified_at", "scheduled_at",
    "completed_at", "converted_at", "loss_reason", "unqualified_reason",
]
OLD = ", ".join(f"OLD.{column}" for column in WATCHED)
NEW = ", ".join(f"NEW.{column}" for column in WATCHED)

# A calendar's day begins on a full quarter of an hour in every zone of today.
MARK = f"""
CREATE FUNCTION leads_mark_quarters() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.leads_metricsmark (id, created_at, workspace_id, at)
    SELECT gen_random_uuid(), now(), quarter.workspace_id, quarter.at
    FROM (
        SELECT DISTINCT workspace_id,
            date_bin('15 minutes', created_at, '2000-01-01 00:00+00') AS at
        FROM arrived
    ) AS quarter;
    RETURN NULL;
END
$$;
CREATE FUNCTION leads_mark_quarter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.leads_metricsmark (id, created_at, workspace_id, at)
    VALUES (gen_random_uuid(), now(), OLD.workspace_id,
        date_bin('15 minutes', OLD.created_at, '2000-01-01 00:00+00'));
    IF TG_OP = 'UPDATE' AND NEW.created_at <> OLD.created_at THEN
        INSERT INTO public.leads_metricsmark (id, created_at, workspace_id, at)
        VALUES (gen_random_uuid(), now(), NEW.workspace_id,
            date_bin('15 minutes', NEW.created_at, '2000-01-01 00:00+00'));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER metrics_of_arrivals AFTER INSERT ON leads_lead
    REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION leads_mark_quarters();
CREATE TRIGGER metrics_of_changes AFTER UPDATE ON leads_lead FOR EACH ROW
    WHEN (({OLD}) IS DISTINCT FROM ({NEW})) EXECUTE FUNCTION leads_mark_quarter();
CREATE TRIGGER metrics_of_deletions AFTER DELETE ON leads_lead
    FOR EACH ROW EXECUTE FUNCTION leads_mark_quarter();
"""
UNMARK = """
DROP TRIGGER metrics_of_deletions ON leads_lead;
DROP TRIGGER metrics_of_changes ON leads_lead;
DROP TRIGGER metrics_of_arrivals ON leads_lead;
DROP FUNCTION leads_mark_quarter();
DROP FUNCTION leads_mark_quarters();
"""


def _base():
    return [
        (
            "id",
            models.UUIDField(
                default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False
            ),
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("leads", "0013_first_response_index"),
    ]

    operations = [
        migrations.CreateModel(
            name="MetricsMark",
            fields=[
                *_base(),
                (
                    "workspace",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.workspace",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="changed"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="of the leads from")),
            ],
            options={
                "verbose_name": "metrics mark",
                "verbose_name_plural": "metrics marks",
                "indexes": [
                    models.Index(fields=["workspace", "created_at"], name="metrics_mark_oldest")
                ],
            },
        ),
        migrations.CreateModel(
            name="MetricsDocument",
            fields=[
                *_base(),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "span",
                    models.CharField(
                        choices=[("day", "Day"), ("month", "Month")],
                        max_length=5,
                        verbose_name="span",
                    ),
                ),
                ("starts", models.DateField(verbose_name="first day")),
                ("part", models.CharField(blank=True, max_length=60, verbose_name="part")),
                ("total", models.BinaryField(verbose_name="total")),
                ("parts", models.BinaryField(verbose_name="parts")),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.workspace",
                    ),
                ),
            ],
            options={
                "verbose_name": "metrics document",
                "verbose_name_plural": "metrics documents",
                "constraints": [
                    models.UniqueConstraint(
                        fields=["workspace", "part", "span", "starts"],
                        name="metrics_document_once",
                    ),
                    models.CheckConstraint(
                        condition=Q(span__in=["day", "month"]), name="metrics_span_known"
                    ),
                ],
            },
        ),
        migrations.RunSQL(MARK, UNMARK),
    ]
