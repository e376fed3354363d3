"""`manage.py prepare_database`: roles and database, made with administrator rights."""

import os
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.database_bootstrap import BootstrapError, Login, bootstrap


class Command(BaseCommand):
    help = (
        "Creates or corrects the PostgreSQL roles and the database that DATABASE_URL names. "
        "Needs administrator rights (DATABASE_ADMIN_URL), and can be repeated at any time."
    )
    # The checks may look at the database, which is what this command is about to make.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--admin-url",
            default=os.environ.get("DATABASE_ADMIN_URL", ""),
            help="postgresql:// URL of an administrator. Default: DATABASE_ADMIN_URL, which keeps "
            "the password out of the process list.",
        )
        parser.add_argument(
            "--no-test-databases",
            action="store_false",
            dest="test_databases",
            help="For production: the login may not create databases, and template1 is left alone.",
        )

    def handle(self, *, admin_url: str, test_databases: bool, **_options: object) -> None:
        if not admin_url:
            raise CommandError("Give an administrator's URL: DATABASE_ADMIN_URL or --admin-url.")
        database = settings.DATABASES["default"]
        login = Login(database["USER"], database["PASSWORD"], database["NAME"])
        try:
            bootstrap(admin_url, login, test_databases=test_databases)
        except BootstrapError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The database {login.database} is ready for {login.name}.")
