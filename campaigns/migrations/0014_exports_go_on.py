"""How far the file of an export is, so that another worker can go on with it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0013_imports_row_problem")]

    operations = [
        migrations.AddField(
            model_name="export",
            name="position",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="export",
            name="pieces",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="export",
            name="writer_state",
            field=models.JSONField(default=dict, editable=False),
        ),
    ]
