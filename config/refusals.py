"""What start-up refuses: settings with which Leadloop would be open, or would lose what it keeps.

Each message says what to set. Checked while the settings are read, so that web, worker, beat and
every command refuse alike.
"""

import base64
from collections.abc import Mapping, Sequence

from django.core.exceptions import ImproperlyConfigured

# Addresses that make the real clients talk plain http, some of them without credentials.
_TRIAL_ADDRESSES = ("GOOGLE_DATA_MANAGER_URL", "GOOGLE_ADS_ENDPOINT", "META_GRAPH_URL")
# Fewer different bytes among 32 random ones do not occur.
_FEWEST_DIFFERENT = 10


def refuse_weak_secrets(secret_key: str, encryption_keys: Sequence[str]) -> None:
    """Everywhere, trials included: what is sealed with a weak key stays sealed with it."""
    if len(secret_key) < 50 or len(set(secret_key)) < _FEWEST_DIFFERENT:
        raise ImproperlyConfigured(
            "SECRET_KEY is missing or weak. Set it to 50 or more random characters, for example "
            "the output of: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    if not encryption_keys or not all(map(_is_encryption_key, encryption_keys)):
        raise ImproperlyConfigured(
            "ENCRYPTION_KEYS is missing, malformed or weak. Set it to '<key id>:<base64 of 32 "
            "random bytes>', for example k1:$(head -c 32 /dev/urandom | base64)"
        )
    if len({entry.partition(":")[0] for entry in encryption_keys}) < len(encryption_keys):
        raise ImproperlyConfigured(
            "ENCRYPTION_KEYS names one key id twice. What is sealed names its key by that id: give "
            "each key its own."
        )


def _is_encryption_key(entry: str) -> bool:
    key_id, _separator, encoded = entry.partition(":")
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError:
        return False
    return bool(key_id) and len(key) == 32 and len(set(key)) >= _FEWEST_DIFFERENT


def refuse_other_databases(database_url: str) -> None:
    """Everywhere: isolation is PostgreSQL's row-level security, and nothing else has it."""
    if not database_url.startswith(("postgresql://", "postgres://")):
        raise ImproperlyConfigured(
            "DATABASE_URL is missing or names no PostgreSQL. Set it to "
            "postgresql://leadloop:PASSWORD@HOST:5432/leadloop and run manage.py prepare_database."
        )


def refuse_open_production(
    *, debug: bool, allowed_hosts: Sequence[str], environment: Mapping[str, str]
) -> None:
    """In production alone: what is convenient in a trial would let others in, or data out."""
    if debug:
        raise ImproperlyConfigured(
            "DEBUG must be off in production: its error pages show settings and data."
        )
    if not allowed_hosts or any(host.strip(".") in ("", "*") for host in allowed_hosts):
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS is missing or takes any host. Set it to the names people reach this "
            "installation by, separated by commas: ALLOWED_HOSTS=crm.example.com"
        )
    if environment.get("LEADLOOP_FAILPOINT", "").strip():
        raise ImproperlyConfigured(
            "LEADLOOP_FAILPOINT makes processes kill themselves. Remove it: it is for trials."
        )
    for name in _TRIAL_ADDRESSES:
        if environment.get(name, "").strip():
            raise ImproperlyConfigured(
                f"{name} is for trials: it sends uploads, unencrypted, to another address than the "
                "platform's. Remove it, or set LEADLOOP_ENV=development."
            )
