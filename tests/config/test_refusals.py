"""What start-up refuses, as an operator meets it: a real process with the settings of the day."""

import base64
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.refusals import refuse_open_production, refuse_weak_secrets

ROOT = Path(__file__).resolve().parents[2]
STRONG = secrets.token_urlsafe(50)
POSTMARK = "anymail.backends.postmark.EmailBackend"
KEY = base64.b64encode(secrets.token_bytes(32)).decode()


def complaint(*, without: str = "", **changes: str) -> str:
    """The last line a production process says when it reads the settings; "" when it is content."""
    settings = {
        "PATH": os.environ["PATH"],
        "LEADLOOP_ENV": "production",
        "DATABASE_URL": "postgresql://leadloop:x@127.0.0.1:1/leadloop",
        "SECRET_KEY": STRONG,
        "ENCRYPTION_KEYS": f"k1:{KEY}",
        "ALLOWED_HOSTS": "crm.example.com",
        # A developer's own `.env` and servers are none of this test's business.
        "DATA_DIR": "/nonexistent",
    } | changes
    settings.pop(without, None)
    command = [sys.executable, "-c", "from django.conf import settings; settings.DEBUG"]
    environment = settings | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.returncode == 0) == (not done.stderr)
    return (done.stderr.strip().splitlines() or [""])[-1]


def test_a_full_set_of_settings_is_taken():
    assert complaint() == ""
    provider = {"EMAIL_BACKEND": POSTMARK, "ANYMAIL_POSTMARK_SERVER_TOKEN": "x"}
    names = {"DEFAULT_FROM_EMAIL": "CRM <crm@example.com>", "EMAIL_SENDER_DOMAINS": "example.com"}
    assert complaint(**provider, **names, EMAIL_INBOUND_DOMAIN="reply.example.com") == ""


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"DEBUG": "on"}, "DEBUG must be off"),
        ({"SECRET_KEY": ""}, "Set it to 50 or more random characters"),
        ({"ENCRYPTION_KEYS": ""}, "base64 of 32 random bytes"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS=crm.example.com"),
        ({"META_GRAPH_URL": "http://127.0.0.1:9101"}, "META_GRAPH_URL is for trials"),
        ({"LEADLOOP_FAILPOINT": "after-commit-before-nudge"}, "LEADLOOP_FAILPOINT makes"),
        ({"LEADLOOP_ENV": "prod"}, "use production, development or test"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is missing"),
        ({"EMAIL_URL": "consolemail://"}, "keeps every mail on this machine"),
        ({"EMAIL_BACKEND": POSTMARK}, "none of its keys is set"),
        ({"EMAIL_BACKEND": POSTMARK, "ANYMAIL_POSTMARK_SERVER_TOKEN": "x"}, "Set it to an address"),
        ({"EMAIL_INBOUND_DOMAIN": "reply.example.com"}, "nothing can be sent"),
        ({"DEFAULT_FROM_EMAIL": "a@example.com", "EMAIL_INBOUND_DOMAIN": "reply"}, "is no domain"),
        ({"EMAIL_SENDER_DOMAINS": "example"}, "which is no domain"),
        ({"EMAIL_SENDER_DOMAINS": "example.com"}, "is not of EMAIL_SENDER_DOMAINS"),
        ({"DATABASE_URL": "sqlite:///leads.db"}, "names no PostgreSQL"),
    ],
)
def test_production_does_not_start_without_saying_what_to_set(changes, told):
    said = complaint(**changes)
    assert "ImproperlyConfigured" in said
    assert told in said


def test_forgetting_the_environment_means_production():
    assert "DEBUG must be off" in complaint(without="LEADLOOP_ENV", DEBUG="on")


@pytest.mark.parametrize(
    "key",
    ["", "short", "x" * 60, STRONG[:49]],
    ids=["empty", "short", "monotonous", "too short by one"],
)
def test_weak_secret_keys(key):
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        refuse_weak_secrets(key, [f"k1:{KEY}"])


@pytest.mark.parametrize(
    "entries",
    [
        [],
        ["k1"],
        [f":{KEY}"],
        [f"k1:{KEY[:-8]}"],
        ["k1:nonsense"],
        [f"k1:{base64.b64encode(bytes(32)).decode()}"],
        [f"k1:{KEY}", f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}"],
    ],
)
def test_missing_short_weak_and_doubled_encryption_keys(entries):
    with pytest.raises(ImproperlyConfigured, match="ENCRYPTION_KEYS"):
        refuse_weak_secrets(STRONG, entries)


@pytest.mark.parametrize("hosts", [[], ["*"], ["crm.example.com", "*"], ["."], [""]])
def test_hosts_that_take_anybody(hosts):
    with pytest.raises(ImproperlyConfigured, match="ALLOWED_HOSTS"):
        refuse_open_production(debug=False, allowed_hosts=hosts, environment={})


@pytest.mark.parametrize("name", ["GOOGLE_DATA_MANAGER_URL", "GOOGLE_ADS_ENDPOINT"])
def test_every_trial_address_is_refused(name):
    with pytest.raises(ImproperlyConfigured, match=name):
        refuse_open_production(
            debug=False,
            allowed_hosts=["crm.example.com"],
            environment={name: "http://127.0.0.1:9101"},
        )
