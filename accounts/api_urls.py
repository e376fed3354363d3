"""The addresses of workspaces, beneath `/api/v1/`."""

from accounts import api
from accounts.api_base import route

app_name = "accounts-api"

urlpatterns = [
    route("workspaces", api.WorkspacesView.as_view()),
    route("workspaces/register", api.RegisterView.as_view()),
    route("workspaces/<workspace>", api.WorkspaceView.as_view()),
]
