"""What is wrong with an imported row as a row, said when the file was read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0012_queue_indexes")]

    operations = [
        migrations.AddField(
            model_name="importrow",
            name="problem",
            field=models.CharField(blank=True, max_length=20, verbose_name="problem"),
        ),
    ]
