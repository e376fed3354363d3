"""What must exist in PostgreSQL before the first migration: the roles, and the database.

Done with administrator rights, once per installation and again whenever wanted: every step leaves
what is already right alone. It is never a migration, because a migration runs as the login, which
must not be able to make roles. It needs no Django settings, so that the runner and the tests can
call it before anything else.
"""

from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from accounts.tenancy import APP_ROLE, SYSTEM_ROLE

# Any constant will do, as long as every bootstrap of a cluster takes the same lock. Advisory locks
# belong to a database, so administrators should connect to one and the same (usually `postgres`).
_ADVISORY_LOCK = 4_153_229_011
_POSTGRESQL_16 = 160_000

AdminConnection = psycopg.Connection[tuple[object, ...]]


class BootstrapError(Exception):
    """The database cannot be prepared; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Login:
    """Whom Leadloop connects as, and to which database."""

    name: str
    password: str
    database: str

    @classmethod
    def from_url(cls, database_url: str) -> "Login":
        try:
            parts = conninfo_to_dict(database_url)
        except psycopg.ProgrammingError as error:
            raise BootstrapError(f"DATABASE_URL is not a PostgreSQL URL: {error}") from error
        name, database = parts.get("user"), parts.get("dbname")
        if not name or not database:
            raise BootstrapError("DATABASE_URL must name a user and a database.")
        return cls(str(name), str(parts.get("password") or ""), str(database))


def bootstrap(admin_url: str, login: Login, *, test_databases: bool = True) -> None:
    """Create or correct the roles, the database and the rights on its schema.

    With `test_databases` the login may also create databases, which then have the same rights on
    their schema, through template1.
    """
    try:
        with psycopg.connect(admin_url, autocommit=True, connect_timeout=10) as admin:
            # Test workers or two machines may start at once; `CREATE ROLE` has no IF NOT EXISTS.
            admin.execute("SELECT pg_advisory_lock(%s)", [_ADVISORY_LOCK])
            _refuse_privileged(admin, login.name)
            _ensure_roles(admin, login, test_databases=test_databases)
            _ensure_database(admin, login)
            _open_schema(admin, admin_url, login, login.database)
            if test_databases:
                _open_schema(admin, admin_url, login, "template1")
    except psycopg.Error as error:
        raise BootstrapError(f"PostgreSQL refused: {error}".strip()) from error


def refuse_privileged_login(database_url: str) -> None:
    """Raise when the login could see past row-level security (asked as the login itself)."""
    login = Login.from_url(database_url)
    try:
        with psycopg.connect(database_url, connect_timeout=10) as connection:
            _refuse_privileged(connection, login.name)
    except psycopg.Error as error:
        raise BootstrapError(f"Cannot connect with DATABASE_URL: {error}".strip()) from error


def _refuse_privileged(connection: AdminConnection, login: str) -> None:
    """Policies do not bind superusers and BYPASSRLS, nor those who may become one."""
    privileged = connection.execute(
        """
        SELECT us.rolname, power.rolname, power.rolsuper
        FROM pg_roles us
        JOIN pg_roles power ON (power.rolsuper OR power.rolbypassrls)
            AND pg_has_role(us.oid, power.oid, 'MEMBER')
        WHERE us.rolname = ANY (%s)
        ORDER BY us.oid = power.oid DESC
        LIMIT 1
        """,
        [[login, APP_ROLE, SYSTEM_ROLE]],
    ).fetchone()
    if privileged is None:
        return
    role, power, is_superuser = privileged
    kind = "is a superuser" if is_superuser else "has BYPASSRLS"
    if role != power:
        kind = f"is a member of {power}, which {kind}"
    raise BootstrapError(
        f"The role {role} {kind}: row-level security would not hold, and every tenant would see "
        "the others. Let DATABASE_URL name an ordinary role, and give administrator rights "
        "through DATABASE_ADMIN_URL."
    )


def _ensure_roles(admin: AdminConnection, login: Login, *, test_databases: bool) -> None:
    for role in (login.name, APP_ROLE, SYSTEM_ROLE):
        if not _exists(admin, "SELECT FROM pg_roles WHERE rolname = %s", role):
            admin.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
    name = sql.Identifier(login.name)
    rights = sql.SQL("ALTER ROLE {} LOGIN {}").format(
        name, sql.SQL("CREATEDB" if test_databases else "NOCREATEDB")
    )
    if login.password:
        # Hashed here, so that the server's log can never contain the password itself.
        verifier = admin.pgconn.encrypt_password(
            login.password.encode(), login.name.encode(), b"scram-sha-256"
        )
        rights += sql.SQL(" PASSWORD {}").format(sql.Literal(verifier.decode()))
    admin.execute(rights)

    # The login may become these roles for a transaction, and has none of their rights before.
    members = sql.SQL("GRANT {}, {} TO {}").format(
        sql.Identifier(APP_ROLE), sql.Identifier(SYSTEM_ROLE), name
    )
    if admin.info.server_version >= _POSTGRESQL_16:
        admin.execute(members + sql.SQL(" WITH INHERIT FALSE, SET TRUE"))
    else:
        admin.execute(members)
        admin.execute(sql.SQL("ALTER ROLE {} NOINHERIT").format(name))


def _ensure_database(admin: AdminConnection, login: Login) -> None:
    database, owner = sql.Identifier(login.database), sql.Identifier(login.name)
    row = admin.execute(
        "SELECT pg_get_userbyid(datdba), pg_get_userbyid(datdba) = current_user"
        " FROM pg_database WHERE datname = %s",
        [login.database],
    ).fetchone()
    if row is not None and row[0] == login.name:
        return
    if row is not None and not row[1]:
        raise BootstrapError(
            f"The database {login.database} belongs to {row[0]}. If it is meant for Leadloop, run: "
            f"ALTER DATABASE {login.database} OWNER TO {login.name}"
        )
    if not _exists(admin, "SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper"):
        # Who is no superuser may only give a database to a role of their own.
        admin.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(owner))
    if row is None:
        # From template0: it alone may have another encoding than the cluster's default.
        statement = "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'"
    else:
        statement = "ALTER DATABASE {} OWNER TO {}"
    admin.execute(sql.SQL(statement).format(database, owner))


def _open_schema(admin: AdminConnection, admin_url: str, login: Login, database: str) -> None:
    """Let the login and the system role create in `public`.

    The login owns the tables; in PostgreSQL 15, where it inherits nothing, owning the database is
    not enough for that. The system role owns the functions that look across a policy, and
    `ALTER FUNCTION … OWNER TO` asks for CREATE of the new owner.
    """
    # Read from the shared catalogue: a connection to template1 would make every CREATE DATABASE
    # of that moment fail, so there is one only when something is missing.
    granted = admin.execute(
        """
        SELECT count(DISTINCT refobjid) FROM pg_shdepend
        WHERE dbid = (SELECT oid FROM pg_database WHERE datname = %s)
            AND classid = 'pg_namespace'::regclass AND deptype = 'a'
            AND refobjid IN (SELECT oid FROM pg_roles WHERE rolname IN (%s, %s))
        """,
        [database, login.name, SYSTEM_ROLE],
    ).fetchone()
    if granted == (2,):
        return
    with psycopg.connect(admin_url, dbname=database, autocommit=True, connect_timeout=10) as there:
        if not _exists(
            there, "SELECT WHERE pg_has_role(current_user, 'pg_database_owner', 'USAGE')"
        ):
            there.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(login.name)))
        there.execute(
            sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}, {}").format(
                sql.Identifier(login.name), sql.Identifier(SYSTEM_ROLE)
            )
        )


def _exists(connection: AdminConnection, query: str, *parameters: str) -> bool:
    return connection.execute(query.encode(), parameters).fetchone() is not None
