"""Whom web and worker connect as, when they start."""

import logging
from unittest.mock import patch

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection

from config.celery import _refuse_privileged_login
from config.database_login import refuse_privileged


@pytest.fixture
def kept_connection(db):
    """The check closes its connection, which here carries the test's transaction."""
    with patch.object(connection, "close") as close:
        yield close


@pytest.fixture
def privileged(kept_connection):
    """PostgreSQL says that the login is a superuser."""
    with patch("config.database_login.connection.cursor") as cursor:
        cursor.return_value.__enter__.return_value.fetchone.return_value = (True,)
        yield


def test_the_login_that_prepare_database_makes_is_taken(kept_connection):
    refuse_privileged()
    kept_connection.assert_called_once()


def test_a_login_that_policies_do_not_bind_is_refused(privileged):
    with pytest.raises(ImproperlyConfigured, match="prepare_database"):
        refuse_privileged()


def test_a_worker_ends_instead_of_logging_it(privileged):
    with pytest.raises(SystemExit, match="prepare_database"):
        _refuse_privileged_login()


def test_a_postgresql_that_is_away_keeps_nobody_from_starting(kept_connection, caplog):
    with (
        patch("config.database_login.connection.cursor", side_effect=OperationalError),
        caplog.at_level(logging.WARNING, logger="config.database_login"),
    ):
        refuse_privileged()
    assert "does not answer yet" in caplog.text
