"""Where the queue looks beside its own index: promised callbacks, and zones in which people wait."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0011_campaigns_lists_complete")]

    operations = [
        migrations.AddIndex(
            model_name="campaignlead",
            index=models.Index(
                fields=["workspace", "campaign", "callback_at"],
                condition=Q(callback_at__isnull=False, due_at__isnull=False),
                name="campaign_lead_promised",
            ),
        ),
        migrations.AddIndex(
            model_name="campaignlead",
            index=models.Index(
                fields=["workspace", "campaign", "time_zone", "due_at"],
                condition=Q(due_at__isnull=False),
                name="campaign_lead_waiting",
            ),
        ),
    ]
