"""What is to be done next with a lead, and how soon a new one is to be answered."""

import accounts.ids
import accounts.models.base
import datetime
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import leads.models.response
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('leads', '0011_open_leads_of_member'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='notification', name='notification_kind_known'),
        migrations.AlterField(
            model_name='notification',
            name='kind',
            field=models.CharField(choices=[('assigned', 'A lead was assigned to you'), ('task_due', 'A task is due')], max_length=20, verbose_name='kind'),
        ),
        migrations.AddConstraint(
            model_name='notification',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['assigned', 'task_due'])), name='notification_kind_known'),
        ),
        migrations.CreateModel(
            name='ResponseSettings',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('target_minutes', models.PositiveIntegerField(blank=True, help_text='Counted in business hours. Empty: no target.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10000)], verbose_name='minutes to the first response')),
                ('days', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), default=leads.models.response.working_days, size=None, verbose_name='business days')),
                ('opens_at', models.TimeField(default=datetime.time(9, 0), verbose_name='open from')),
                ('closes_at', models.TimeField(default=datetime.time(17, 0), help_text='00:00 is the end of the day.', verbose_name='open until')),
                ('holidays', django.contrib.postgres.fields.ArrayField(base_field=models.DateField(), blank=True, default=list, size=None, verbose_name='holidays')),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace')),
            ],
            options={
                'verbose_name': 'first-response target',
                'verbose_name_plural': 'first-response targets',
            },
        ),
        migrations.CreateModel(
            name='Task',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('notes', models.TextField(blank=True, verbose_name='notes')),
                ('due_at', models.DateTimeField(verbose_name='due')),
                ('reminder_at', models.DateTimeField(blank=True, null=True, verbose_name='reminder')),
                ('reminded_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='reminded')),
                ('done_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='done')),
                ('done_by', models.CharField(blank=True, editable=False, max_length=200, verbose_name='done by')),
                ('closed_with_lead', models.BooleanField(default=False, editable=False, verbose_name='closed with the lead')),
                ('created_by', models.CharField(blank=True, editable=False, max_length=200, verbose_name='created by')),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('lead', accounts.models.base.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='tasks', to='leads.lead')),
                ('owner', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace')),
            ],
            options={
                'verbose_name': 'task',
                'verbose_name_plural': 'tasks',
                'ordering': ['due_at', 'id'],
            },
        ),
        migrations.AddField(
            model_name='lead',
            name='first_response_due_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name='responsesettings',
            constraint=models.UniqueConstraint(fields=('workspace',), name='response_settings_once'),
        ),
        migrations.AddConstraint(
            model_name='responsesettings',
            constraint=models.CheckConstraint(condition=models.Q(('target_minutes__isnull', True), models.Q(('target_minutes__gte', 1), ('target_minutes__lte', 10000)), _connector='OR'), name='response_target_in_range'),
        ),
        migrations.AddConstraint(
            model_name='responsesettings',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('days', []), _negated=True), ('days__contained_by', [0, 1, 2, 3, 4, 5, 6])), name='response_days_known'),
        ),
        migrations.AddConstraint(
            model_name='responsesettings',
            constraint=models.CheckConstraint(condition=models.Q(('closes_at', datetime.time(0, 0)), ('closes_at__gt', models.F('opens_at')), _connector='OR'), name='response_closes_after_opening'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['workspace', 'lead', 'due_at'], name='task_of_lead'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['workspace', 'due_at', 'id'], name='task_calendar'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['workspace', 'created_at', 'id'], name='task_newest'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('done_at__isnull', True)), fields=['workspace', 'owner', 'due_at', 'id'], name='task_open_of_owner'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('done_at__isnull', True)), fields=['workspace', 'due_at', 'id'], name='task_open'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('done_at__isnull', False)), fields=['workspace', '-done_at', '-id'], name='task_done_last'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('done_at__isnull', True), ('reminded_at__isnull', True)), fields=['reminder_at'], name='task_reminder_due'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('title', ''), _negated=True), name='task_has_title'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('closed_with_lead', False), ('done_at__isnull', False), _connector='OR'), name='task_closed_with_lead_is_done'),
        ),
    ]
