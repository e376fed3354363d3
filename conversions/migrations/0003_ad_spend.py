"""What advertising cost, day by day."""

import accounts.ids
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from decimal import Decimal
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("conversions", "0002_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AdSpend",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("day", models.DateField(verbose_name="day")),
                (
                    "platform",
                    models.SlugField(
                        db_index=False,
                        help_text="Such as google_ads or meta.",
                        max_length=40,
                        verbose_name="platform",
                    ),
                ),
                (
                    "campaign",
                    models.CharField(blank=True, max_length=200, verbose_name="campaign"),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("website", "Website"),
                            ("phone", "Phone"),
                            ("email", "E-mail"),
                            ("facebook", "Facebook"),
                            ("instagram", "Instagram"),
                            ("linkedin", "LinkedIn"),
                            ("referral", "Referral"),
                            ("direct", "Direct"),
                            ("import", "Import"),
                            ("api", "API"),
                            ("other", "Other"),
                        ],
                        max_length=20,
                        verbose_name="source of its leads",
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=14,
                        validators=[django.core.validators.MinValueValidator(Decimal(0))],
                        verbose_name="amount",
                    ),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.workspace",
                    ),
                ),
            ],
            options={
                "verbose_name": "ad spend",
                "verbose_name_plural": "ad spend",
                "indexes": [
                    models.Index(fields=["workspace", "-day", "-id"], name="ad_spend_newest")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["workspace", "day", "platform", "campaign"],
                        name="ad_spend_once_a_day",
                    ),
                    models.CheckConstraint(
                        condition=Q(amount__gte=0), name="ad_spend_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=~Q(currency="") & ~Q(platform=""),
                        name="ad_spend_is_of_something",
                    ),
                ],
            },
        ),
    ]
