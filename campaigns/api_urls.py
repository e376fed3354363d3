"""The addresses of lists, campaigns, calls, imports and exports, beneath `/api/v1/`."""

from accounts.api_base import route
from campaigns.api import attached_lists, calls, campaigns, exports, imports, lists, outcomes

app_name = "campaigns-api"

urlpatterns = [
    route("lists", lists.ListsView.as_view()),
    route("lists/stats", lists.ListStatsView.as_view()),
    route("lists/from-csv", imports.FromCsvView.as_view()),
    route("lists/<lead_list>", lists.ListView.as_view()),
    route("lists/<lead_list>/members", lists.MembersView.as_view()),
    route("lists/<lead_list>/members/remove", lists.RemoveMembersView.as_view()),
    route("imports", imports.ImportsView.as_view()),
    route("imports/<import_id>", imports.ImportView.as_view()),
    route("imports/<import_id>/mapping", imports.ImportMappingView.as_view()),
    route("imports/<import_id>/run", imports.RunImportView.as_view()),
    route("imports/<import_id>/undo", imports.UndoImportView.as_view()),
    route("imports/<import_id>/errors.csv", imports.ImportErrorsView.as_view()),
    route("leads/export", exports.ExportLeadsView.as_view()),
    route("lists/<lead_list>/export", exports.ExportListView.as_view()),
    route("campaigns/<campaign>/export", exports.ExportCampaignView.as_view()),
    route("exports", exports.ExportsView.as_view()),
    route("exports/<export>", exports.ExportView.as_view()),
    route("exports/<export>/run", exports.RunExportAgainView.as_view()),
    route("exports/<export>/file", exports.ExportFileView.as_view()),
    route("campaigns", campaigns.CampaignsView.as_view()),
    route("campaigns/<campaign>", campaigns.CampaignView.as_view()),
    route("campaigns/<campaign>/lists", attached_lists.AttachedListsView.as_view()),
    route("campaigns/<campaign>/lists/preview", attached_lists.PreviewView.as_view()),
    route("campaigns/<campaign>/lists/<lead_list>", attached_lists.AttachedListView.as_view()),
    route("campaigns/<campaign>/leads", campaigns.CampaignLeadsView.as_view()),
    route("campaigns/<campaign>/stats", campaigns.CampaignStatsView.as_view()),
    route("campaigns/<campaign>/next", calls.NextView.as_view()),
    route("campaign-leads/<campaign_lead>", calls.CampaignLeadView.as_view()),
    route("campaign-leads/<campaign_lead>/attempts", calls.AttemptsView.as_view()),
    route("campaign-leads/<campaign_lead>/release", calls.ReleaseView.as_view()),
    route("call-outcomes", outcomes.OutcomesView.as_view()),
    route("call-outcomes/<call_outcome>", outcomes.OutcomeView.as_view()),
]
