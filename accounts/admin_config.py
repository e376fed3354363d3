"""The admin with our site (`INSTALLED_APPS`)."""

from django.contrib.admin.apps import AdminConfig


class LeadloopAdminConfig(AdminConfig):
    default_site = "accounts.admin_site.AdminSite"
