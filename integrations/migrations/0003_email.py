"""What outside services send, and the address they send it to."""

import accounts.ids
import accounts.models.base
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_history'),
        ('integrations', '0002_outbox_set_aside'),
    ]

    operations = [
        migrations.CreateModel(
            name='InboundDelivery',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('kind', models.CharField(max_length=40, verbose_name='kind')),
                ('external_id', models.CharField(max_length=400, verbose_name='external id')),
                ('payload', models.JSONField(verbose_name='payload')),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('handled', 'Handled'), ('unmatched', 'Belongs to nobody known'), ('failed', 'Failed')], default='waiting', max_length=10, verbose_name='state')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(blank=True, null=True, verbose_name='next attempt')),
                ('last_error', models.CharField(blank=True, max_length=500, verbose_name='last error')),
                ('handled_at', models.DateTimeField(blank=True, null=True, verbose_name='handled')),
            ],
            options={
                'verbose_name': 'inbound delivery',
                'verbose_name_plural': 'inbound deliveries',
            },
        ),
        migrations.AddField(
            model_name='connection',
            name='inbound_token',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name='inbounddelivery',
            name='connection',
            field=accounts.models.base.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='integrations.connection'),
        ),
        migrations.AddField(
            model_name='inbounddelivery',
            name='workspace',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddIndex(
            model_name='inbounddelivery',
            index=models.Index(fields=['workspace', '-created_at', '-id'], name='inbound_delivery_newest'),
        ),
        migrations.AddIndex(
            model_name='inbounddelivery',
            index=models.Index(condition=models.Q(('status', 'waiting')), fields=['next_attempt_at'], name='inbound_delivery_due'),
        ),
        migrations.AddConstraint(
            model_name='inbounddelivery',
            constraint=models.UniqueConstraint(fields=('workspace', 'connection', 'external_id'), name='inbound_delivery_once'),
        ),
        migrations.AddConstraint(
            model_name='inbounddelivery',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['waiting', 'handled', 'unmatched', 'failed'])), name='inbound_delivery_status_known'),
        ),
    ]
