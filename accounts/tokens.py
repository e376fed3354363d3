"""JSON Web Tokens for people who use the API: short access tokens, longer refresh tokens.

A token is the person's, not a workspace's: the role comes from the membership at each request. A
changed password ends every token that was issued before it.
"""

from dataclasses import dataclass
from typing import cast

from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken, TokenError
from rest_framework_simplejwt.tokens import RefreshToken

from accounts import throttling
from accounts.models import User
from accounts.problems import ProblemError

ATTEMPTS = 10
ATTEMPTS_WINDOW_SECONDS = 900


@dataclass(frozen=True)
class Tokens:
    access: str
    refresh: str


def _refused(detail: str) -> ProblemError:
    return ProblemError(detail, code="invalid_token", status=401)


def issue(request: HttpRequest, *, email: str, password: str) -> Tokens:
    """Tokens for a person who knows their password. Raises `ProblemError` (401, 429)."""
    address = request.META.get("REMOTE_ADDR", "")
    for name in (f"token:{address}", f"token:{email.strip().lower()}"):
        allowance = throttling.count(name, ATTEMPTS, ATTEMPTS_WINDOW_SECONDS)
        if allowance.is_exceeded:
            raise ProblemError(
                _("Too many attempts to sign in. Try again in %(seconds)s seconds.")
                % {"seconds": allowance.reset_seconds},
                code="rate_limited",
                status=429,
            )
    user = authenticate(request, email=email, password=password)
    if not isinstance(user, User):
        raise ProblemError(
            _("The e-mail address or the password is not right."),
            code="invalid_credentials",
            status=401,
        )
    return _tokens(RefreshToken.for_user(user))


def refresh(token: str) -> Tokens:
    """New tokens while the person may still sign in. Raises `ProblemError` (401)."""
    try:
        known = RefreshToken(token)  # type: ignore[arg-type]
        user = JWTAuthentication().get_user(known)
    except (TokenError, InvalidToken, AuthenticationFailed) as error:
        raise _refused(_("This refresh token is invalid or has expired. Sign in again.")) from error
    return _tokens(RefreshToken.for_user(user))


def _tokens(token: RefreshToken) -> Tokens:
    return Tokens(access=str(token.access_token), refresh=str(token))


def user_of(access_token: str) -> User:
    """The person an access token belongs to. Raises `ProblemError` (401)."""
    verifier = JWTAuthentication()
    try:
        user = verifier.get_user(verifier.get_validated_token(access_token.encode()))
    except (TokenError, InvalidToken, AuthenticationFailed) as error:
        raise _refused(_("This access token is invalid or has expired. Get a new one.")) from error
    return cast(User, user)
