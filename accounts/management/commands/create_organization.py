"""`manage.py create_organization`: a customer's organization, workspace and owner."""

import getpass
import os
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from accounts.models import User
from accounts.problems import ProblemError
from accounts.workspaces import create_organization

PASSWORD_VARIABLE = "LEADLOOP_OWNER_PASSWORD"  # noqa: S105 - the name of a variable


class Command(BaseCommand):
    help = (
        "Creates an organization with its first workspace and its owner, who signs in with the "
        f"password given at the prompt, or in {PASSWORD_VARIABLE}. Somebody who is here already "
        "keeps their password."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="What the organization is called: 'Harbor Dental'.")
        parser.add_argument("--workspace", required=True, metavar="SLUG", help="harbor-dental")
        parser.add_argument("--workspace-name", default="", help="The organization's by default.")
        parser.add_argument("--owner", required=True, metavar="EMAIL")
        parser.add_argument("--owner-name", default="")
        parser.add_argument("--country", default="US", help="Two letters; reads phone numbers.")
        parser.add_argument("--currency", default="USD")
        parser.add_argument("--time-zone", default="UTC", help="Europe/Berlin")
        parser.add_argument(
            "--superuser",
            action="store_true",
            help="The owner also runs this installation: sees and changes every organization.",
        )

    def handle(self, *_arguments: object, **options: Any) -> None:
        email, name = options["owner"].strip(), options["name"].strip()
        try:
            validate_email(email)
            owner = User.objects.filter(email__iexact=email).first()
            person = owner or User(email=email.lower(), name=options["owner_name"], is_staff=True)
            if owner is None:
                person.set_password(_password(person))
            elif options["superuser"] and not owner.is_superuser:
                raise CommandError(
                    f"{email} is here already, and is made a superuser in the admin only."
                )
            person.is_superuser = options["superuser"] or person.is_superuser
            workspace = create_organization(
                name=name,
                owner=person,
                slug=options["workspace"],
                workspace_name=options["workspace_name"].strip() or name,
                country=options["country"],
                currency=options["currency"],
                time_zone=options["time_zone"],
            )
        except ValidationError as error:
            raise CommandError("\n".join(_lines(error))) from error
        except ProblemError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(f"{workspace.organization} has the workspace {workspace.slug}.")
        self.stdout.write(f"{person.email} owns it and signs in at /accounts/login/.")


def _password(person: User) -> str:
    given = os.environ.get(PASSWORD_VARIABLE, "")
    if not given:
        try:
            given = getpass.getpass(f"Password for {person.email}: ")
            if getpass.getpass("The same again: ") != given:
                raise CommandError("The two passwords differ. Nothing was created.")
        except EOFError as error:
            raise CommandError(
                f"There is no terminal to ask for a password. Set {PASSWORD_VARIABLE}."
            ) from error
    validate_password(given, person)
    return given


def _lines(error: ValidationError) -> list[str]:
    if hasattr(error, "error_dict"):
        return [f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items()]
    return list(error.messages)
