"""The bootstrap of roles and database, on a PostgreSQL server of its own."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from accounts.database_bootstrap import (
    BootstrapError,
    Login,
    bootstrap,
    refuse_privileged_login,
)
from config import embedded

pytestmark = pytest.mark.slow
LOGIN = Login("keeper", "a password", "shop")


@pytest.fixture(scope="module")
def admin_url() -> Iterator[str]:
    # Not pytest's directories: as root, it closes them to the servers' user again and again.
    with tempfile.TemporaryDirectory(prefix="leadloop-test-") as directory:
        servers = embedded.start(Path(directory), valkey=False, durable=False)
        yield servers.admin_database_url
        servers.stop()


def url(admin_url: str, login: Login, database: str = "") -> str:
    parts = conninfo_to_dict(admin_url) | {
        "user": login.name,
        "password": login.password,
        "dbname": database or login.database,
    }
    return make_conninfo(**parts)


def connect(conninfo: str) -> psycopg.Connection:
    return psycopg.connect(conninfo, autocommit=True)


def use_as_leadloop_does(conninfo: str) -> None:
    """What migrations and requests need from the roles."""
    with connect(conninfo) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")
        connection.execute("CREATE TABLE leads (id int)")
        connection.execute(
            "CREATE FUNCTION found() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"
        )
        connection.execute("ALTER FUNCTION found() OWNER TO leadloop_system")
        with connection.transaction():
            connection.execute("SET LOCAL ROLE leadloop_app")
            assert connection.execute("SELECT found()").fetchone() == (1,)
        connection.execute("DROP TABLE leads")
        with connection.transaction():
            connection.execute("SET LOCAL ROLE leadloop_system")
            connection.execute("DROP FUNCTION found()")


def test_the_login_can_migrate_and_switch_roles_there_and_in_test_databases(admin_url: str) -> None:
    bootstrap(admin_url, LOGIN)
    use_as_leadloop_does(url(admin_url, LOGIN))
    with connect(url(admin_url, LOGIN)) as connection:
        connection.execute("CREATE DATABASE test_shop")
    use_as_leadloop_does(url(admin_url, LOGIN, "test_shop"))


def test_the_login_has_no_rights_of_the_roles_before_it_becomes_one(admin_url: str) -> None:
    bootstrap(admin_url, LOGIN)
    with connect(url(admin_url, LOGIN)) as connection:
        rights = "SELECT pg_has_role(%s, 'USAGE'), pg_has_role(%s, 'SET')"
        for role in ("leadloop_app", "leadloop_system"):
            assert connection.execute(rights, [role, role]).fetchone() == (False, True)
        assert connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = 'keeper'"
        ).fetchone() == (False, False, False)


def test_the_application_role_cannot_create_anything(admin_url: str) -> None:
    bootstrap(admin_url, LOGIN)
    with connect(url(admin_url, LOGIN)) as connection:
        connection.execute("SET ROLE leadloop_app")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (id int)")


def test_many_at_once_and_again_end_the_same(admin_url: str) -> None:
    login = Login("racer", "pw", "race")
    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(bootstrap, admin_url, login) for _ in range(6)]:
            done.result()
    bootstrap(admin_url, login)
    use_as_leadloop_does(url(admin_url, login))


def test_a_new_password_is_taken_over_and_never_logged_in_clear(admin_url: str) -> None:
    new = Login("renewed", "unmistakable-new-password", "renewed")
    bootstrap(admin_url, Login("renewed", "old", "renewed"))
    with connect(admin_url) as admin:
        admin.execute("ALTER ROLE postgres SET log_statement = 'all'")
    bootstrap(admin_url, new)
    with connect(admin_url) as admin:
        admin.execute("ALTER ROLE postgres RESET log_statement")
        cluster = admin.execute("SHOW data_directory").fetchone()
    assert cluster is not None
    log = (Path(cluster[0]).parent / "logs" / "postgres.log").read_text()
    assert 'ALTER ROLE "renewed"' in log
    assert new.password not in log
    connect(url(admin_url, new)).close()
    with pytest.raises(psycopg.OperationalError):
        connect(url(admin_url, Login("renewed", "old", "renewed")))


@pytest.mark.parametrize(
    ("right", "message"), [("SUPERUSER", "is a superuser"), ("BYPASSRLS", "has BYPASSRLS")]
)
def test_a_login_above_row_level_security_is_refused(
    admin_url: str, right: str, message: str
) -> None:
    login = Login(f"strong_{right.lower()}", "pw", "postgres")
    with connect(admin_url) as admin:
        admin.execute(f"CREATE ROLE {login.name} LOGIN PASSWORD 'pw' {right}")
    with pytest.raises(BootstrapError, match=message):
        bootstrap(admin_url, login)
    with pytest.raises(BootstrapError, match=message):
        refuse_privileged_login(url(admin_url, login))


def test_a_login_that_may_become_a_superuser_is_refused(admin_url: str) -> None:
    with connect(admin_url) as admin:
        admin.execute("CREATE ROLE climber LOGIN PASSWORD 'pw'")
        admin.execute("GRANT postgres TO climber")
    with pytest.raises(BootstrapError, match="climber is a member of postgres"):
        bootstrap(admin_url, Login("climber", "pw", "climb"))


def test_an_ordinary_login_passes(admin_url: str) -> None:
    bootstrap(admin_url, LOGIN)
    refuse_privileged_login(url(admin_url, LOGIN))


def test_a_database_of_somebody_else_is_not_taken(admin_url: str) -> None:
    with connect(admin_url) as admin:
        admin.execute("CREATE ROLE stranger")
        admin.execute("CREATE DATABASE theirs OWNER stranger")
    with pytest.raises(BootstrapError, match="theirs belongs to stranger"):
        bootstrap(admin_url, Login("keeper", "a password", "theirs"))


def test_an_administrator_without_superuser_suffices_in_production(admin_url: str) -> None:
    """As hosted PostgreSQL offers: may create roles and databases, and no more."""
    bootstrap(admin_url, LOGIN)
    hosted = Login("hosted_admin", "pw", "postgres")
    login = Login("tenant", "pw", "hosted")
    with connect(admin_url) as admin:
        admin.execute("CREATE ROLE hosted_admin LOGIN CREATEROLE CREATEDB PASSWORD 'pw'")
        # Roles of one's own making come with this; here the superuser has just made them.
        admin.execute("GRANT leadloop_app, leadloop_system TO hosted_admin WITH ADMIN OPTION")
    for _again in range(2):
        bootstrap(url(admin_url, hosted), login, test_databases=False)
    use_as_leadloop_does(url(admin_url, login))
    with (
        connect(url(admin_url, login)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("CREATE DATABASE test_hosted")


@pytest.mark.parametrize(
    ("database_url", "message"),
    [
        ("mysql://a:b@127.0.0.1/c", "not a PostgreSQL URL"),
        ("postgresql://127.0.0.1/c", "must name a user and a database"),
        ("postgresql://a:b@127.0.0.1", "must name a user and a database"),
    ],
)
def test_an_unusable_url_is_explained(database_url: str, message: str) -> None:
    with pytest.raises(BootstrapError, match=message):
        Login.from_url(database_url)


def test_the_parts_of_a_url_are_decoded() -> None:
    assert Login.from_url("postgresql://a:b%40c@127.0.0.1:1/d") == Login("a", "b@c", "d")
