"""Merges of contacts, suggestions that two are one person, and the search for them."""

import accounts.ids
import accounts.models.base
import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

# For each of the contacts given, who has the same phone number (one that more than a few share is
# a switchboard's and says nothing), or the same name and something else in common. It belongs to
# the system role, whose policy is `true`: under the scope's own, lower() would keep the index of
# names from being used. Like `search_contacts` it takes the scope's own workspaces only.
FORWARD = """
CREATE FUNCTION likely_duplicates(in_workspace uuid, of_contacts uuid[], at_most integer)
RETURNS TABLE (first_id uuid, second_id uuid, reasons text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT DISTINCT least(one.id, other.id), greatest(one.id, other.id), other.reasons
    FROM leads_contact one
    CROSS JOIN LATERAL (
        SELECT found.id, array_agg(DISTINCT found.reason ORDER BY found.reason) AS reasons
        FROM (
            SELECT sharing.id, 'phone' AS reason
            FROM (
                SELECT same.id, count(*) OVER () AS sharers
                FROM (
                    SELECT id FROM leads_contact
                    WHERE workspace_id = in_workspace AND deleted_at IS NULL AND phone_e164 <> ''
                      AND phone_e164 = one.phone_e164 AND id <> one.id
                    LIMIT at_most + 1
                ) same
            ) sharing
            WHERE sharing.sharers <= at_most
            UNION ALL
            SELECT namesake.id, CASE
                WHEN namesake.company_id = one.company_id THEN 'name_company'
                WHEN split_part(namesake.email_normalized, '@', 1) <> ''
                 AND split_part(namesake.email_normalized, '@', 1)
                   = split_part(one.email_normalized, '@', 1) THEN 'name_email'
                WHEN namesake.email_normalized = '' AND namesake.phone_e164 = '' THEN 'name'
                WHEN one.email_normalized = '' AND one.phone_e164 = '' THEN 'name'
            END
            FROM (
                SELECT id, company_id, email_normalized, phone_e164 FROM leads_contact
                WHERE workspace_id = in_workspace AND deleted_at IS NULL
                  AND last_name <> '' AND first_name <> ''
                  AND lower(last_name) = lower(one.last_name)
                  AND lower(first_name) = lower(one.first_name) AND id <> one.id
                LIMIT 100
            ) namesake
        ) found
        WHERE found.reason IS NOT NULL
        GROUP BY found.id
        LIMIT at_most
    ) other
    WHERE one.workspace_id = in_workspace
      AND in_workspace = ANY (string_to_array(current_setting('app.workspace_ids', true), ',')::uuid[])
      AND one.id = ANY (of_contacts)
      AND one.deleted_at IS NULL
$$;
REVOKE ALL ON FUNCTION likely_duplicates(uuid, uuid[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION likely_duplicates(uuid, uuid[], integer) TO leadloop_app;
ALTER FUNCTION likely_duplicates(uuid, uuid[], integer) OWNER TO leadloop_system;
"""

# The function is not the login's own: it is dropped as the role that owns it.
BACKWARD = """
SET LOCAL ROLE leadloop_system;
DROP FUNCTION likely_duplicates(uuid, uuid[], integer);
RESET ROLE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('leads', '0014_metrics'),
    ]

    operations = [
        migrations.CreateModel(
            name='DuplicateScan',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('reached', models.UUIDField(blank=True, editable=False, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished')),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace')),
            ],
            options={
                'verbose_name': 'search for duplicates',
                'verbose_name_plural': 'searches for duplicates',
            },
        ),
        migrations.CreateModel(
            name='Merge',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('choices', models.JSONField(blank=True, default=dict, verbose_name='choices')),
                ('moved', models.JSONField(blank=True, default=list, verbose_name='moved')),
                ('raised', models.JSONField(blank=True, default=list, editable=False)),
                ('record_sealed', models.TextField(blank=True, editable=False)),
                ('other_email', models.CharField(blank=True, editable=False, max_length=320)),
                ('other_phone', models.CharField(blank=True, editable=False, max_length=16)),
                ('merged_by', models.CharField(blank=True, max_length=200, verbose_name='merged by')),
                ('undone_at', models.DateTimeField(blank=True, null=True, verbose_name='undone')),
                ('undone_by', models.CharField(blank=True, max_length=200, verbose_name='undone by')),
                ('kept', accounts.models.base.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leads.contact', verbose_name='kept contact')),
                ('kept_lead', accounts.models.base.TenantForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leads.lead', verbose_name='kept lead')),
                ('lost', accounts.models.base.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leads.contact', verbose_name='lost contact')),
                ('lost_lead', accounts.models.base.TenantForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leads.lead', verbose_name='lost lead')),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace')),
            ],
            options={
                'verbose_name': 'merge',
                'verbose_name_plural': 'merges',
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='DuplicateSuggestion',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('reasons', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('arrival', 'One came in with the other’s phone number'), ('phone', 'Same phone number'), ('name_company', 'Same name and company'), ('name_email', 'Same name, similar e-mail'), ('name', 'Same name, and nothing else is known of one')], max_length=20), size=None, verbose_name='reasons')),
                ('dismissed_at', models.DateTimeField(blank=True, null=True, verbose_name='dismissed')),
                ('dismissed_by', models.CharField(blank=True, max_length=200, verbose_name='dismissed by')),
                ('first', accounts.models.base.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leads.contact', verbose_name='contact')),
                ('second', accounts.models.base.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leads.contact', verbose_name='other contact')),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace')),
                ('merge', accounts.models.base.TenantForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='suggestions', to='leads.merge')),
            ],
            options={
                'verbose_name': 'duplicate suggestion',
                'verbose_name_plural': 'duplicate suggestions',
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.AddConstraint(
            model_name='duplicatescan',
            constraint=models.UniqueConstraint(fields=('workspace',), name='duplicate_scan_once'),
        ),
        migrations.AddIndex(
            model_name='merge',
            index=models.Index(fields=['workspace', '-created_at', '-id'], name='merge_newest'),
        ),
        migrations.AddIndex(
            model_name='merge',
            index=models.Index(fields=['workspace', 'kept'], name='merge_of_kept'),
        ),
        migrations.AddIndex(
            model_name='merge',
            index=models.Index(condition=models.Q(('undone_at__isnull', True), models.Q(('other_email', ''), _negated=True)), fields=['workspace', 'other_email'], name='merge_other_email'),
        ),
        migrations.AddIndex(
            model_name='merge',
            index=models.Index(condition=models.Q(('undone_at__isnull', True), models.Q(('other_phone', ''), _negated=True)), fields=['workspace', 'other_phone'], name='merge_other_phone'),
        ),
        migrations.AddConstraint(
            model_name='merge',
            constraint=models.UniqueConstraint(condition=models.Q(('undone_at__isnull', True)), fields=('workspace', 'lost'), name='merge_loses_contact_once'),
        ),
        migrations.AddConstraint(
            model_name='merge',
            constraint=models.UniqueConstraint(condition=models.Q(('lost_lead__isnull', False), ('undone_at__isnull', True)), fields=('workspace', 'lost_lead'), name='merge_loses_lead_once'),
        ),
        migrations.AddConstraint(
            model_name='merge',
            constraint=models.CheckConstraint(condition=models.Q(('kept', models.F('lost')), _negated=True), name='merge_is_of_two'),
        ),
        migrations.AddIndex(
            model_name='duplicatesuggestion',
            index=models.Index(condition=models.Q(('dismissed_at__isnull', True), ('merge__isnull', True)), fields=['workspace', '-created_at', '-id'], name='duplicate_open_newest'),
        ),
        migrations.AddIndex(
            model_name='duplicatesuggestion',
            index=models.Index(condition=models.Q(('dismissed_at__isnull', True), ('merge__isnull', True)), fields=['workspace', 'second'], name='duplicate_open_of_second'),
        ),
        migrations.AddIndex(
            model_name='duplicatesuggestion',
            index=models.Index(fields=['workspace', 'merge'], name='duplicate_of_merge'),
        ),
        migrations.AddConstraint(
            model_name='duplicatesuggestion',
            constraint=models.UniqueConstraint(fields=('workspace', 'first', 'second'), name='duplicate_pair_once'),
        ),
        migrations.AddConstraint(
            model_name='duplicatesuggestion',
            constraint=models.CheckConstraint(condition=models.Q(('first__lt', models.F('second'))), name='duplicate_pair_in_order'),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
