"""The addresses of connections, beneath `/api/v1/`."""

from accounts.api_base import route
from accounts.middleware import unscoped
from integrations import api

app_name = "integrations-api"

urlpatterns = [
    route("connections", api.ConnectionsView.as_view()),
    route("connections/<connection>", api.ConnectionView.as_view()),
    route("connections/<connection>/test", unscoped(api.TestView.as_view())),
]
