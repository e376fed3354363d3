"""Members and campaign leads drop the key to their workspace, which the lead's key holds too."""

import django.db.models.deletion
from django.db import migrations, models


def _without_constraint():
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="+",
        to="accounts.workspace",
    )


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0005_lists_complete")]

    operations = [
        migrations.AlterField("leadlistmember", "workspace", _without_constraint()),
        migrations.AlterField("campaignlead", "workspace", _without_constraint()),
    ]
