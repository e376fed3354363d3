"""What outside services send to, beneath `/webhooks/`."""

from django.urls import path

from integrations import webhooks

app_name = "integrations"

urlpatterns = [
    path("email/<slug:service>/<str:token>/", webhooks.email, name="email_webhook"),
]
