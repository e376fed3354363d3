"""The pages of conversions, beneath `/w/<slug>/`."""

from django.urls import path

from conversions import views

app_name = "conversions"

urlpatterns = [
    path("uploads/", views.uploads, name="uploads"),
    path("uploads/<uuid:upload_id>/retry/", views.retry, name="retry"),
]
