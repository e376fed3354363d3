"""The REST API's addresses: the router, the schema and its offline documentation."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
