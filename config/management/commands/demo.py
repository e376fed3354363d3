"""`manage.py demo`: demo data once, and how to sign in every time."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.demo import access, loading


class Command(BaseCommand):
    help = "Loads the demo data, unless it is there, and prints logins and keys."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--force", action="store_true", help="Load into a production installation too."
        )

    def handle(self, *_args: Any, force: bool = False, **_options: Any) -> None:
        if settings.IS_PRODUCTION and not force:
            raise CommandError(
                "This is a production installation. Demo data has logins and keys of its own; "
                "add --force if you want it here."
            )
        workspace, is_new = loading.load()
        if is_new:
            self.stdout.write("Loaded the demo data.")
        for line in access.lines(workspace):
            self.stdout.write(line)
