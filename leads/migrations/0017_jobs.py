"""What is done to many leads in the background."""

import accounts.ids
import accounts.models.base
import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('leads', '0016b_saved_view_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('action', models.CharField(max_length=40, verbose_name='action')),
                ('parameters', models.JSONField(default=dict, verbose_name='parameters')),
                ('lead_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), editable=False, null=True, size=None, verbose_name='leads')),
                ('filter', models.JSONField(editable=False, null=True, verbose_name='filter')),
                ('undoes', accounts.models.base.TenantForeignKey(db_constraint=False, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='leads.job')),
                ('status', models.CharField(choices=[('queued', 'Waiting'), ('running', 'Running'), ('completed', 'Completed'), ('failed', 'Stopped'), ('canceled', 'Canceled')], default='queued', editable=False, max_length=9, verbose_name='status')),
                ('total', models.PositiveIntegerField(default=0, editable=False, verbose_name='leads in all')),
                ('total_is_estimate', models.BooleanField(default=False, editable=False)),
                ('changed', models.PositiveIntegerField(default=0, editable=False, verbose_name='changed')),
                ('unchanged', models.PositiveIntegerField(default=0, editable=False, verbose_name='unchanged')),
                ('failed', models.PositiveIntegerField(default=0, editable=False, verbose_name='refused')),
                ('errors', models.JSONField(default=list, editable=False, verbose_name='refusals')),
                ('error', models.TextField(blank=True, editable=False, verbose_name='error')),
                ('position', models.UUIDField(editable=False, null=True)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('lease_token', models.UUIDField(editable=False, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('user', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked for by')),
                ('api_key', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.apikey')),
                ('created_by', models.CharField(editable=False, max_length=200, verbose_name='asked for by')),
                ('via', models.CharField(editable=False, max_length=20)),
                ('started_at', models.DateTimeField(editable=False, null=True, verbose_name='started')),
                ('finished_at', models.DateTimeField(editable=False, null=True, verbose_name='finished')),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name': 'job',
                'verbose_name_plural': 'jobs',
                'ordering': ['-created_at', '-id'],
                'indexes': [models.Index(fields=['workspace', '-created_at', '-id'], name='job_newest'), models.Index(fields=['workspace', 'user', '-created_at', '-id'], name='job_of_user'), models.Index(condition=models.Q(('status__in', ['queued', 'running'])), fields=['due_at'], name='job_due'), models.Index(fields=['workspace', 'undoes'], name='job_undoes')],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['queued', 'running', 'completed', 'failed', 'canceled'])), name='job_status_known'), models.CheckConstraint(condition=models.Q(('lead_ids__isnull', True), ('filter__isnull', True), _connector='OR'), name='job_one_selection')],
            },
        ),
    ]
