from __future__ import annotations

from datetime import UTC, datetime

import pytest

from integrations.contracts import ConfigurationError
from integrations.providers.transport import local_endpoint, retry_after_seconds

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:9101", "http://127.8.9.1:1/", "http://localhost:9101", "http://[::1]:9101"],
)
def test_plain_http_to_this_machine_is_taken(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_URL", url)
    assert local_endpoint("SOME_URL") == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://graph.facebook.com",
        "https://127.0.0.1:9101",
        "https://example.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://user:password@127.0.0.1:9101",
        "http://localhost.example.com",
        "http://10.0.0.1:9101",
        "http://0.0.0.0:9101",
        "http://127.0.0.1:port",
        "http://127.0.0.1:9101?to=example.com",
        "127.0.0.1:9101",
        "ftp://127.0.0.1",
    ],
)
def test_anything_else_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_URL", url)
    with pytest.raises(ConfigurationError) as caught:
        local_endpoint("SOME_URL")
    assert "password" not in str(caught.value)


@pytest.mark.parametrize("value", ["", "  "])
def test_unset_means_the_real_platform(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_URL", value)
    assert local_endpoint("SOME_URL") == ""
    assert local_endpoint("SURELY_NOT_SET_ANYWHERE") == ""


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        ("1.5", 1.5),
        ("-5", 0.0),
        ("Sat, 21 Nov 2026 12:01:30 GMT", 90.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("Sat, 21 Nov 2026 12:01:30 -0000", 90.0),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, now=NOW) == seconds
