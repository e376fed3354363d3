"""Signing in over REST: tokens for people, where an outside system would use a key."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import tokens
from accounts.api_input import StrictSerializer
from accounts.api_schema import documented

TAG = "Sign-in"


class CredentialsInput(StrictSerializer):
    email = serializers.CharField(max_length=320)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class RefreshInput(StrictSerializer):
    refresh = serializers.CharField(max_length=4000)


class TokensSerializer(serializers.Serializer[tokens.Tokens]):
    access = serializers.CharField(help_text="Send it as `Authorization: Bearer …` for 15 minutes.")
    refresh = serializers.CharField(help_text="Gets new tokens for 14 days.")


EXAMPLE = {"access": "eyJhbGciOi…", "refresh": "eyJhbGciOi…"}


class _OpenView(APIView):
    """No credentials are needed to get credentials; attempts are counted."""

    authentication_classes = ()
    permission_classes = ()


class TokenView(_OpenView):
    @documented(
        tag=TAG,
        summary="Sign in with e-mail and password",
        description=(
            "Answers two tokens. Calls with the access token name their workspace in"
            " `X-Workspace-ID`. Ten attempts in 15 minutes per address and per e-mail."
        ),
        request=CredentialsInput,
        example={"email": "ann@example.com", "password": "…"},
        response=TokensSerializer,
        answer=EXAMPLE,
    )
    def post(self, request: Request) -> Response:
        form = CredentialsInput(data=request.data)
        form.is_valid(raise_exception=True)
        issued = tokens.issue(request._request, **form.validated_data)
        return Response(TokensSerializer(issued).data)


class RefreshView(_OpenView):
    @documented(
        tag=TAG,
        summary="Get new tokens",
        request=RefreshInput,
        example={"refresh": "eyJhbGciOi…"},
        response=TokensSerializer,
        answer=EXAMPLE,
    )
    def post(self, request: Request) -> Response:
        form = RefreshInput(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(TokensSerializer(tokens.refresh(form.validated_data["refresh"])).data)
