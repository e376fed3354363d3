"""The triggers that write the history, derived from the models after every migrate.

Each model with a `history` (`accounts.models.Tracked`) has a function and two triggers on its
table: on an update that changes a tracked column, and on every deletion. Triggers see every change,
of however many rows and by whatever client. The condition is the trigger's own, so that rescoring
and counting never reach the function, and the function names its columns: turning whole rows into
JSON would cost several times as much. It belongs to the system role and runs as it: the application
may read the history, and cannot write, change or remove any of it.
"""

import hashlib
from collections.abc import Iterator

from django.apps import apps
from django.db import connection, models, transaction

from accounts.acting import SETTING
from accounts.models import HistoryEvent, Tracked
from accounts.tenancy import SYSTEM_ROLE

_UPDATE = "history_of_update"
_DELETE = "history_of_delete"

_FUNCTION = """
CREATE OR REPLACE FUNCTION history_of_{table}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    actor jsonb := nullif(current_setting('{setting}', true), '')::jsonb;
    changes jsonb := '{{}}';
    concealed jsonb := '[]';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        {on_update}
    ELSE
        -- What the row was at the end, without the fields that were empty.
        SELECT coalesce(jsonb_object_agg(field.key, jsonb_build_array(field.value, NULL)), '{{}}')
        INTO changes
        FROM jsonb_each(jsonb_build_object({pairs})) AS field
        WHERE field.value NOT IN ('null', '""', '{{}}', '[]');
    END IF;
    INSERT INTO public.{history} (
        workspace_id, created_at, model, object_id, operation, changes, concealed,
        actor_kind, actor_label, actor_id, via, request_id
    ) VALUES (
        OLD.workspace_id, clock_timestamp(), '{label}', OLD.id, lower(TG_OP), changes, concealed,
        coalesce(actor ->> 'kind', 'database'), coalesce(actor ->> 'label', ''),
        nullif(actor ->> 'id', '')::uuid, coalesce(actor ->> 'via', ''),
        coalesce(actor ->> 'request_id', '')
    );
    RETURN NULL;
END
$$
"""


def tracked_models() -> dict[type[models.Model], Tracked]:
    """Every model whose changes are kept, and which of them."""
    found = {model: getattr(model, "history", None) for model in apps.get_models()}
    return {model: tracked for model, tracked in found.items() if isinstance(tracked, Tracked)}


def track_changes(**_signal: object) -> None:
    """Bring functions and triggers up to the models (a `post_migrate` receiver).

    They are made anew only where the definition is another, and triggers of a model that is tracked
    no more are dropped: a second run changes, and locks, nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, array_agg(a.attname::text)"
            " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
            " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY 1"
        )
        tables = {name: set(columns) for name, columns in cursor.fetchall()}
        if HistoryEvent._meta.db_table not in tables:
            # Migrated back to before there was a history; its functions took the triggers along.
            return
        cursor.execute(
            "SELECT c.relname, t.tgname, obj_description(t.oid, 'pg_trigger')"
            " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname IN (%s, %s) AND c.relnamespace = 'public'::regnamespace",
            [_UPDATE, _DELETE],
        )
        present: dict[str, set[tuple[str, str | None]]] = {}
        for table, trigger, definition in cursor.fetchall():
            present.setdefault(table, set()).add((trigger, definition))
        statements = [*_statements(present, tables)]
        if statements:
            with transaction.atomic():
                for statement in statements:
                    cursor.execute(statement)


def _statements(
    present: dict[str, set[tuple[str, str | None]]], tables: dict[str, set[str]]
) -> Iterator[str]:
    wanted = {model._meta.db_table: (model, kept) for model, kept in tracked_models().items()}
    for table in sorted(present.keys() - wanted.keys()):
        for trigger, _definition in present[table]:
            yield f"DROP TRIGGER {trigger} ON {table}"
    for table, (model, tracked) in sorted(wanted.items()):
        columns = {*_columns(model, (*tracked.values, *tracked.names)), "id", "workspace_id"}
        if not columns <= tables.get(table, set()):
            # Migrated back to before a column it tracks, or not there at all.
            continue
        function = _function(model, tracked)
        triggers = _triggers(model, tracked)
        # What was installed is told by its digest, kept as the triggers' comment.
        digest = hashlib.sha256("".join([function, *triggers.values()]).encode()).hexdigest()
        if present.get(table) == {(trigger, digest) for trigger in triggers}:
            continue
        yield f"SET LOCAL ROLE {SYSTEM_ROLE}"
        yield function
        yield "RESET ROLE"
        for trigger, definition in triggers.items():
            yield f"CREATE OR REPLACE TRIGGER {trigger} {definition}"
            yield f"COMMENT ON TRIGGER {trigger} ON {table} IS '{digest}'"


def _columns(model: type[models.Model], names: tuple[str, ...]) -> list[str]:
    columns = {field.name: str(field.column) for field in model._meta.concrete_fields}
    return [columns[name] for name in names]


def _function(model: type[models.Model], tracked: Tracked) -> str:
    values = _columns(model, tracked.values)
    kept = [
        f"IF OLD.{column} IS DISTINCT FROM NEW.{column} THEN changes := changes ||"
        f" jsonb_build_object('{column}', jsonb_build_array(OLD.{column}, NEW.{column})); END IF;"
        for column in values
    ]
    named = [
        f"IF OLD.{column} IS DISTINCT FROM NEW.{column} THEN"
        f" concealed := concealed || '[\"{column}\"]'::jsonb; END IF;"
        for column in _columns(model, tracked.names)
    ]
    return _FUNCTION.format(
        table=model._meta.db_table,
        setting=SETTING,
        history=HistoryEvent._meta.db_table,
        label=model._meta.label_lower,
        on_update="\n        ".join([*kept, *named]),
        pairs=", ".join(f"'{column}', OLD.{column}" for column in values),
    )


def _triggers(model: type[models.Model], tracked: Tracked) -> dict[str, str]:
    table = model._meta.db_table
    columns = _columns(model, (*tracked.values, *tracked.names))
    was = ", ".join(f"OLD.{column}" for column in columns)
    became = ", ".join(f"NEW.{column}" for column in columns)
    call = f"FOR EACH ROW {{}}EXECUTE FUNCTION history_of_{table}()"
    changed = f"WHEN (({was}) IS DISTINCT FROM ({became})) "
    return {
        _UPDATE: f"AFTER UPDATE ON {table} {call.format(changed)}",
        _DELETE: f"AFTER DELETE ON {table} {call.format('')}",
    }
