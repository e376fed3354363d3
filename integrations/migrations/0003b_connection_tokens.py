"""Finding the connection whose address something was sent to."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('integrations', '0003_email'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='connection',
            index=models.Index(condition=models.Q(('inbound_token', ''), _negated=True), fields=['inbound_token'], name='connection_inbound_token'),
        ),
    ]
