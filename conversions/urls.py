"""The pages of conversions, beneath `/w/<slug>/`."""

from django.urls import path

from conversions import ad_spend_views, metrics_views, views

app_name = "conversions"

urlpatterns = [
    path("metrics/", metrics_views.metrics, name="metrics"),
    path("metrics/export/", metrics_views.export, name="metrics_export"),
    path("ad-spend/", ad_spend_views.spend, name="ad_spend"),
    path("ad-spend/<uuid:spend_id>/delete/", ad_spend_views.delete_spend, name="ad_spend_delete"),
    path("uploads/", views.uploads, name="uploads"),
    path("uploads/<uuid:upload_id>/retry/", views.retry, name="retry"),
]
