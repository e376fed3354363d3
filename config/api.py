"""The REST API's addresses, the schema and its offline documentation."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from accounts.problems import problem_response


class SchemaView(SpectacularAPIView):
    """OpenAPI 3.1: JSON, or YAML for those who ask for it."""

    renderer_classes = [OpenApiJsonRenderer, OpenApiYamlRenderer]


@csrf_exempt
def unknown_address(_request: HttpRequest) -> HttpResponse:
    """What is not here is a problem too, whatever the method and with DEBUG on."""
    return problem_response(
        status=404, code="not_found", detail="There is nothing at this address of the API."
    )


API = "api/v1/"

urlpatterns = [
    path(API, include("accounts.api_urls")),
    path(API, include("integrations.api_urls")),
    # Before leads/<lead>: /leads/metrics/ is priced, which is the business of conversions.
    path(API, include("conversions.api_urls")),
    path(API, include("campaigns.api_urls")),
    path(API, include("leads.api_urls")),
    re_path(r"^api/v1(?:/.*)?\Z", unknown_address),
    re_path(r"^api/schema/?\Z", SchemaView.as_view(), name="api-schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="api-schema"), name="api-docs"),
]
