from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from accounts.history_schema import track_changes
        from accounts.tenancy_schema import secure_tenant_tables

        # Once per migrate, when the tables of every app are there.
        post_migrate.connect(secure_tenant_tables, sender=self)
        post_migrate.connect(track_changes, sender=self)
