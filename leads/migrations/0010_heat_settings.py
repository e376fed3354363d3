"""What a workspace counts as warm, and for how long; who waits to be scored again."""

import accounts.ids
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q

OPEN = ["new", "enriched", "contacted", "conversing", "qualified", "scheduled"]
ENGAGEMENT = [
    "call_inbound",
    "call_outbound",
    "sms",
    "email",
    "fb_msg",
    "ig_msg",
    "linkedin_msg",
    "social_follow",
    "social_like",
    "social_comment",
    "social_mention",
    "story_view",
    "connection_request",
    "website_visit",
    "info_request",
    "price_quote",
    "site_visit",
    "form_submission",
]


def _key() -> models.UUIDField:
    return models.UUIDField(
        default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False
    )


def _workspace() -> models.ForeignKey:
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="+",
        to="accounts.workspace",
    )


def _created() -> models.DateTimeField:
    return models.DateTimeField(default=django.utils.timezone.now, editable=False)


def _between(least: int, most: int) -> list[django.core.validators.BaseValidator]:
    return [
        django.core.validators.MinValueValidator(least),
        django.core.validators.MaxValueValidator(most),
    ]


class Migration(migrations.Migration):
    # The indexes are made beside the work: writers do not wait.
    atomic = False

    dependencies = [("accounts", "0001_initial"), ("leads", "0009_assignment")]

    operations = [
        migrations.CreateModel(
            name="HeatSettings",
            fields=[
                ("id", _key()),
                ("workspace", _workspace()),
                ("created_at", _created()),
                ("weights", models.JSONField(blank=True, default=dict, verbose_name="points")),
                (
                    "warm_from",
                    models.PositiveSmallIntegerField(
                        validators=_between(1, 30_000), verbose_name="warm from"
                    ),
                ),
                (
                    "hot_from",
                    models.PositiveSmallIntegerField(
                        validators=_between(1, 30_000), verbose_name="hot from"
                    ),
                ),
                ("caps", models.JSONField(blank=True, default=dict, verbose_name="at most")),
                (
                    "half_life_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="After so many days a touchpoint counts half."
                        " Empty: points stay.",
                        null=True,
                        validators=_between(1, 3_650),
                        verbose_name="half-life in days",
                    ),
                ),
                ("decayed_on", models.DateField(blank=True, editable=False, null=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name": "heat settings",
                "verbose_name_plural": "heat settings",
                "constraints": [
                    models.UniqueConstraint(fields=["workspace"], name="heat_settings_once"),
                    models.CheckConstraint(
                        condition=Q(warm_from__gte=1, hot_from__gt=F("warm_from")),
                        name="heat_levels_rise",
                    ),
                    models.CheckConstraint(
                        condition=Q(half_life_days__isnull=True) | Q(half_life_days__gte=1),
                        name="heat_half_life_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HeatStretch",
            fields=[
                ("id", _key()),
                ("workspace", _workspace()),
                ("created_at", _created()),
                ("first_lead", models.UUIDField(blank=True, editable=False, null=True)),
                ("before_lead", models.UUIDField(blank=True, editable=False, null=True)),
                (
                    "due_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="due"
                    ),
                ),
            ],
            options={
                "verbose_name": "leads to score again",
                "verbose_name_plural": "leads to score again",
                "ordering": ["due_at", "id"],
                "indexes": [
                    models.Index(fields=["due_at", "id"], name="heat_stretch_due"),
                    models.Index(fields=["workspace"], name="heat_stretch_workspace"),
                ],
            },
        ),
        AddIndexConcurrently(
            model_name="lead",
            index=models.Index(
                fields=["workspace", "heat_score"],
                condition=Q(deleted_at__isnull=True, status__in=OPEN),
                name="lead_open_by_score",
            ),
        ),
        AddIndexConcurrently(
            model_name="interaction",
            index=models.Index(
                fields=["workspace", "at"],
                include=["type", "platform", "lead"],
                condition=Q(type__in=ENGAGEMENT),
                name="interaction_engagement",
            ),
        ),
    ]
