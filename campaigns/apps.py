from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = "Campaigns"

    def ready(self) -> None:
        from campaigns import campaign_filter, list_filter, stopping
        from campaigns.exports.export_news import NEWS
        from campaigns.list_actions import ADD_TO_LIST
        from integrations.outbox import register_consumer
        from leads.bulk.bulk_actions import register_actions
        from leads.listing.filters import register_filter
        from leads.messaging.other_news import register_news

        register_filter(list_filter.LIST_FILTER, list_filter.PARAMETER)
        register_filter(campaign_filter.CAMPAIGN_FILTER, campaign_filter.CAMPAIGN_PARAMETER)
        register_actions([ADD_TO_LIST])
        register_consumer("lead.", stopping.follow_leads)
        for kind, news in NEWS.items():
            register_news(kind, news)
