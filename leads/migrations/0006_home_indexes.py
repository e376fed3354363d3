"""Home's counts, its hot and untouched leads and the follow-ups due, by an index at any size."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

OPEN = ["new", "enriched", "contacted", "conversing", "qualified", "scheduled"]


class Migration(migrations.Migration):
    # Indexes made beside the work: writers do not wait.
    atomic = False

    dependencies = [("leads", "0005_custom_fields")]

    operations = [
        AddIndexConcurrently(
            model_name="lead",
            index=models.Index(
                fields=["workspace", "assigned_to", "status", "last_contacted_at"],
                condition=Q(deleted_at__isnull=True, status__in=OPEN),
                name="lead_open_by_owner",
            ),
        ),
        AddIndexConcurrently(
            model_name="lead",
            index=models.Index(
                fields=["workspace", "-created_at", "-id", "last_contacted_at"],
                condition=Q(deleted_at__isnull=True, status__in=["contacted", "conversing"]),
                name="lead_in_touch_newest",
            ),
        ),
        AddIndexConcurrently(
            model_name="lead",
            index=models.Index(
                fields=["workspace", "-heat_score", "created_at", "id"],
                condition=Q(
                    deleted_at__isnull=True,
                    status__in=OPEN,
                    heat="HOT",
                    last_contacted_at__isnull=True,
                ),
                name="lead_hot_untouched",
            ),
        ),
    ]
