"""The public addresses of lead forms, beneath `/f/<token>/`."""

from django.urls import path

from leads.views import public_form

app_name = "lead_form"

urlpatterns = [
    path("", public_form.show, name="show"),
    path("thanks/", public_form.thanks, name="thanks"),
    path("embed.js", public_form.embed_script, name="embed"),
]
