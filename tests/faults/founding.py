"""What a new site begins with, in a process of its own: tables, people, keys, connections.

    python -m tests.faults.founding

Prints one JSON object: what a client must know to call, and nothing the tests could find out.
"""

import json
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402

from accounts.models import User, Workspace  # noqa: E402
from accounts.tenancy import scope  # noqa: E402
from conversions.models import ConversionRule  # noqa: E402
from integrations.models import Connection  # noqa: E402
from tests.loop import ACTION, SECRETS, SETTINGS  # noqa: E402
from tests.world import make_world  # noqa: E402

PROVIDERS = {"home": "google_data_manager", "abroad": "meta"}


def main() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    world = make_world()
    Workspace.objects.update(rate_limit_per_hour=10_000_000)
    for workspace in (world.home, world.abroad):
        _tell_a_platform(workspace, PROVIDERS[workspace.slug])
    known = {
        "home": world.key(),
        "abroad": world.key(world.abroad),
        "session": _session_of(world.manager),
    }
    print(json.dumps(known))


def _tell_a_platform(workspace: Workspace, provider: str) -> None:
    """One live connection, told of every stage that matters and of each sale."""
    with scope(workspace.pk):
        connection = Connection(workspace=workspace, provider=provider, name=provider)
        connection.settings = SETTINGS[provider]
        connection.secrets = SECRETS[provider]
        connection.save()
        for trigger in ("completed", "converted", "conversion:sale"):
            ConversionRule.objects.create(
                workspace=workspace,
                trigger=trigger,
                connection=connection,
                external_action=ACTION[provider],
            )


def _session_of(user: User) -> str:
    """The cookie of a browser in which this person has signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


if __name__ == "__main__":
    main()
