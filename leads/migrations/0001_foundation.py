"""What the tables of leads stand on: the extensions search needs and the sequence of numbers."""

from django.contrib.postgres.operations import BtreeGinExtension, TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        TrigramExtension(),
        BtreeGinExtension(),
        migrations.RunSQL(
            "CREATE SEQUENCE leadloop_number START WITH 1001",
            "DROP SEQUENCE leadloop_number",
        ),
    ]
