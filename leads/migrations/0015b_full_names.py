"""People of the same name, for finding who may be one person."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    # Made beside the work: writers do not wait.
    atomic = False

    dependencies = [("leads", "0015_merges")]

    operations = [
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(
                F("workspace_id"),
                Lower("last_name"),
                Lower("first_name"),
                condition=Q(deleted_at__isnull=True) & ~Q(first_name="") & ~Q(last_name=""),
                name="contact_full_name",
            ),
        ),
    ]
