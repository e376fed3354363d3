"""The table of what was changed, and the guard that keeps it.

The functions that write it, and the triggers that call them, follow from the models after every
migrate (`accounts.history_schema`).
"""

import accounts.models.history
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

GUARD = """
CREATE FUNCTION refuse_rewriting_history() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'The history is append-only.'; END $$;
CREATE TRIGGER history_is_append_only
BEFORE UPDATE OR DELETE ON accounts_historyevent
FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting_history();
"""

UNGUARD = """
DROP TRIGGER history_is_append_only ON accounts_historyevent;
DROP FUNCTION refuse_rewriting_history();
"""

# The functions are not the login's own: they are dropped as the role that owns them. Their triggers
# go too.
FORGET = """
SET LOCAL ROLE leadloop_system;
DO $$
DECLARE
    made regprocedure;
BEGIN
    FOR made IN
        SELECT oid FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND starts_with(proname, 'history_of_')
    LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', made);
    END LOOP;
END
$$;
RESET ROLE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_stored_answers'),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoryEvent',
            fields=[
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('model', models.CharField(max_length=100, verbose_name='kind of row')),
                ('object_id', models.UUIDField(verbose_name='row')),
                ('operation', models.CharField(choices=[('update', 'Changed'), ('delete', 'Deleted')], max_length=6, verbose_name='what happened')),
                ('changes', models.JSONField(decoder=accounts.models.history.ExactDecoder, verbose_name='changes')),
                ('concealed', models.JSONField(default=list, verbose_name='changed without their values')),
                ('actor_kind', models.CharField(choices=[('user', 'Person'), ('key', 'API key'), ('system', 'Leadloop'), ('database', 'Database')], max_length=8, verbose_name='kind of actor')),
                ('actor_label', models.CharField(blank=True, max_length=400, verbose_name='by')),
                ('actor_id', models.UUIDField(null=True, verbose_name='actor')),
                ('via', models.CharField(blank=True, max_length=20, verbose_name='through')),
                ('request_id', models.CharField(blank=True, max_length=64, verbose_name='request')),
                ('workspace', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.workspace')),
            ],
            options={
                'verbose_name': 'change',
                'verbose_name_plural': 'changes',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['workspace', 'model', 'object_id', '-id'], name='history_of_row')],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
        migrations.RunSQL(migrations.RunSQL.noop, FORGET),
    ]
