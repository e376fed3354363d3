from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"
    verbose_name = "Leads"

    def ready(self) -> None:
        from accounts.workspaces import follow_settings, seed_new_workspaces_with
        from integrations.outbox import register_consumer
        from leads import auto_assignment, followups, metrics_rollup, notifications, sweeping
        from leads.lead_forms import seed_form
        from leads.reasons import seed_reasons
        from leads.undoing import register_withdrawal

        seed_new_workspaces_with(seed_reasons)
        seed_new_workspaces_with(seed_form)
        follow_settings(sweeping.follow_settings)
        follow_settings(metrics_rollup.follow_calendar)
        register_consumer("lead.created", auto_assignment.assign_arrivals)
        register_consumer("lead.enriched", auto_assignment.assign_arrivals)
        register_consumer("lead.assigned", notifications.notify_owners)
        register_withdrawal(followups.follow_undo)
