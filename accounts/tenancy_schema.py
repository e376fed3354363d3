"""What the database itself enforces about tenancy, derived from the models after every migrate.

For each table with `workspace_id`: row-level security enabled and forced, a policy for the
application role and one for the system role, and a composite foreign key for every reference to
another tenant table. For those and a named list of control tables: the grants. Only what the
catalogue lacks is done, so that a second run changes, and locks, nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models

from accounts.models import TenantForeignKey, TenantModel
from accounts.tenancy import APP_ROLE, SYSTEM_ROLE

# Tables without a workspace that requests read or write inside a scope. Memberships and keys are
# needed before there is a scope, which is why they carry no policy.
CONTROL_TABLES = {
    "accounts_organization": "SELECT, INSERT, UPDATE, DELETE",
    "accounts_workspace": "SELECT, INSERT, UPDATE, DELETE",
    "accounts_user": "SELECT, INSERT, UPDATE, DELETE",
    "accounts_user_groups": "SELECT, INSERT, UPDATE, DELETE",
    "accounts_user_user_permissions": "SELECT, INSERT, UPDATE, DELETE",
    "accounts_membership": "SELECT, INSERT, UPDATE, DELETE",
    "accounts_apikey": "SELECT, INSERT, UPDATE, DELETE",
    "accounts_storedanswer": "SELECT, INSERT, DELETE",
    "account_emailaddress": "SELECT, INSERT, UPDATE, DELETE",
    "account_emailconfirmation": "SELECT, INSERT, UPDATE, DELETE",
    "auth_group": "SELECT, INSERT, UPDATE, DELETE",
    "auth_group_permissions": "SELECT, INSERT, UPDATE, DELETE",
    "auth_permission": "SELECT",
    "django_admin_log": "SELECT, INSERT",
    "django_content_type": "SELECT, INSERT",
    "django_session": "SELECT, INSERT, UPDATE, DELETE",
}

# Tenant tables that only a trigger writes, as the system role: nobody changes what is there.
WRITTEN_BY_TRIGGER = {"accounts_historyevent"}

APP_POLICY = "tenant"
SYSTEM_POLICY = "system"
_OWN_ROWS = (
    "workspace_id = ANY (string_to_array(current_setting('app.workspace_ids', true), ',')::uuid[])"
)


@dataclass(frozen=True)
class CompositeKey:
    """``table (workspace_id, column)`` references ``target (workspace_id, id)``."""

    table: str
    column: str
    target: str

    @property
    def name(self) -> str:
        return f"{self.table}_{self.column}_in_workspace"[:63]


def tenant_models() -> list[type[models.Model]]:
    """Every model whose rows belong to a workspace, automatic through tables included."""
    return [model for model in apps.get_models(include_auto_created=True) if _is_tenant(model)]


def _is_tenant(model: type[models.Model]) -> bool:
    return issubclass(model, TenantModel) and model._meta.managed and not model._meta.proxy


def composite_keys() -> list[CompositeKey]:
    """The keys that keep a row's references inside its workspace."""
    return [
        CompositeKey(model._meta.db_table, field.column, field.remote_field.model._meta.db_table)
        for model in tenant_models()
        for field in model._meta.local_fields
        if isinstance(field, TenantForeignKey)
    ]


def secure_tenant_tables(**_signal: object) -> None:
    """Bring policies, grants and composite keys up to the models (a `post_migrate` receiver)."""
    tables = [model._meta.db_table for model in tenant_models()]
    with connection.cursor() as cursor:
        refuse_privileged_login(cursor)
        cursor.execute(
            "SELECT relname FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        existing = {name for (name,) in cursor.fetchall()}
        statements = [
            *_policy_statements(cursor, [table for table in tables if table in existing]),
            *_grant_statements(cursor, existing, tables),
            *_key_statements(cursor, existing),
        ]
        for statement in statements:
            cursor.execute(statement)


def refuse_privileged_login(cursor: Any) -> None:
    """Raise when the policies would not bind whom we connected as."""
    cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user")
    if cursor.fetchone()[0]:
        raise ImproperlyConfigured(
            "The database login is a superuser or has BYPASSRLS: row-level policies would not"
            " apply to it. Let DATABASE_URL name the role that prepare_database makes."
        )


def _policy_statements(cursor: Any, tables: list[str]) -> Iterator[str]:
    cursor.execute(
        "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,"
        " array_remove(array_agg(p.polname::text), NULL)"
        " FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid"
        " WHERE c.relname = ANY (%s) AND c.relnamespace = 'public'::regnamespace GROUP BY 1, 2",
        [tables],
    )
    for table, forced, policies in cursor.fetchall():
        if not forced:
            yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
        if APP_POLICY not in policies:
            yield f"CREATE POLICY {APP_POLICY} ON {table} TO {APP_ROLE} USING ({_OWN_ROWS})"
        if SYSTEM_POLICY not in policies:
            yield f"CREATE POLICY {SYSTEM_POLICY} ON {table} TO {SYSTEM_ROLE} USING (true)"


def _grant_statements(cursor: Any, existing: set[str], tables: list[str]) -> Iterator[str]:
    wanted = dict.fromkeys(tables, "SELECT, INSERT, UPDATE, DELETE") | CONTROL_TABLES
    cursor.execute(
        "SELECT relname FROM pg_class"
        " WHERE relname = ANY (%s) AND relnamespace = 'public'::regnamespace"
        " AND has_table_privilege(%s, oid, 'SELECT') AND has_table_privilege(%s, oid, 'SELECT')",
        [list(wanted), APP_ROLE, SYSTEM_ROLE],
    )
    granted = {name for (name,) in cursor.fetchall()}
    for table in sorted(existing & wanted.keys() - granted):
        if table in WRITTEN_BY_TRIGGER:
            yield f"GRANT SELECT ON {table} TO {APP_ROLE}"
            yield f"GRANT SELECT, INSERT ON {table} TO {SYSTEM_ROLE}"
        else:
            yield f"GRANT {wanted[table]} ON {table} TO {APP_ROLE}, {SYSTEM_ROLE}"
    cursor.execute(
        # CASE keeps the planner from asking for the privileges of what is no sequence.
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND"
        " CASE WHEN relkind = 'S' THEN NOT has_sequence_privilege(%s, oid, 'USAGE') END",
        [APP_ROLE],
    )
    for (sequence,) in cursor.fetchall():
        yield f"GRANT USAGE ON SEQUENCE {sequence} TO {APP_ROLE}, {SYSTEM_ROLE}"


def _key_statements(cursor: Any, existing: set[str]) -> Iterator[str]:
    cursor.execute("SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace")
    present = {name for (name,) in cursor.fetchall()}
    keys = [key for key in composite_keys() if {key.table, key.target} <= existing]
    for target in sorted({key.target for key in keys}):
        unique = f"{target}_in_workspace"
        if unique not in present:
            yield f"ALTER TABLE {target} ADD CONSTRAINT {unique} UNIQUE (workspace_id, id)"
    for key in keys:
        if key.name not in present:
            # Validated apart, so that writers wait for a moment and not for the scan.
            yield (
                f"ALTER TABLE {key.table} ADD CONSTRAINT {key.name}"
                f" FOREIGN KEY (workspace_id, {key.column})"
                f" REFERENCES {key.target} (workspace_id, id)"
                " DEFERRABLE INITIALLY DEFERRED NOT VALID"
            )
            yield f"ALTER TABLE {key.table} VALIDATE CONSTRAINT {key.name}"
