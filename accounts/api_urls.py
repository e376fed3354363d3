"""The addresses of workspaces, beneath `/api/v1/`."""

from accounts import api, api_tokens
from accounts.api_base import route

app_name = "accounts-api"

urlpatterns = [
    route("auth/token", api_tokens.TokenView.as_view()),
    route("auth/token/refresh", api_tokens.RefreshView.as_view()),
    route("workspaces", api.WorkspacesView.as_view()),
    route("workspaces/register", api.RegisterView.as_view()),
    route("workspaces/<workspace>", api.WorkspaceView.as_view()),
]
