"""Who is given leads by themselves, by which rules, who waits for it, and who is told."""

import accounts.ids
import accounts.models.base
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('leads', '0008_room_on_contact_pages'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Territory',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('countries', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2), blank=True, default=list, size=None, verbose_name='countries')),
                ('regions', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=103), blank=True, default=list, size=None, verbose_name='regions')),
                ('postal_prefixes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=23), blank=True, default=list, size=None, verbose_name='postal codes')),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace')),
            ],
            options={
                'verbose_name': 'territory',
                'verbose_name_plural': 'territories',
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='AssignmentRule',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='position')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('sources', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, default=list, size=None, verbose_name='sources')),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, size=None, verbose_name='tags')),
                ('member_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None, verbose_name='members')),
                ('if_nobody', models.CharField(choices=[('wait', 'The lead waits for them'), ('next', 'The next rule is tried, at last everybody')], default='next', max_length=4, verbose_name='if nobody can')),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace')),
                ('territory', accounts.models.base.TenantForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rules', to='leads.territory', verbose_name='territory')),
            ],
            options={
                'verbose_name': 'assignment rule',
                'verbose_name_plural': 'assignment rules',
                'ordering': ['position', 'created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='WaitingLead',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('lead', accounts.models.base.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leads.lead', verbose_name='lead')),
                ('rule', accounts.models.base.TenantForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='leads.assignmentrule', verbose_name='rule')),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace')),
            ],
            options={
                'verbose_name': 'waiting lead',
                'verbose_name_plural': 'waiting leads',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='AssignmentMember',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('cap', models.PositiveIntegerField(blank=True, help_text='Empty: as the policy says for everybody.', null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100000)], verbose_name='most open leads')),
                ('turn', models.BigIntegerField(default=0, editable=False, verbose_name='last turn')),
                ('by_email', models.BooleanField(default=True, help_text='Of leads that somebody else gave them.', verbose_name='tell by e-mail')),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='member')),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace')),
            ],
            options={
                'verbose_name': "member's assignment",
                'verbose_name_plural': "members' assignment",
                'constraints': [models.UniqueConstraint(fields=('workspace', 'user'), name='assignment_member_once')],
            },
        ),
        migrations.CreateModel(
            name='AssignmentPolicy',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('trigger', models.CharField(choices=[('none', 'Never'), ('created', 'When a lead comes in'), ('enriched', 'When a lead is enriched')], default='none', max_length=8, verbose_name='when')),
                ('strategy', models.CharField(choices=[('round_robin', 'In turn (round robin)'), ('least_loaded', 'Whoever has the fewest open leads')], default='round_robin', max_length=12, verbose_name='whose turn')),
                ('default_cap', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100000)], verbose_name='most open leads of a member')),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace')),
            ],
            options={
                'verbose_name': 'assignment policy',
                'verbose_name_plural': 'assignment policies',
                'constraints': [models.UniqueConstraint(fields=('workspace',), name='assignment_policy_once'), models.CheckConstraint(condition=models.Q(('trigger__in', ['none', 'created', 'enriched'])), name='assignment_trigger_known'), models.CheckConstraint(condition=models.Q(('strategy__in', ['round_robin', 'least_loaded'])), name='assignment_strategy_known')],
            },
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('kind', models.CharField(choices=[('assigned', 'A lead was assigned to you')], max_length=20, verbose_name='kind')),
                ('event_id', models.UUIDField(editable=False, verbose_name='event')),
                ('by', models.CharField(blank=True, max_length=200, verbose_name='by')),
                ('read_at', models.DateTimeField(blank=True, null=True, verbose_name='read')),
                ('email_due_at', models.DateTimeField(blank=True, null=True, verbose_name='e-mail due')),
                ('email_attempts', models.PositiveSmallIntegerField(default=0, verbose_name='e-mail attempts')),
                ('emailed_at', models.DateTimeField(blank=True, null=True, verbose_name='e-mailed')),
                ('email_error', models.CharField(blank=True, max_length=500, verbose_name='e-mail error')),
                ('lead', accounts.models.base.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leads.lead', verbose_name='lead')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='for')),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace')),
            ],
            options={
                'verbose_name': 'notification',
                'verbose_name_plural': 'notifications',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['workspace', 'user', '-id'], name='notification_newest'), models.Index(condition=models.Q(('read_at__isnull', True)), fields=['workspace', 'user'], name='notification_unread'), models.Index(condition=models.Q(('email_due_at__isnull', False)), fields=['email_due_at'], name='notification_mail_due'), models.Index(fields=['workspace', 'lead'], name='notification_lead')],
                'constraints': [models.UniqueConstraint(fields=('workspace', 'user', 'event_id'), name='notification_once'), models.CheckConstraint(condition=models.Q(('kind__in', ['assigned'])), name='notification_kind_known')],
            },
        ),
        migrations.AddConstraint(
            model_name='territory',
            constraint=models.UniqueConstraint(fields=('workspace', 'name'), name='territory_name_once'),
        ),
        migrations.AddIndex(
            model_name='assignmentrule',
            index=models.Index(fields=['workspace', 'position', 'id'], name='assignment_rule_position'),
        ),
        migrations.AddIndex(
            model_name='assignmentrule',
            index=models.Index(fields=['workspace', 'territory'], name='assignment_rule_territory'),
        ),
        migrations.AddConstraint(
            model_name='assignmentrule',
            constraint=models.UniqueConstraint(fields=('workspace', 'name'), name='assignment_rule_name_once'),
        ),
        migrations.AddConstraint(
            model_name='assignmentrule',
            constraint=models.CheckConstraint(condition=models.Q(('if_nobody__in', ['wait', 'next'])), name='assignment_if_nobody_known'),
        ),
        migrations.AddIndex(
            model_name='waitinglead',
            index=models.Index(fields=['workspace', 'id'], name='waiting_lead_order'),
        ),
        migrations.AddIndex(
            model_name='waitinglead',
            index=models.Index(fields=['workspace', 'rule'], name='waiting_lead_rule'),
        ),
        migrations.AddConstraint(
            model_name='waitinglead',
            constraint=models.UniqueConstraint(fields=('workspace', 'lead'), name='waiting_lead_once'),
        ),
    ]
