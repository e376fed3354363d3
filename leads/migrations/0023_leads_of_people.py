"""The leads of people, told from deleted ones and put in order without reading a row."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("leads", "0022_people_of_a_company"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="lead",
            index=models.Index(
                fields=["workspace", "contact"],
                include=("id", "deleted_at", "created_at"),
                name="lead_of_contact",
            ),
        ),
        RemoveIndexConcurrently(model_name="lead", name="lead_contact"),
    ]
