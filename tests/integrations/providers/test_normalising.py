"""The vendors' published known answers, and what their SDKs get wrong."""

from __future__ import annotations

import pytest

from integrations.providers import normalising
from integrations.providers.normalising import sha256_hex


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "  ALEXZ@example.com   ",
            "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a",
        ),
        (
            "cloudy.sanfrancisco+shopping@gmail.com",
            "223ebda6f6889b1494551ba902d9d381daf2f642bae055888e96343d53e9f9c4",
        ),
        (
            "user.name+NYC@Example.com",
            "f109a2a632fbcea5fc82049f50beed3d8621bf9034399f437fb622222acccdac",
        ),
    ],
)
def test_google_email_known_answers(text: str, expected: str) -> None:
    assert sha256_hex(normalising.google_email(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "  ALEXZ@example.com   ",
            "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a",
        ),
        (
            "John_Smith@gmail.com",
            "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
        ),
    ],
)
def test_meta_email_known_answers(text: str, expected: str) -> None:
    assert sha256_hex(normalising.meta_email(text)) == expected


@pytest.mark.parametrize("text", ["+18005550100", "+1 (800) 555-0100"])
def test_google_phone_known_answer(text: str) -> None:
    expected = "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30"
    assert sha256_hex(normalising.google_phone(text)) == expected


def test_meta_phone_known_answer() -> None:
    expected = "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"
    assert sha256_hex(normalising.meta_phone("+16505551212")) == expected
    assert sha256_hex(normalising.meta_phone("(650)555-1212", country="us")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("givenname", "128a07bfe2df877c52076e60d7774cf5baaa046c5a6c48daf30ff43ecca2f814"),
        (" Given-Name. ", "128a07bfe2df877c52076e60d7774cf5baaa046c5a6c48daf30ff43ecca2f814"),
        ("Mary", "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"),
        ("정", "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"),
        ("Valéry", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
        ("Vale\u0301ry", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
    ],
)
def test_name_known_answers(text: str, expected: str) -> None:
    assert sha256_hex(normalising.google_name(text)) == expected
    assert sha256_hex(normalising.meta_name(text)) == expected


def test_gmail_rules_hold_for_googles_domains_only() -> None:
    assert normalising.google_email("A.B+c@GoogleMail.com") == "ab@googlemail.com"
    assert normalising.google_email("A.B+c@example.com") == "a.b+c@example.com"
    assert normalising.google_email("+c@gmail.com") == ""
    assert normalising.meta_email("A.B+c@gmail.com") == "a.b+c@gmail.com"


@pytest.mark.parametrize("text", ["", "   ", "ada", "ada@", "@example.com", "a b@example.com"])
def test_what_is_no_email_is_left_out(text: str) -> None:
    assert normalising.google_email(text) == ""
    assert normalising.meta_email(text) == ""


@pytest.mark.parametrize("text", ["", "12", "+1 23", "call me", "650 555 1212"])
def test_what_is_no_phone_is_left_out(text: str) -> None:
    assert normalising.google_phone(text) == ""
    assert normalising.meta_phone(text) == ""


def test_trunk_zero_goes_and_country_code_comes() -> None:
    assert normalising.google_phone("030 901820", country="DE") == "+4930901820"
    assert normalising.meta_phone("030 901820", country="DE") == "4930901820"


def test_places_for_meta() -> None:
    assert normalising.meta_city("St. John's, West") == "stjohnswest"
    assert normalising.meta_postal_code("94107-1234", country="US") == "94107"
    assert normalising.meta_postal_code("EC1A 1BB", country="GB") == "ec1a1bb"
    assert normalising.meta_country(" US ") == "us"
    assert normalising.meta_country("United States") == ""
    assert normalising.google_region_code("us") == "US"


def test_normalising_twice_changes_nothing() -> None:
    for normalise in (normalising.google_email, normalising.meta_email):
        once = normalise(" C.loudy+x@Gmail.com ")
        assert normalise(once) == once
    assert normalising.google_phone(normalising.google_phone("+1 800 555 0100")) == "+18005550100"


def test_nothing_has_no_hash() -> None:
    assert sha256_hex("") == ""
