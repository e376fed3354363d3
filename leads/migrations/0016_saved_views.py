"""Views of the Leads page that are kept under a name, and who has them in the sidebar."""

import accounts.ids
import accounts.models.base
import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("leads", "0015b_full_names"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.UUIDField(default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("filters", models.JSONField(blank=True, default=dict, verbose_name="filters")),
                ("ordering", models.CharField(blank=True, max_length=30, verbose_name="order")),
                ("columns", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=65), blank=True, default=list, size=None, verbose_name="columns")),
                ("created_by", models.CharField(blank=True, editable=False, max_length=200, verbose_name="created by")),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("owner", models.ForeignKey(blank=True, db_index=False, help_text="Empty: everybody's in the workspace.", null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="whose")),
                ("workspace", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.workspace")),
            ],
            options={
                "verbose_name": "saved view",
                "verbose_name_plural": "saved views",
                "ordering": ["name", "id"],
                "indexes": [
                    models.Index(fields=["workspace", "created_at", "id"], name="saved_view_newest"),
                    models.Index(fields=["workspace", "name", "id"], name="saved_view_by_name"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=~Q(name=""), name="saved_view_has_name"),
                    models.UniqueConstraint(condition=Q(owner__isnull=True), fields=("workspace", "name"), name="saved_view_shared_name_once"),
                    models.UniqueConstraint(condition=Q(owner__isnull=False), fields=("workspace", "owner", "name"), name="saved_view_own_name_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PinnedView",
            fields=[
                ("id", models.UUIDField(default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("place", models.PositiveSmallIntegerField(verbose_name="place")),
                ("user", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="for")),
                ("view", accounts.models.base.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="pins", to="leads.savedview", verbose_name="view")),
                ("workspace", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.workspace")),
            ],
            options={
                "verbose_name": "pinned view",
                "verbose_name_plural": "pinned views",
                "ordering": ["place"],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "view", "user"), name="pinned_view_once"),
                    models.UniqueConstraint(fields=("workspace", "user", "place"), name="pinned_view_place"),
                    models.CheckConstraint(condition=Q(place__gte=1, place__lte=10), name="pinned_view_place_in_range"),
                ],
            },
        ),
    ]
