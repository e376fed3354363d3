"""What a workspace counts as warm, and for how long."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("leads", "0009_assignment")]

    operations = []
