from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"
    verbose_name = "Leads"

    def ready(self) -> None:
        from accounts.settings_sections import register_settings
        from accounts.workspaces import follow_settings, seed_new_workspaces_with
        from integrations.inbox import register_handler
        from integrations.outbox import register_consumer
        from leads import sweeping
        from leads.assigning import auto_assignment
        from leads.bulk.bulk_actions import register_actions
        from leads.bulk.bulk_offer import OFFERED
        from leads.capture.lead_forms import seed_form
        from leads.diary import followups
        from leads.measuring import metrics_rollup
        from leads.merges import duplicates
        from leads.messaging import email_delivery, inbound_email, notifications
        from leads.reasons import seed_reasons
        from leads.settings_sections import SECTIONS
        from leads.undoing import register_withdrawal

        seed_new_workspaces_with(seed_reasons)
        seed_new_workspaces_with(seed_form)
        follow_settings(sweeping.follow_settings)
        follow_settings(metrics_rollup.follow_calendar)
        register_consumer("lead.created", auto_assignment.assign_arrivals)
        register_consumer("lead.enriched", auto_assignment.assign_arrivals)
        register_consumer("lead.assigned", notifications.notify_owners)
        register_consumer("lead.", duplicates.look_for_arrivals)
        register_handler("email", inbound_email.take)
        register_handler("email_status", email_delivery.note_fate)
        register_withdrawal(followups.follow_undo)
        register_actions(OFFERED)
        register_settings(SECTIONS)
