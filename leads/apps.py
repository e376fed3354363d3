from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"
    verbose_name = "Leads"

    def ready(self) -> None:
        from accounts.workspaces import follow_settings, seed_new_workspaces_with
        from leads import sweeping
        from leads.lead_forms import seed_form
        from leads.reasons import seed_reasons

        seed_new_workspaces_with(seed_reasons)
        seed_new_workspaces_with(seed_form)
        follow_settings(sweeping.follow_settings)
