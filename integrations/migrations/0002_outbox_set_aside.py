"""What was set aside is counted on every scrape and on the admin's home."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    # An index made beside the work: writers do not wait.
    atomic = False

    dependencies = [("integrations", "0001_initial")]

    operations = [
        AddIndexConcurrently(
            model_name="outboxevent",
            index=models.Index(
                fields=["set_aside_at"],
                condition=Q(set_aside_at__isnull=False),
                name="outbox_set_aside",
            ),
        ),
    ]
