"""What the Pipeline page and the page of tasks look for among many others."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("leads", "0019_companies"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", True), ("heat", "HOT")),
                fields=["workspace", "status", "-created_at", "-id"],
                name="lead_hot_by_status",
            ),
        ),
        AddIndexConcurrently(
            model_name="appointment",
            index=models.Index(
                condition=models.Q(("status", "scheduled")),
                fields=["workspace", "scheduled_for", "id"],
                name="appointment_planned",
            ),
        ),
    ]
