from django.apps import AppConfig


class ConversionsConfig(AppConfig):
    name = "conversions"
    verbose_name = "Conversions"

    def ready(self) -> None:
        from conversions import delivery, fanout, rules
        from integrations.outbox import register_consumer
        from leads.undoing import register_withdrawal

        register_consumer("lead.", fanout.create_stage_uploads)
        register_consumer("conversion.", fanout.create_conversion_uploads)
        register_withdrawal(fanout.withdraw_stage_uploads)
        register_consumer("connection.changed", delivery.send_what_was_held)
        register_consumer("connection.deleted", rules.switch_off_rules_of)
