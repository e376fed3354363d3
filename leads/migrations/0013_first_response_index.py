"""Who waits for a first response, the most urgent first."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    # Made beside the work: writers do not wait.
    atomic = False

    dependencies = [("leads", "0012_tasks")]

    operations = [
        AddIndexConcurrently(
            model_name="lead",
            index=models.Index(
                fields=["workspace", "first_response_due_at", "id"],
                condition=Q(
                    deleted_at__isnull=True,
                    status__in=["new", "enriched"],
                    first_contacted_at__isnull=True,
                    first_response_due_at__isnull=False,
                ),
                name="lead_awaits_response",
            ),
        ),
    ]
