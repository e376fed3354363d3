"""The people of a company, newest first, told from deleted ones without reading a row."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("leads", "0021_news_of_files"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("company__isnull", False)),
                fields=["workspace", "company", "-created_at", "-id"],
                include=("deleted_at",),
                name="contact_of_company",
            ),
        ),
        RemoveIndexConcurrently(model_name="contact", name="contact_company"),
    ]
