"""News that are of no lead: a file that was asked for is ready, or was given up."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import accounts.models

KINDS = [
    "assigned",
    "task_due",
    "response_soon",
    "response_missed",
    "export_ready",
    "export_failed",
]


class Migration(migrations.Migration):
    dependencies = [("leads", "0020_page_indexes")]

    operations = [
        migrations.AlterField(
            model_name="notification",
            name="lead",
            field=accounts.models.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="leads.lead",
                verbose_name="lead",
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[
                    ("assigned", "A lead was assigned to you"),
                    ("task_due", "A task is due"),
                    ("response_soon", "A first response is due soon"),
                    ("response_missed", "A first response was missed"),
                    ("export_ready", "A file is ready"),
                    ("export_failed", "A file could not be made"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.RemoveConstraint(model_name="notification", name="notification_kind_known"),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.CheckConstraint(
                condition=Q(kind__in=KINDS), name="notification_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.CheckConstraint(
                condition=Q(lead__isnull=False) | Q(kind__in=["export_ready", "export_failed"]),
                name="notification_of_a_lead",
            ),
        ),
    ]
