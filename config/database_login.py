"""Whom a process connects to PostgreSQL as: looked at once, before it serves anybody."""

import logging

from django.db import InterfaceError, OperationalError, connection

from accounts.tenancy_schema import refuse_privileged_login

logger = logging.getLogger(__name__)


def refuse_privileged() -> None:
    """Raise `ImproperlyConfigured` for a login that row-level policies would not bind.

    A PostgreSQL that is away is no reason not to start: it may come back at any time, and `/readyz`
    tells of it until then.
    """
    try:
        with connection.cursor() as cursor:
            refuse_privileged_login(cursor)
    except (OperationalError, InterfaceError) as error:
        logger.warning("PostgreSQL does not answer yet: %s", type(error).__name__)
    finally:
        # The server forks after this; a connection must not be shared.
        connection.close()
