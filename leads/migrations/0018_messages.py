"""The conversation with a person, and in whose name a workspace writes e-mail."""

import accounts.ids
import accounts.models.base
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_history'),
        ('leads', '0017_jobs'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EmailSender',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('sender_name', models.CharField(blank=True, max_length=200, verbose_name="sender's name")),
                ('sender_address', models.CharField(blank=True, max_length=320, verbose_name="sender's address")),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace')),
            ],
            options={
                'verbose_name': 'e-mail sender',
                'verbose_name_plural': 'e-mail senders',
                'constraints': [models.UniqueConstraint(fields=('workspace',), name='email_sender_once')],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('channel', models.CharField(choices=[('sms', 'SMS'), ('email', 'E-mail'), ('fb_msg', 'Messenger'), ('ig_msg', 'Instagram'), ('linkedin_msg', 'LinkedIn')], max_length=12, verbose_name='channel')),
                ('direction', models.CharField(choices=[('inbound', 'Inbound'), ('outbound', 'Outbound')], max_length=8, verbose_name='direction')),
                ('subject', models.CharField(blank=True, max_length=500, verbose_name='subject')),
                ('body', models.TextField(blank=True, verbose_name='text')),
                ('meta', models.JSONField(blank=True, default=dict, verbose_name='details')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('author', models.CharField(blank=True, max_length=320, verbose_name='by')),
                ('status', models.CharField(choices=[('recorded', 'Written down'), ('received', 'Received'), ('queued', 'Waiting to be sent'), ('sending', 'Being sent'), ('sent', 'Sent'), ('delivered', 'Delivered'), ('bounced', 'Bounced'), ('failed', 'Not sent')], max_length=10, verbose_name='state')),
                ('error', models.CharField(blank=True, max_length=500, verbose_name='error')),
                ('message_id', models.CharField(blank=True, max_length=400, verbose_name='message id')),
                ('in_reply_to', models.CharField(blank=True, max_length=400, verbose_name='in reply to')),
                ('references', models.TextField(blank=True, verbose_name='references')),
                ('reply_token', models.CharField(blank=True, editable=False, max_length=40)),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(blank=True, null=True, verbose_name='next attempt')),
                ('lease_token', models.UUIDField(blank=True, editable=False, null=True)),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent')),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('author_user', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('contact', accounts.models.base.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='leads.contact')),
                ('lead', accounts.models.base.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='leads.lead')),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace')),
            ],
            options={
                'verbose_name': 'message',
                'verbose_name_plural': 'messages',
                'ordering': ['-at', '-id'],
                'indexes': [models.Index(fields=['workspace', 'lead', '-at', '-id'], name='message_of_lead'), models.Index(fields=['workspace', 'contact'], name='message_of_contact'), models.Index(fields=['workspace', '-at', '-id'], name='message_newest'), models.Index(condition=models.Q(('message_id', ''), _negated=True), fields=['workspace', 'message_id'], name='message_by_message_id'), models.Index(condition=models.Q(('reply_token', ''), _negated=True), fields=['workspace', 'reply_token'], name='message_by_reply_token'), models.Index(condition=models.Q(('status__in', ['queued', 'sending'])), fields=['next_attempt_at'], name='message_due'), models.Index(condition=models.Q(('status__in', ['failed', 'bounced'])), fields=['workspace', '-at', '-id'], name='message_failed')],
                'constraints': [models.CheckConstraint(condition=models.Q(('channel__in', ['sms', 'email', 'fb_msg', 'ig_msg', 'linkedin_msg'])), name='message_channel_known'), models.CheckConstraint(condition=models.Q(('direction__in', ['inbound', 'outbound'])), name='message_direction_known'), models.CheckConstraint(condition=models.Q(('status__in', ['recorded', 'received', 'queued', 'sending', 'sent', 'delivered', 'bounced', 'failed'])), name='message_status_known'), models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['queued', 'sending']), _negated=True), ('next_attempt_at__isnull', False), _connector='OR'), name='message_waiting_has_time')],
            },
        ),
    ]
