"""What the named questions of the Leads page walk, however rare the answer is."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    # Made beside the work: writers do not wait.
    atomic = False

    dependencies = [("leads", "0016_saved_views")]

    operations = [
        AddIndexConcurrently(
            model_name="lead",
            index=models.Index(
                fields=[
                    "workspace",
                    "-created_at",
                    "-id",
                    "last_contacted_at",
                    "contact_count",
                    "last_response_at",
                ],
                condition=Q(
                    deleted_at__isnull=True,
                    status__in=[
                        "new",
                        "enriched",
                        "contacted",
                        "conversing",
                        "qualified",
                        "scheduled",
                    ],
                ),
                name="lead_open_newest",
            ),
        ),
        AddIndexConcurrently(
            model_name="lead",
            index=models.Index(
                fields=["workspace", "last_contact_method", "-created_at", "-id"],
                condition=Q(deleted_at__isnull=True),
                name="lead_method_newest",
            ),
        ),
    ]
