"""Who is calling the API: the middleware finds out, these classes tell DRF."""

from typing import Any

from django.http import HttpResponse
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.permissions import Permission

CHALLENGE = 'ApiKey realm="leadloop"'


class ScopeAuthentication(BaseAuthentication):
    """Reads the actor the tenancy middleware resolved; sessions are checked for CSRF here."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        actor = getattr(request._request, "actor", None)
        if actor is None:
            return None
        if getattr(request._request, "is_session_call", False):
            self._check_csrf(request)
        return actor.user or actor.api_key, actor

    def _check_csrf(self, request: Request) -> None:
        # The check is a middleware: it wants to know what makes responses, and asks it for none.
        check = CSRFCheck(HttpResponse)
        check.process_request(request._request)
        reason = check.process_view(request._request, HttpResponse, (), {})
        if reason:
            raise exceptions.PermissionDenied(f"CSRF check failed: {reason}")

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class HasPermission(BasePermission):
    """Asks the actor for the permission the view names for the action at hand."""

    def has_permission(self, request: Request, view: Any) -> bool:
        actor = getattr(request._request, "actor", None)
        if actor is None:
            raise exceptions.NotAuthenticated(
                "Send an API key in the X-API-Key header, or sign in."
            )
        needed: Permission | None = view.permission_needed()
        if needed is not None:
            actor.require(needed)
        return True
