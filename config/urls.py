"""Where everything is."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from accounts.settings_page import settings
from config import errors, home

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", home.home, name="home"),
    path("", include("config.api")),
    path("w/<slug:slug>/settings/", settings, name="settings"),
    path("w/<slug:slug>/", include("leads.urls")),
    path("w/<slug:slug>/", include("campaigns.urls")),
    path("w/<slug:slug>/", include("conversions.urls")),
    path("f/<slug:token>/", include("leads.public_urls")),
    path("webhooks/", include("integrations.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
]

handler404 = errors.not_found
handler403 = errors.forbidden
handler500 = errors.server_error
