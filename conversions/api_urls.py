"""The addresses of conversions, rules and uploads, beneath `/api/v1/`."""

from accounts.api_base import route
from accounts.idempotency import key_of
from accounts.middleware import unscoped
from conversions.api import conversions, metrics, rules, uploads

app_name = "conversions-api"

urlpatterns = [
    route("conversions", conversions.ConversionsView.as_view()),
    route("conversions/log", unscoped(conversions.LogView.as_view(), unless=key_of)),
    route("conversions/batch", conversions.BatchView.as_view()),
    route("contacts/<contact>/conversion", conversions.ContactConversionView.as_view()),
    route("conversion-rules", rules.RulesView.as_view()),
    route("conversion-rules/<rule>", rules.RuleView.as_view()),
    route("leads/metrics", metrics.MetricsView.as_view()),
    route("ad-spend", metrics.AdSpendView.as_view()),
    route("ad-spend/<spend>", metrics.AdSpendRowView.as_view()),
    route("uploads", uploads.UploadsView.as_view()),
    route("uploads/<upload>", uploads.UploadDetailView.as_view()),
    route("uploads/<upload>/retry", uploads.RetryView.as_view()),
]
