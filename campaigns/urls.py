"""The pages of lists, campaigns, calls, imports and exports, beneath `/w/<slug>/`."""

from django.urls import path

from campaigns.views import (
    attaching,
    calling,
    campaign_editing,
    campaigns,
    exporting,
    imports,
    list_editing,
    lists,
    supervising,
)

app_name = "campaigns"

urlpatterns = [
    path("imports/", imports.index, name="imports"),
    path("imports/new/", imports.new, name="import_new"),
    path("imports/<uuid:import_id>/", imports.one, name="import"),
    path("imports/<uuid:import_id>/errors.csv", imports.errors, name="import_errors"),
    path("lists/", lists.index, name="lists"),
    path("lists/new/", list_editing.new, name="list_new"),
    path("lists/preview/", list_editing.preview, name="list_preview"),
    path("lists/<uuid:list_id>/", lists.lead_list, name="list"),
    path("lists/<uuid:list_id>/edit/", list_editing.edit, name="list_edit"),
    path("lists/<uuid:list_id>/add/", lists.add, name="list_add"),
    path("lists/<uuid:list_id>/remove/", lists.remove, name="list_remove"),
    path("lists/<uuid:list_id>/archive/", lists.archive, name="list_archive"),
    path("lists/<uuid:list_id>/delete/", lists.delete, name="list_delete"),
    path("campaigns/", campaigns.index, name="campaigns"),
    path("campaigns/new/", campaign_editing.new, name="campaign_new"),
    path("campaigns/compare-lists/", campaigns.figures, name="figures"),
    path("campaigns/<uuid:campaign_id>/", campaigns.campaign, name="campaign"),
    path("campaigns/<uuid:campaign_id>/edit/", campaign_editing.edit, name="campaign_edit"),
    path("campaigns/<uuid:campaign_id>/move/", campaigns.move, name="campaign_move"),
    path("campaigns/<uuid:campaign_id>/leads/", campaigns.leads, name="campaign_leads"),
    path("campaigns/<uuid:campaign_id>/quality/", campaigns.by_quality, name="campaign_quality"),
    path("campaigns/<uuid:campaign_id>/lists/add/", attaching.attach, name="campaign_attach"),
    path(
        "campaigns/<uuid:campaign_id>/lists/order/",
        attaching.priorities,
        name="campaign_priorities",
    ),
    path(
        "campaigns/<uuid:campaign_id>/lists/<uuid:list_id>/",
        attaching.change,
        name="campaign_list",
    ),
    path(
        "campaigns/<uuid:campaign_id>/lists/<uuid:list_id>/remove/",
        attaching.detach,
        name="campaign_detach",
    ),
    path("campaigns/<uuid:campaign_id>/call/", calling.call, name="call"),
    path("campaigns/<uuid:campaign_id>/call/next/", calling.take_next, name="call_next"),
    path(
        "campaigns/<uuid:campaign_id>/call/<uuid:campaign_lead_id>/",
        calling.record,
        name="call_record",
    ),
    path(
        "campaigns/<uuid:campaign_id>/call/<uuid:campaign_lead_id>/release/",
        calling.release,
        name="call_release",
    ),
    path("campaigns/<uuid:campaign_id>/live/", supervising.live, name="live"),
    path("exports/", exporting.index, name="exports"),
    path("exports/new/", exporting.new, name="export_new"),
    path("exports/<uuid:export_id>/", exporting.export, name="export"),
    path("exports/<uuid:export_id>/file/", exporting.file, name="export_file"),
]
