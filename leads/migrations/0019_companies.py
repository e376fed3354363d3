"""News of first responses: due soon, and missed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0018_messages"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="notification", name="notification_kind_known"),
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[
                    ("assigned", "A lead was assigned to you"),
                    ("task_due", "A task is due"),
                    ("response_soon", "A first response is due soon"),
                    ("response_missed", "A first response was missed"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["assigned", "task_due", "response_soon", "response_missed"])
                ),
                name="notification_kind_known",
            ),
        ),
    ]
